import type { Context } from "hono";
import { csv, wantsCsv } from "../../http/csv.ts";
import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import type { Hall } from "../../http/hall.ts";
import { kept } from "../../http/keep.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { describeCampaign, describeDetails, describeInsights, describeTotals } from "./campaign-answer.ts";
import { campaignsFile, insightsFile } from "./campaign-csv.ts";
import * as contract from "./campaigns.contract.ts";
import { getCampaign, getCampaignInsights, listCampaigns } from "./campaigns.service.ts";

const WHOLE = { limit: Infinity, offset: 0 };

async function answerList(c: Context<Hall>, query: contract.ListQuery) {
  const { ctx } = c.var;
  if (wantsCsv(c)) return csv(c, campaignsFile(ctx, await listCampaigns(ctx, { ...query, page: WHOLE })));
  const { campaigns, total, nextCursor, totals, frame } = await listCampaigns(ctx, query);
  const beside = { total, next_cursor: nextCursor, totals: contract.listTotals().parse(describeTotals(frame, totals)) };
  return reply(c, contract.campaignList, campaigns.map(describeCampaign), { beside });
}

async function answerInsights(c: Context<Hall>, input: { campaignId: string } & contract.RangeQuery) {
  const insights = await getCampaignInsights(c.var.ctx, input);
  if (wantsCsv(c)) return csv(c, insightsFile(c.var.ctx, insights));
  return reply(c, contract.campaignInsights, describeInsights(insights));
}

const listDescription = describe(
  onPaper({
    summary: "List campaigns with their figures",
    answer: contract.campaignList,
    beside: contract.listBeside,
    csv: true,
  }),
);

const insightsDescription = describe(
  onPaper({
    summary: "Read a campaign day by day",
    answer: contract.campaignInsights,
    csv: true,
    errors: ["campaign.not_found"],
  }),
);

/** /crm/marketing */
export const campaignsRoutes = router()
  .get("/campaigns", listDescription, guard("marketing.read", 60), kept(), validate("query", contract.listQuery), (c) =>
    answerList(c, c.req.valid("query")),
  )
  .get("/campaigns.csv", listDescription, guard("marketing.read", 60), validate("query", contract.listQuery), (c) =>
    answerList(c, c.req.valid("query")),
  )
  .get(
    "/campaigns/:id",
    describe(
      onPaper({
        summary: "Read a campaign, its ad sets and its figures",
        answer: contract.campaignDetails,
        errors: ["campaign.not_found"],
      }),
    ),
    guard("marketing.read", 60),
    kept(),
    validate("param", contract.campaignParam),
    validate("query", contract.rangeQuery),
    async (c) => {
      const input = { campaignId: c.req.valid("param").id, ...c.req.valid("query") };
      return reply(c, contract.campaignDetails, describeDetails(await getCampaign(c.var.ctx, input)));
    },
  )
  .get(
    "/campaigns/:id/insights",
    insightsDescription,
    guard("marketing.read", 60),
    kept(),
    validate("param", contract.campaignParam),
    validate("query", contract.rangeQuery),
    (c) => answerInsights(c, { campaignId: c.req.valid("param").id, ...c.req.valid("query") }),
  )
  .get(
    "/campaigns/:id/insights.csv",
    insightsDescription,
    guard("marketing.read", 60),
    validate("param", contract.campaignParam),
    validate("query", contract.rangeQuery),
    (c) => answerInsights(c, { campaignId: c.req.valid("param").id, ...c.req.valid("query") }),
  );
