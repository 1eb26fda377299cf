import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { pageQuery, placeCursor } from "../../lib/page.ts";
import { completeness, questionQuery, toQuestion } from "../facts/facts.contract.ts";

export const EXPLAIN_LIST = "explain";

const measures = ["spend", "revenue", "leads", "opportunities", "won", "pipeline"] as const;
const outsides = ["organic", "other_paid", "unattributed"] as const;

const metaId = z.string().min(1).max(64).optional();

export const explainQuery = once(() =>
  questionQuery()
    .extend({
      measure: z.enum(measures).default("revenue"),
      campaign_id: metaId.describe(
        onPaper("One of campaign_id, ad_set_id, ad_id, account_id and outside; none: all campaigns."),
      ),
      ad_set_id: metaId,
      ad_id: metaId,
      account_id: metaId,
      outside: z.enum(outsides).optional(),
      ...pageQuery(100, placeCursor(EXPLAIN_LIST)),
    })
    .refine(
      (query) =>
        [query.campaign_id, query.ad_set_id, query.ad_id, query.account_id, query.outside].filter(Boolean).length < 2,
      {
        error: "elegí uno solo entre campaign_id, ad_set_id, ad_id, account_id y outside",
      },
    )
    .transform(
      ({ measure, campaign_id, ad_set_id, ad_id, account_id, outside, limit, offset, cursor, ...question }) => ({
        ...toQuestion(question),
        measure,
        cell: {
          campaignId: campaign_id,
          adSetId: ad_set_id,
          adId: ad_id,
          accountId: account_id?.replace("act_", ""),
          outside,
        },
        limit,
        offset: cursor ?? offset,
      }),
    ),
);

export type Explain = z.output<ReturnType<typeof explainQuery>>;

const touch = once(() =>
  z.object({
    id: z.string(),
    occurred_at: z.string(),
    recorded_at: z.string(),
    channel: z.string(),
    is_paid: z.boolean(),
    campaign_id: z.string().nullable(),
    ad_set_id: z.string().nullable(),
    ad_id: z.string().nullable(),
  }),
);

const line = once(() =>
  z.object({
    event: z
      .string()
      .describe(onPaper("spend, lead, opportunity, won, pipeline, sale, refund, chargeback or adjustment.")),
    id: z
      .string()
      .describe(
        onPaper(
          "Of the event's row: the sale, the refund, the opportunity, the lead; of spend, the ad, campaign or account.",
        ),
      ),
    day: z.iso.date().describe(onPaper("Where it is counted: on cash basis its own day, on cohort basis the touch's.")),
    lead_id: z.string().nullable(),
    weight: z.number().describe(onPaper("The touch's share of the lead, the opportunity or the sale.")),
    frozen_at: z.string().nullable().describe(onPaper("Since when no touch can move it any more.")),
    touch: touch().nullable(),
    amount: z.number().describe(onPaper("This line's part: money in `currency`, or a share of one.")),
    currency: z.string().nullable().describe(onPaper("Null for counts.")),
    rate: z
      .number()
      .nullable()
      .describe(onPaper("Of the day `rate_on`; null where there is none: the amount is in no total.")),
    rate_on: z.iso.date(),
    counted: z.number().nullable().describe(onPaper("What it adds to the figure.")),
  }),
);

/** What stands behind one figure. `total` of all lines, whatever the page, is that figure. */
export const explanation = once(() =>
  z
    .object({
      measure: z.enum(measures),
      total: z.number().describe(onPaper("In `currency`, or a count.")),
      currency: z.string().nullable(),
      lines: z.array(line()),
    })
    .extend(completeness().pick({ attribution: true, period: true, freshness: true }).shape),
);

export const explanationBeside = once(() =>
  z.object({
    total: z.number().describe(onPaper("Lines.")),
    next_cursor: z.string().nullable(),
  }),
);
