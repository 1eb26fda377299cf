import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { encodeCursor } from "../../lib/page.ts";
import * as contract from "./messages.contract.ts";
import { listMessages, listRates, saveRates } from "./messages.queries.ts";
import {
  chooseProvider,
  describeMessage,
  getProvider,
  resolveMessage,
  saySuppression,
  sendTemplate,
} from "./messages.service.ts";
import { listSuppressions } from "./suppressions.queries.ts";

/** /admin/core/crm: the chat panel. */
export const panelSendRoutes = router().post(
  "/hsm-templates/:id/send",
  describe(
    onPaper({
      summary: "Send a template to a phone: planned, and sent within seconds",
      answer: contract.planned,
      beside: contract.plannedBeside,
      status: 202,
      errors: ["template.not_found", "template.not_sendable"],
    }),
  ),
  guard("marketing.manage", 20),
  validate("param", contract.templateParam),
  validate("json", contract.sendRequest),
  idempotent(),
  async (c) => {
    const key = c.req.header("Idempotency-Key");
    const message = await sendTemplate(c.var.ctx, c.req.valid("param").id, c.req.valid("json"), key);
    const { id: message_id, state: status, templateId, dueAt } = message;
    const data = { message_id, status, template_id: templateId ?? "", due_at: dueAt.toISOString() };
    return reply(c, contract.planned, data, { status: 202, beside: { message_id } });
  },
);

/** /crm/marketing/messages */
export const messagesRoutes = router()
  .get(
    "/",
    describe(
      onPaper({ summary: "List the messages, newest first", answer: contract.messageList, beside: contract.beside }),
    ),
    guard("marketing.read", 60),
    validate("query", contract.messagesQuery),
    async (c) => {
      const query = c.req.valid("query");
      const found = await listMessages(c.var.ctx, query);
      const beside = { next_cursor: cursorOf(contract.messagesCursor.list, query, found.length) };
      return reply(c, contract.messageList, found.slice(0, query.limit).map(describeMessage), { beside });
    },
  )
  .post(
    "/:id/resolve",
    describe(
      onPaper({
        summary: "Say of a message that is unknown whether it was sent",
        answer: contract.message,
        errors: ["message.not_found", "message.not_unknown"],
      }),
    ),
    guard("marketing.manage", 60),
    validate("param", contract.messageParam),
    validate("json", contract.resolution),
    idempotent({ inOneBatch: true }),
    async (c) => {
      const resolved = await resolveMessage(c.var.ctx, c.req.valid("param").id, c.req.valid("json").outcome);
      return reply(c, contract.message, describeMessage(resolved));
    },
  )
  .get(
    "/provider",
    describe(onPaper({ summary: "See through whom messages are sent", answer: contract.provider })),
    guard("marketing.read", 60),
    async (c) => reply(c, contract.provider, await getProvider(c.var.ctx)),
  )
  .put(
    "/provider",
    describe(onPaper({ summary: "Choose through whom messages are sent", answer: contract.provider })),
    guard("settings.manage", 20),
    validate("json", contract.providerChoice),
    idempotent(),
    async (c) => reply(c, contract.provider, await chooseProvider(c.var.ctx, c.req.valid("json"))),
  )
  .get(
    "/rates",
    describe(onPaper({ summary: "List what messages cost", answer: contract.rateList })),
    guard("marketing.read", 60),
    async (c) => reply(c, contract.rateList, await ratesOf(c.var.ctx)),
  )
  .put(
    "/rates",
    describe(onPaper({ summary: "Store what messages cost from a day on", answer: contract.rateList })),
    guard("settings.manage", 20),
    validate("json", contract.ratesRequest),
    idempotent(),
    async (c) => {
      await saveRates(c.var.ctx, c.req.valid("json").rates);
      return reply(c, contract.rateList, await ratesOf(c.var.ctx));
    },
  );

/** /crm/marketing/suppressions: who wants no messages. */
export const suppressionsRoutes = router()
  .get(
    "/",
    describe(
      onPaper({ summary: "List who wants no messages", answer: contract.suppressionList, beside: contract.beside }),
    ),
    guard("marketing.read", 60),
    validate("query", contract.suppressionsQuery),
    async (c) => {
      const query = c.req.valid("query");
      const { limit, offset, cursor } = query;
      const found = await listSuppressions(c.var.ctx, { limit: limit + 1, offset: cursor ?? offset });
      const beside = { next_cursor: cursorOf(contract.suppressionsCursor.list, query, found.length) };
      const rows = found.slice(0, limit).map(({ changedAt, ...row }) => ({ ...row, since: changedAt.toISOString() }));
      return reply(c, contract.suppressionList, rows, { beside });
    },
  )
  .post(
    "/",
    describe(onPaper({ summary: "Note that somebody wants no messages", answer: contract.suppressed })),
    guard("marketing.manage", 60),
    validate("json", contract.suppressionRequest),
    idempotent({ inOneBatch: true }),
    async (c) => reply(c, contract.suppressed, await saySuppression(c.var.ctx, c.req.valid("json"), true)),
  )
  .delete(
    "/",
    describe(onPaper({ summary: "Note that somebody wants messages again", answer: contract.suppressed })),
    guard("marketing.manage", 60),
    validate("query", contract.suppressionRequest),
    idempotent(),
    async (c) => reply(c, contract.suppressed, await saySuppression(c.var.ctx, c.req.valid("query"), false)),
  );

const ratesOf = async (ctx: Parameters<typeof listRates>[0]) =>
  (await listRates(ctx)).map(({ effectiveOn: effective_on, market, category, rate, currency }) => ({
    market,
    category,
    effective_on,
    rate,
    currency,
  }));

type Page = { limit: number; offset: number; cursor?: number | undefined };

const cursorOf = (list: string, { limit, offset, cursor }: Page, found: number): string | null =>
  found > limit ? encodeCursor(list, (cursor ?? offset) + limit) : null;
