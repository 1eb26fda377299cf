import { bulk, replyWritten, writtenAnswer } from "../../http/bulk.ts";
import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./opportunities.contract.ts";
import { changeOpportunity, saveOpportunities } from "./opportunities.service.ts";

/** /crm/opportunities */
export const opportunitiesRoutes = router()
  .post(
    "/",
    describe(
      onPaper({
        summary: "Store an opportunity, or up to 500, each known by its external_id",
        ...writtenAnswer(contract.opportunityWritten),
      }),
    ),
    guard("crm.write", 100),
    bulk(contract.opportunity, "opportunities"),
    idempotent({ inOneBatch: true }),
    async (c) => {
      const { items, isBulk } = c.req.valid("json");
      return replyWritten(c, contract.opportunityWritten, { isBulk, ...(await saveOpportunities(c.var.ctx, items)) });
    },
  )
  .patch(
    "/:id",
    describe(
      onPaper({
        summary: "Change an opportunity",
        answer: contract.opportunityRecord,
        errors: ["opportunity.not_found", "database.conflict"],
      }),
    ),
    guard("crm.write", 100),
    validate("param", contract.opportunityParam),
    validate("json", contract.opportunityChange),
    idempotent({ inOneBatch: true }),
    async (c) => {
      const { id } = c.req.valid("param");
      return reply(c, contract.opportunityRecord, await changeOpportunity(c.var.ctx, id, c.req.valid("json")));
    },
  );
