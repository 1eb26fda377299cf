import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./lead-ads.contract.ts";
import { getForms, mapForm } from "./lead-ads.service.ts";

/** /crm/marketing/lead-forms */
export const leadFormsRoutes = router()
  .get(
    "/",
    describe(onPaper({ summary: "List the instant forms of one's pages", answer: contract.formList })),
    guard("marketing.read", 60),
    async (c) => reply(c, contract.formList, await getForms(c.var.ctx)),
  )
  .put(
    "/:id/mapping",
    describe(
      onPaper({
        summary: "Decide where a form's answers go",
        answer: contract.formRecord,
        errors: ["form.not_found"],
      }),
    ),
    guard("marketing.manage", 30),
    validate("param", contract.formParam),
    validate("json", contract.formMapping),
    idempotent(),
    async (c) =>
      reply(c, contract.formRecord, await mapForm(c.var.ctx, c.req.valid("param").id, c.req.valid("json").mapping)),
  );
