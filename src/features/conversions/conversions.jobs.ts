// Tells Meta what is in the outbox. An event keeps its id however often it is sent, and Meta knows it again for 48 hours by id
// and name: an attempt whose answer never came is simply made again within them, and given up as unknown after.
import type { Ctx, Tools } from "../../context.ts";
import { isAppError } from "../../errors.ts";
import { withToken } from "../connection/connection.service.ts";
import { judgeEvent, toMetaEvent, waitAfter } from "./judge-event.ts";
import { claimDue, type ClaimedEvent, listDue, putOff, type Settled, settleEvents } from "./outbox.queries.ts";
import { type Part, sendInParts } from "./send-in-parts.ts";
import { type ConversionSettings, findConversionSettings } from "./settings.queries.ts";

const MOST_AT_ONCE = 1_000;
const MOST_CALLS = 50;
const HOUR_MS = 3_600_000;

/** Posts a message for every tenant with something to send. */
export async function planConversions(tools: Pick<Tools, "dispatch" | "enqueue" | "now">): Promise<void> {
  const tenants = await listDue(tools);
  await tools.enqueue(tenants.map((tenantId) => ({ message: { v: 1, kind: "conversions.send", tenantId } })));
}

export async function runConversions(ctx: Ctx): Promise<void> {
  const settings = await findConversionSettings(ctx);
  if (!settings?.isEnabled) return putOff(ctx, ctx.now() + HOUR_MS, "disabled");
  for (const kind of ["crm", "ctwa"] as const) await sendDue(ctx, settings, kind);
}

async function sendDue(ctx: Ctx, settings: ConversionSettings, kind: "crm" | "ctwa"): Promise<void> {
  const datasetId = kind === "crm" ? settings.datasetId : settings.ctwaDatasetId;
  const [claim, claimedAt] = [ctx.uuid(), ctx.now()];
  const claimed = await claimDue(ctx, kind, { claim, at: claimedAt, limit: MOST_AT_ONCE });
  if (claimed.length === 0) return;
  const { settled, ready } = await prepare(claimed, { ...settings, datasetId }, claimedAt);
  const { parts, failure } = await send(ctx, settings, datasetId ?? "", ready);
  settled.push(...parts.flatMap((part) => settlePart(part, ctx.now())));
  const problem = failure ? failure.code : parts.some((part) => part.kind === "sent") ? null : undefined;
  await settleEvents(ctx, { claim, claimedAt, datasetId }, settled, problem);
  const count = (state: Settled["state"]) => settled.filter((event) => event.state === state).length;
  ctx.log("conversions.sent", {
    tenantId: ctx.tenantId,
    kind,
    sent: count("sent"),
    waiting: count("pending"),
    refused: count("refused"),
    expired: count("expired"),
    note: failure?.code,
  });
}

const untouched = { isNotSent: true, isUntried: true };

type Ready = { event: ClaimedEvent; body: object };

async function prepare(
  claimed: readonly ClaimedEvent[],
  rules: ConversionSettings,
  now: number,
): Promise<{ settled: Settled[]; ready: Ready[] }> {
  const [settled, ready]: [Settled[], Ready[]] = [[], []];
  const dataProcessing = rules.dataProcessingOptions;
  for (const event of claimed) {
    const { eventId } = event;
    const verdict = judgeEvent(event, rules, now);
    if (verdict.kind === "end") settled.push({ eventId, state: verdict.state, reason: verdict.reason });
    else if (verdict.kind === "wait")
      settled.push({ eventId, state: "pending", reason: verdict.reason, nextTryAt: verdict.until, ...untouched });
    else {
      const body = await toMetaEvent(event, { wabaId: rules.wabaId, dataProcessing });
      if (body) ready.push({ event, body });
      else settled.push({ eventId, state: "excluded", reason: "nothing_to_match" });
    }
  }
  return { settled, ready };
}

async function send(ctx: Ctx, settings: ConversionSettings, datasetId: string, ready: readonly Ready[]) {
  let parts: Part<Ready>[] = [{ kind: "untried", events: ready }];
  if (ready.length === 0) return { parts, failure: undefined };
  try {
    await withToken(ctx, "conversions", async ({ token }) => {
      const { testEventCode } = settings;
      const sendBatch = (batch: readonly Ready[]) =>
        ctx.meta.sendEvents(token, datasetId, { events: batch.map(({ body }) => body), testEventCode });
      parts = await sendInParts(ready, sendBatch, MOST_CALLS);
      const failed = parts.find((part) => part.kind === "failed");
      if (failed) throw failed.thrown;
    });
    return { parts, failure: undefined };
  } catch (thrown) {
    if (!isAppError(thrown) || !/^(meta|connection|vault)\./.test(thrown.code)) throw thrown;
    // Nothing was sent where there was no token to send it with.
    const isUntried = parts.every(({ kind }) => kind === "untried");
    return { parts: isUntried ? [{ kind: "failed" as const, events: ready, thrown }] : parts, failure: thrown };
  }
}

/** Nobody can say whether Meta took these: it may have, and its answer got lost. */
const isAmbiguous = (thrown: unknown) => isAppError(thrown, "meta.transient", "meta.protocol");

function settlePart(part: Part<Ready>, now: number): Settled[] {
  if (part.kind === "refused")
    return [
      {
        eventId: part.event.event.eventId,
        state: part.reason === "event_too_old" ? "expired" : "refused",
        reason: part.reason,
      },
    ];
  return part.events.map(({ event: { eventId, attempts } }): Settled => {
    if (part.kind === "sent") return { eventId, state: "sent", reason: null, fbtraceId: part.fbtraceId };
    if (part.kind === "untried") return { eventId, state: "pending", reason: null, ...untouched };
    const error = isAppError(part.thrown) ? part.thrown : undefined;
    return {
      eventId,
      state: "pending",
      reason: error?.code ?? "internal.unexpected",
      nextTryAt: now + waitOf(error?.code, attempts, error?.retryAfterSeconds),
      isNotSent: !isAmbiguous(part.thrown),
    };
  });
}

// What only a person can mend is looked at once an hour.
const waitOf = (code = "", attempts: number, askedSeconds?: number): number =>
  /^meta\.(transient|protocol|throttled)$/.test(code) ? waitAfter(attempts, askedSeconds) : HOUR_MS;
