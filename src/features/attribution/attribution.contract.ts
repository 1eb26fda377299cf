import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";

const MOST_LEADS = 500;

export const recomputeBody = once(() =>
  z
    .strictObject({
      lead_ids: z.array(z.uuid()).min(1).max(MOST_LEADS).optional().describe(onPaper("Default: all leads.")),
      dry_run: z.boolean().default(true).describe(onPaper("Tell what would move; nothing is changed.")),
    })
    .transform(({ lead_ids, dry_run }) => ({ leadIds: lead_ids, isDryRun: dry_run })),
);

export type Recompute = z.output<ReturnType<typeof recomputeBody>>;

export const recomputed = once(() =>
  z.object({
    dry_run: z.boolean(),
    leads: z.number().describe(onPaper("Looked at.")),
    moved: z
      .array(
        z.object({
          place: z.string().describe(onPaper("campaign:<id>, organic, other_paid or unattributed.")),
          currency: z
            .string()
            .describe(onPaper("Of the revenue, as it was; empty where there is only the count of leads.")),
          revenue_before: z.number(),
          revenue_after: z.number(),
          leads_before: z.number(),
          leads_after: z.number(),
        }),
      )
      .describe(onPaper("What is credited otherwise than before, of all time, under the tenant's model and window.")),
  }),
);
