import { guard } from "../../http/guard.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import * as contract from "./analytics.contract.ts";
import { describeRoiWithCampaigns } from "./roi-answer.ts";
import { readSnapshot } from "./analytics.service.ts";
import { describeStats } from "./stats-answer.ts";

/** /crm/marketing */
export const analyticsRoutes = router()
  .get("/stats", guard("marketing.read", 60), validate("query", contract.statsQuery), async (c) => {
    const snapshot = await readSnapshot(c.var.ctx, { ...c.req.valid("query"), withCreatives: true });
    return reply(c, contract.stats, describeStats(snapshot));
  })
  .get("/stats/roi", guard("marketing.read", 60), validate("query", contract.statsQuery), async (c) => {
    const snapshot = await readSnapshot(c.var.ctx, { ...c.req.valid("query"), withCreatives: false });
    return reply(c, contract.roiWithCampaigns, describeRoiWithCampaigns(snapshot));
  });
