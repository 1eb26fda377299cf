import type { Context, MiddlewareHandler } from "hono";
import { isAppError } from "../../errors.ts";
import { limitAddress, refuseAddress } from "../../http/allowance.ts";
import { describe, noted, type Notes } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import type { Hall } from "../../http/hall.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./webhooks.contract.ts";
import {
  answerChallenge,
  getEvents,
  postEventsOrLeave,
  receiveNotification,
  replayEvents,
} from "./webhooks.service.ts";

const PER_MINUTE = 60;

async function answerHandshake(c: Context<Hall>) {
  const [mode, token, challenge] = ["mode", "verify_token", "challenge"].map((name) => c.req.query(`hub.${name}`));
  return c.text(await answerChallenge(c.var.tools, { mode, token, challenge }));
}

/** No limit for Meta itself, which comes in storms from few addresses: only what it did not sign is counted. */
async function takeNotification(c: Context<Hall>) {
  const { tools, requestId } = c.var;
  const signature = c.req.header("x-hub-signature-256");
  try {
    const stored = await receiveNotification(tools, { requestId, signature, body: await c.req.arrayBuffer() });
    if (stored.length > 0) c.executionCtx.waitUntil(postEventsOrLeave(tools, stored, requestId));
  } catch (thrown) {
    throw (isAppError(thrown, "signature.invalid") && (await refuseAddress(c, "callback", PER_MINUTE))) || thrown;
  }
  return c.json({ success: true } as const);
}

const handshake = describe(
  onPaper({
    summary: "Answer Meta's question whether this is the app's callback",
    answer: contract.challenge,
    text: true,
    errors: ["webhook.not_verified", "request.too_many"],
  }),
);

const notification = describe(
  onPaper({
    summary: "Take what Meta tells of by itself: lead forms, WhatsApp messages and statuses, templates",
    answer: contract.received,
    bare: true,
    errors: ["signature.invalid", "request.invalid", "request.too_large", "request.too_many", "database.unavailable"],
  }),
);

const fromMeta = noted(limitAddress("callback", PER_MINUTE), { query: contract.handshake });
// Neither is asked: the body's bytes are read once their signature holds, and whose an event is the path does not say.
const pass = (notes: Notes) => noted<MiddlewareHandler<Hall>>((_, next) => next(), notes);
const signed = pass({ json: contract.notification });
const anywhere = pass({ param: contract.anyTenant });

/** /webhooks, for Meta itself: who it is, its signature says. */
export const webhookRoutes = router()
  .get("/meta", handshake, fromMeta, (c) => answerHandshake(c))
  .get("/meta/:tenant_id", handshake, anywhere, fromMeta, (c) => answerHandshake(c))
  .post("/meta", notification, signed, (c) => takeNotification(c))
  .post("/meta/:tenant_id", notification, anywhere, signed, (c) => takeNotification(c));

/** /crm/marketing/webhooks */
export const webhookEventsRoutes = router()
  .get(
    "/events",
    describe(
      onPaper({
        summary: "See what Meta has told and what became of it, newest first; never what it said",
        answer: contract.eventList,
        beside: contract.beside,
      }),
    ),
    guard("marketing.manage", 30),
    validate("query", contract.eventsQuery),
    async (c) => {
      const { answer, nextCursor } = await getEvents(c.var.ctx, c.req.valid("query"));
      return reply(c, contract.eventList, answer, { beside: { next_cursor: nextCursor } });
    },
  )
  .post(
    "/replay",
    describe(onPaper({ summary: "Have events worked on once more", answer: contract.replayed })),
    guard("settings.manage", 10),
    validate("json", contract.replay),
    idempotent({ inOneBatch: true }),
    async (c) => reply(c, contract.replayed, await replayEvents(c.var.ctx, c.req.valid("json"))),
  );
