import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { leadParam } from "./leads.contract.ts";
import * as contract from "./merges.contract.ts";
import { mergeLeads, undoMerge } from "./merges.service.ts";

/** /crm/leads */
export const mergesRoutes = router()
  .post(
    "/:id/merge",
    describe(
      onPaper({
        summary: "Merge a lead into another one that is the same person",
        answer: contract.merge,
        errors: ["lead.not_found", "lead.unmergeable"],
      }),
    ),
    guard("crm.write", 30),
    validate("param", leadParam),
    validate("json", contract.mergeBody),
    idempotent({ inOneBatch: true }),
    async (c) => {
      const { into } = c.req.valid("json");
      return reply(c, contract.merge, await mergeLeads(c.var.ctx, c.req.valid("param").id, into));
    },
  )
  .post(
    "/merges/:id/undo",
    describe(
      onPaper({
        summary: "Undo a merge: each lead has again what was its own",
        answer: contract.merge,
        errors: ["lead.merge_not_found", "lead.unmergeable"],
      }),
    ),
    guard("crm.write", 30),
    validate("param", contract.mergeParam),
    idempotent({ inOneBatch: true }),
    async (c) => reply(c, contract.merge, await undoMerge(c.var.ctx, c.req.valid("param").id)),
  );
