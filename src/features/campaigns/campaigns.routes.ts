import { guard } from "../../http/guard.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { describeCampaign, describeDetails, describeInsights, describeTotals } from "./campaign-answer.ts";
import * as contract from "./campaigns.contract.ts";
import { getCampaign, getCampaignInsights, listCampaigns } from "./campaigns.service.ts";

/** /crm/marketing */
export const campaignsRoutes = router()
  .get("/campaigns", guard("marketing.read", 60), validate("query", contract.listQuery), async (c) => {
    const { campaigns, total, totals, frame } = await listCampaigns(c.var.ctx, c.req.valid("query"));
    const beside = { total, totals: contract.listTotals.parse(describeTotals(frame, totals)) };
    return reply(c, contract.campaignList, campaigns.map(describeCampaign), { beside });
  })
  .get(
    "/campaigns/:id",
    guard("marketing.read", 60),
    validate("param", contract.campaignParam),
    validate("query", contract.rangeQuery),
    async (c) => {
      const input = { campaignId: c.req.valid("param").id, ...c.req.valid("query") };
      return reply(c, contract.campaignDetails, describeDetails(await getCampaign(c.var.ctx, input)));
    },
  )
  .get(
    "/campaigns/:id/insights",
    guard("marketing.read", 60),
    validate("param", contract.campaignParam),
    validate("query", contract.rangeQuery),
    async (c) => {
      const input = { campaignId: c.req.valid("param").id, ...c.req.valid("query") };
      return reply(c, contract.campaignInsights, describeInsights(await getCampaignInsights(c.var.ctx, input)));
    },
  );
