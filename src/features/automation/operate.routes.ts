import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { ruleParam } from "./automation.contract.ts";
import { closeBreaker, getHealth } from "./health.service.ts";
import * as contract from "./operate.contract.ts";
import { previewRule } from "./preview.service.ts";
import { enrolByHand, tellEvent } from "./told.service.ts";

/** /crm/marketing/automation */
export const operateRoutes = router()
  .get(
    "/health",
    describe(onPaper({ summary: "Tell how the automation is", answer: contract.health })),
    guard("marketing.read", 60),
    async (c) => reply(c, contract.health, await getHealth(c.var.ctx)),
  )
  .post(
    "/events",
    describe(
      onPaper({
        summary: "Tell of an appointment or a treatment, that it moved, or that it is off",
        answer: contract.started,
        errors: ["lead.not_found"],
      }),
    ),
    guard("crm.write", 300),
    validate("json", contract.told),
    idempotent(),
    async (c) => reply(c, contract.started, await tellEvent(c.var.ctx, c.req.valid("json"))),
  )
  .post(
    "/numbers/:id/reset",
    describe(
      onPaper({
        summary: "Close the circuit breaker of a number",
        answer: contract.numberReset,
        errors: ["number.not_found"],
      }),
    ),
    guard("marketing.manage", 20),
    validate("param", contract.numberParam),
    idempotent(),
    async (c) => reply(c, contract.numberReset, await closeBreaker(c.var.ctx, c.req.valid("param").id)),
  )
  .post(
    "/rules/:id/preview",
    describe(
      onPaper({
        summary: "Tell who would get what of a rule, and why others would not; sends nothing",
        answer: contract.preview,
        errors: ["rule.not_found"],
      }),
    ),
    guard("marketing.manage", 20),
    validate("param", ruleParam),
    validate("json", contract.previewRequest),
    async (c) => {
      const { lead_ids } = c.req.valid("json");
      return reply(c, contract.preview, await previewRule(c.var.ctx, c.req.valid("param").id, lead_ids));
    },
  )
  .post(
    "/rules/:id/enrol",
    describe(
      onPaper({
        summary: "Start a rule for these leads now",
        answer: contract.started,
        errors: ["rule.not_found", "rule.inactive"],
      }),
    ),
    guard("marketing.manage", 20),
    validate("param", ruleParam),
    validate("json", contract.enrolment),
    idempotent(),
    async (c) => {
      const { lead_ids } = c.req.valid("json");
      return reply(c, contract.started, await enrolByHand(c.var.ctx, c.req.valid("param").id, lead_ids));
    },
  );
