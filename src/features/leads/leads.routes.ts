import { bulk, replyWritten, writtenAnswer } from "../../http/bulk.ts";
import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./leads.contract.ts";
import { addTouches, changeLead, saveLeads } from "./leads.service.ts";

/** /crm/leads */
export const leadsRoutes = router()
  .post(
    "/",
    describe(
      onPaper({
        summary: "Store a lead, or up to 500, each known by its external_id",
        ...writtenAnswer(contract.leadWritten),
        errors: ["request.conflict"],
      }),
    ),
    guard("crm.write", 100),
    bulk(contract.lead, "leads"),
    idempotent({ inOneBatch: true }),
    async (c) => {
      const { items, isBulk } = c.req.valid("json");
      return replyWritten(c, contract.leadWritten, { isBulk, ...(await saveLeads(c.var.ctx, items)) });
    },
  )
  .patch(
    "/:id",
    describe(
      onPaper({
        summary: "Change a lead",
        answer: contract.leadRecord,
        errors: ["lead.not_found", "database.conflict"],
      }),
    ),
    guard("crm.write", 100),
    validate("param", contract.leadParam),
    validate("json", contract.leadChange),
    idempotent({ inOneBatch: true }),
    async (c) => {
      return reply(c, contract.leadRecord, await changeLead(c.var.ctx, c.req.valid("param").id, c.req.valid("json")));
    },
  )
  .post(
    "/:id/touchpoints",
    describe(
      onPaper({
        summary: "Add one touch, or up to 500, to a lead",
        ...writtenAnswer(contract.touchRecord),
        errors: ["lead.not_found", "request.conflict"],
      }),
    ),
    guard("crm.write", 100),
    validate("param", contract.leadParam),
    bulk(contract.touchpoint, "touchpoints"),
    idempotent({ inOneBatch: true }),
    async (c) => {
      const { items, isBulk } = c.req.valid("json");
      const touches = await addTouches(c.var.ctx, c.req.valid("param").id, items);
      return replyWritten(c, contract.touchRecord, { isBulk, ...touches });
    },
  );
