// What Meta tells of by itself. Whose it is says the asset it is about, and nothing else; it is stored before Meta is answered,
// and everything else happens later: a message that is lost, doubled or late changes nothing but time.
import type { Ctx, Delivery, Needs, Tools } from "../../context.ts";
import { AppError, toAppError } from "../../errors.ts";
import { digest } from "../../lib/digest.ts";
import { readExactJson } from "../../lib/exact-json.ts";
import { encodeCursor } from "../../lib/page.ts";
import { listEvents, MOST_REPLAYED, reviveEvents } from "./events.queries.ts";
import { type Pointer, storeEvents } from "./inbox.queries.ts";
import { split, type WebhookEvent } from "./split.ts";
import { type EventsQuery, eventsCursor, type Replay } from "./webhooks.contract.ts";

const LATE_MS = 7 * 86_400_000;
const PER_MESSAGE = 50;

/** The challenge to answer when Meta asks whether this is the app's callback. Throws webhook.not_verified. */
export async function answerChallenge(
  { isWebhookToken }: Pick<Tools, "isWebhookToken">,
  { mode, token = "", challenge = "" }: Record<"mode" | "token" | "challenge", string | undefined>,
): Promise<string> {
  const isKnown = await isWebhookToken(token);
  if (mode === "subscribe" && isKnown && /^[\w-]{1,128}$/.test(challenge)) return challenge;
  throw new AppError("webhook.not_verified", "La verificación no es válida.");
}

type Post = { requestId: string; signature: string | undefined; body: ArrayBuffer };

/**
 * Stores what Meta has signed, and answers the pointers to post: every event is there then, or it throws and Meta sends it
 * again. Throws signature.invalid before anything is read, request.invalid for what is no JSON.
 */
export async function receiveNotification(
  tools: Pick<Tools, "meta" | "dispatch" | "now" | "log">,
  { requestId, signature, body }: Post,
): Promise<Pointer[]> {
  const reason = await tools.meta.refuseSignature(signature, body);
  if (reason) {
    tools.log("webhook.refused", { requestId, reason });
    throw new AppError("signature.invalid", "La firma no es válida.");
  }
  const read = readExactJson(new TextDecoder().decode(body));
  if (!read) throw new AppError("request.invalid", "El pedido no se puede leer.");
  const { events, dropped } = split(read.value, tools.now());
  const rows = await Promise.all(events.map((event) => toRow(event, tools.now())));
  const { stored, unrouted } = rows.length > 0 ? await storeEvents(tools, rows) : { stored: [], unrouted: 0 };
  const [received, known] = [events.length, events.length - stored.length - unrouted];
  tools.log("webhook.received", { requestId, events: received, stored: stored.length, known, unrouted, dropped });
  return stored;
}

async function toRow({ topic, natural, value, happenedAt, assetId, numberId, ...event }: WebhookEvent, now: number) {
  return {
    event_key: await digest(JSON.stringify([topic, natural])),
    topic,
    field: event.field,
    kind: event.kind,
    asset_id: assetId,
    number_id: numberId,
    at: event.at,
    is_late: now - happenedAt > LATE_MS,
    payload: JSON.stringify(value),
  };
}

/** Posts messages for events. What has failed before comes alone: it might take others along. */
export async function postEvents(
  tools: Pick<Tools, "enqueue" | "log">,
  pointers: readonly Pointer[],
  requestId?: string,
): Promise<void> {
  const groups = Map.groupBy(pointers, ({ tenantId, id, tries }) => (tries > 0 ? id : tenantId));
  const deliveries = [...groups.values()].flatMap((group) => {
    const cuts = Array.from({ length: Math.ceil(group.length / PER_MESSAGE) }, (_, at) => at * PER_MESSAGE);
    return cuts.map((from): Delivery => {
      const eventIds = group.slice(from, from + PER_MESSAGE).map(({ id }) => id);
      const { tenantId = 0 } = group[0] ?? {};
      return { message: { v: 1, kind: "webhook.process", tenantId, eventIds, requestId } };
    });
  });
  await tools.enqueue(deliveries);
}

/** As postEvents; where the queue is away cron posts them, and says so. */
export const postEventsOrLeave = (
  tools: Pick<Tools, "enqueue" | "log">,
  pointers: readonly Pointer[],
  requestId: string,
) =>
  postEvents(tools, pointers, requestId).catch((thrown: unknown) =>
    tools.log("webhook.not_posted", { requestId, events: pointers.length, error: toAppError(thrown).code }),
  );

export async function getEvents(ctx: Needs<"db">, query: EventsQuery) {
  const { events, counts } = await listEvents(ctx, query);
  const page = events.slice(0, query.limit);
  const last = events.length > query.limit ? page.at(-1) : undefined;
  return {
    answer: { counts, events: page },
    nextCursor: last ? encodeCursor(eventsCursor.list, [last.received_at, last.id]) : null,
  };
}

/** Has events worked on once more: those that were done too, for that changes nothing that was right. */
export async function replayEvents(ctx: Ctx, replay: Replay) {
  const ids = await reviveEvents(ctx, replay);
  const { tenantId, requestId } = ctx;
  await postEventsOrLeave(
    ctx,
    ids.map((id) => ({ tenantId, id, tries: 0 })),
    requestId,
  );
  return { replayed: ids.length, complete: ids.length < MOST_REPLAYED };
}
