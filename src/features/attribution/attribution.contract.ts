import * as z from "zod";

const MOST_LEADS = 500;

export const recomputeBody = z
  .strictObject({
    lead_ids: z.array(z.uuid()).min(1).max(MOST_LEADS).optional().describe("Default: all leads."),
    dry_run: z.boolean().default(true).describe("Tell what would move; nothing is changed."),
  })
  .transform(({ lead_ids, dry_run }) => ({ leadIds: lead_ids, isDryRun: dry_run }));

export type Recompute = z.output<typeof recomputeBody>;

export const recomputed = z.object({
  dry_run: z.boolean(),
  leads: z.number().describe("Looked at."),
  moved: z
    .array(
      z.object({
        place: z.string().describe("campaign:<id>, organic, other_paid or unattributed."),
        currency: z.string().describe("Of the revenue, as it was; empty where there is only the count of leads."),
        revenue_before: z.number(),
        revenue_after: z.number(),
        leads_before: z.number(),
        leads_after: z.number(),
      }),
    )
    .describe("What is credited otherwise than before, of all time, under the tenant's model and window."),
});
