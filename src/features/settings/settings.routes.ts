import type { Context } from "hono";
import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import type { Hall } from "../../http/hall.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./settings.contract.ts";
import { changeSettings, describeDeployment, getSettings } from "./settings.service.ts";

/** /crm/marketing */
export const settingsRoutes = router()
  .get(
    "/settings",
    describe(onPaper({ summary: "Show the tenant's settings", answer: contract.settings })),
    guard("marketing.read", 60),
    async (c) => reply(c, contract.settings, await getSettings(c.var.ctx)),
  )
  .patch(
    "/settings",
    describe(
      onPaper({
        summary: "Change some of the tenant's settings; figures follow at once",
        answer: contract.settings,
        errors: ["request.conflict"],
      }),
    ),
    guard("settings.manage", 20),
    validate("json", contract.settingsChange),
    idempotent(),
    async (c) => reply(c, contract.settings, await changeSettings(c.var.ctx, c.req.valid("json"))),
  );

const tellsDeployment = describe(
  onPaper({
    summary: "Tell where this API and its frontend live, and whose they are",
    answer: contract.deployment,
    beside: contract.deployment,
  }),
);

// Its readers look beside `data`.
function replyDeployment(c: Context<Hall>, deployment: contract.Deployment) {
  return reply(c, contract.deployment, deployment, { beside: contract.deployment().parse(deployment) });
}

/** /admin: the wizard asks the first, the page of settings the second. */
export const deploymentRoutes = router()
  .get("/config/deployment", tellsDeployment, guard("marketing.read", 60), async (c) => {
    return replyDeployment(c, await describeDeployment(c.var.ctx));
  })
  .get("/core/config/deployment", tellsDeployment, guard("marketing.read", 60), async (c) => {
    return replyDeployment(c, await describeDeployment(c.var.ctx));
  });
