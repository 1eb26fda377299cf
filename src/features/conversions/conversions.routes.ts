import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./conversions.contract.ts";
import {
  getConversionSettings,
  getEventPage,
  noteConsent,
  replaceConversionSettings,
  sendTestEvent,
} from "./conversions.service.ts";

const metaErrors = [
  "connection.missing",
  "connection.needs_reauth",
  "connection.missing_scope",
  "meta.permission",
  "meta.not_found",
  "meta.bad_request",
  "meta.throttled",
  "meta.transient",
] as const;

/** /crm/marketing/conversions */
export const conversionsRoutes = router()
  .get(
    "/settings",
    describe(onPaper({ summary: "Show what Meta is told of leads and sales", answer: contract.settingsShown })),
    guard("settings.manage", 60),
    async (c) => reply(c, contract.settingsShown, await getConversionSettings(c.var.ctx)),
  )
  .put(
    "/settings",
    describe(
      onPaper({
        summary: "Set what Meta is told of leads and sales",
        answer: contract.settingsShown,
        errors: metaErrors,
      }),
    ),
    guard("settings.manage", 20),
    validate("json", contract.conversionSettings),
    idempotent(),
    async (c) => {
      await replaceConversionSettings(c.var.ctx, c.req.valid("json"));
      return reply(c, contract.settingsShown, await getConversionSettings(c.var.ctx));
    },
  )
  .get(
    "/events",
    describe(
      onPaper({
        summary: "List what Meta was told, and what not and why",
        answer: contract.eventList,
        beside: contract.beside,
      }),
    ),
    guard("settings.manage", 60),
    validate("query", contract.eventsQuery),
    async (c) => {
      const { events, total, nextCursor } = await getEventPage(c.var.ctx, c.req.valid("query"));
      return reply(c, contract.eventList, events, { beside: { total, next_cursor: nextCursor } });
    },
  )
  .post(
    "/test",
    describe(
      onPaper({
        summary: "Send Meta a test event about nobody",
        answer: contract.testAnswer,
        errors: metaErrors,
      }),
    ),
    guard("settings.manage", 10),
    validate("json", contract.testInput),
    idempotent(),
    async (c) => reply(c, contract.testAnswer, await sendTestEvent(c.var.ctx, c.req.valid("json"))),
  );

/** /crm/leads */
export const consentsRoutes = router().put(
  "/:id/consents",
  describe(
    onPaper({
      summary: "Note what a lead allowed or refused; the latest word counts",
      answer: contract.consentShown,
      errors: ["lead.not_found"],
    }),
  ),
  guard("crm.write", 100),
  validate("param", contract.leadParam),
  validate("json", contract.consentInput),
  idempotent({ inOneBatch: true }),
  async (c) =>
    reply(c, contract.consentShown, await noteConsent(c.var.ctx, c.req.valid("param").id, c.req.valid("json"))),
);
