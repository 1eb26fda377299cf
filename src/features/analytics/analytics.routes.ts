import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { kept } from "../../http/keep.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./analytics.contract.ts";
import { describeCombined } from "./combined-answer.ts";
import { describeExplanation } from "./explain-answer.ts";
import { explainQuery, explanation, explanationBeside } from "./explain.contract.ts";
import { explain } from "./explain.service.ts";
import { describeRoiWithCampaigns } from "./roi-answer.ts";
import { readSnapshot } from "./analytics.service.ts";
import { describeStats } from "./stats-answer.ts";

/** /crm/marketing */
export const analyticsRoutes = router()
  .get(
    "/stats",
    describe(onPaper({ summary: "Read the figures of the hub", answer: contract.stats })),
    guard("marketing.read", 60),
    kept(),
    validate("query", contract.statsQuery),
    async (c) => {
      const snapshot = await readSnapshot(c.var.ctx, { ...c.req.valid("query"), withCreatives: true });
      return reply(c, contract.stats, describeStats(snapshot));
    },
  )
  .get(
    "/stats/roi",
    describe(onPaper({ summary: "Read the ROI card and its campaigns", answer: contract.roiWithCampaigns })),
    guard("marketing.read", 60),
    kept(),
    validate("query", contract.statsQuery),
    async (c) => {
      const snapshot = await readSnapshot(c.var.ctx, { ...c.req.valid("query"), withCreatives: false });
      return reply(c, contract.roiWithCampaigns, describeRoiWithCampaigns(snapshot));
    },
  )
  .get(
    "/combined-stats",
    describe(onPaper({ summary: "Read the hub: Meta, Google as not connected, and both", answer: contract.combined })),
    guard("marketing.read", 60),
    kept(),
    validate("query", contract.combinedQuery),
    async (c) => {
      const snapshot = await readSnapshot(c.var.ctx, { ...c.req.valid("query"), withCreatives: true });
      return reply(c, contract.combined, describeCombined(snapshot));
    },
  )
  .get(
    "/explain",
    describe(onPaper({ summary: "Explain a figure line by line", answer: explanation, beside: explanationBeside })),
    guard("marketing.read", 30),
    kept(),
    validate("query", explainQuery),
    async (c) => {
      const explained = await explain(c.var.ctx, c.req.valid("query"));
      const beside = { total: explained.count, next_cursor: explained.nextCursor };
      return reply(c, explanation, describeExplanation(explained), { beside });
    },
  );
