import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { pageQuery } from "../../lib/page.ts";
import { filters, results, statuses } from "./log-status.ts";

/** The instant as PostgreSQL writes it: to the microsecond, which a Date would lose. */
const exact = z.string().regex(/^\d{4}-\d{2}-\d{2} [\d:.]+[+-][\d:]+$/);

export const logsCursor = { list: "logs", after: z.tuple([exact, z.guid()]) };
export type LogsCursor = z.output<typeof logsCursor.after>;

/** Newest first. CSV holds all that fits the filters, whatever the page. */
export const logsQuery = once(() =>
  z.object({
    ...pageQuery(100, logsCursor),
    status: z
      .string()
      .toLowerCase()
      .pipe(z.enum(filters))
      .optional()
      .describe(onPaper("In either vocabulary (sent, delivered, read, failed; success, error, skipped), or pending.")),
    trigger_type: z.string().max(60).regex(/^\w*$/).optional(),
    rule_id: z.guid().optional(),
  }),
);

export type LogsQuery = z.output<ReturnType<typeof logsQuery>>;

export const log = once(() =>
  z.object({
    id: z.string(),
    rule_id: z.string().nullable().describe(onPaper("Of a rule that may be deleted by now.")),
    lead_id: z.string().nullable(),
    lead_name: z.string().nullable(),
    patient_name: z.string().nullable().describe(onPaper("The same as lead_name.")),
    trigger_type: z.string(),
    trigger_data: z.unknown(),
    action_type: z.string(),
    action_config: z.unknown(),
    action_result: z.unknown(),
    template_name: z.string().nullable(),
    status: z
      .enum([...statuses, "pending"])
      .describe(
        onPaper(
          "What became of the message. A skipped action is failed, and result says skipped. Only ?status=pending shows what has not ended.",
        ),
      ),
    result: z.enum(results).nullable().describe(onPaper("What became of the action; null while it is pending.")),
    error_details: z.string().nullable(),
    error_message: z.string().nullable().describe(onPaper("The same as error_details.")),
    execution_time_ms: z.number().nullable(),
    created_at: z.iso.datetime(),
  }),
);

export const logList = once(() => z.array(log()));
