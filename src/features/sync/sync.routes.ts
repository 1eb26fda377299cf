import { guard } from "../../http/guard.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import * as contract from "./sync.contract.ts";
import { cancelRun, getRun, listRuns, startSync } from "./sync.service.ts";

/** /crm/marketing/sync */
export const syncRoutes = router()
  .post("/", guard("marketing.manage", 10), validate("json", contract.syncRequest), async (c) => {
    return reply(c, contract.started, await startSync(c.var.ctx, c.req.valid("json")), { status: 202 });
  })
  .get("/runs", guard("marketing.read", 60), validate("query", contract.runsQuery), async (c) => {
    const { runs, total } = await listRuns(c.var.ctx, c.req.valid("query"));
    return reply(c, contract.runList, runs, { beside: { total } });
  })
  .get("/runs/:id", guard("marketing.read", 100), validate("param", contract.runParam), async (c) => {
    return reply(c, contract.runDetail, await getRun(c.var.ctx, c.req.valid("param").id));
  })
  .post("/runs/:id/cancel", guard("marketing.manage", 20), validate("param", contract.runParam), async (c) => {
    return reply(c, contract.runDetail, await cancelRun(c.var.ctx, c.req.valid("param").id));
  });
