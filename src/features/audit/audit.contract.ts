import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { pageQuery } from "../../lib/page.ts";

export const auditCursor = { list: "audit", after: z.number().int().min(1) };

const text = z.string().min(1).max(200);
const moment = z.union(
  [z.iso.date(), z.iso.datetime({ offset: true })],
  "debe ser un día AAAA-MM-DD o un instante ISO 8601",
);

/** Newest first. CSV holds all that fits the filters, whatever the page. */
export const auditQuery = once(() =>
  z.object({
    ...pageQuery(100, auditCursor),
    since: moment.optional().describe(onPaper("A day (as the tenant lives it) or an instant.")),
    until: moment.optional().describe(onPaper("A day, which is included, or an instant, which is not.")),
    actor: text.optional().describe(onPaper("user:<id>, with or without `user:`, or system:<job>.")),
    action: text.optional().describe(onPaper("A part of it: a method, a path, connection.")),
    outcome: z.enum(["success", "refused", "failed"]).optional(),
    target: text.optional(),
  }),
);

export type AuditQuery = z.output<ReturnType<typeof auditQuery>>;

export const auditRow = once(() =>
  z.object({
    seq: z.number().describe(onPaper("1, 2, 3 … without a gap.")),
    occurred_at: z.iso.datetime(),
    actor: z.string(),
    role: z.string().nullable(),
    action: z.string(),
    target: z.string().nullable(),
    outcome: z.string(),
    reason: z
      .string()
      .nullable()
      .describe(onPaper("The error's code; replayed for an Idempotency-Key that was answered before.")),
    http_status: z.number().nullable().describe(onPaper("Null for a row that was written together with its change.")),
    request_id: z.string(),
    ip: z.string().nullable().describe(onPaper("The network: 24 bits of an IPv4 address, 48 of an IPv6 one.")),
    diff: z
      .unknown()
      .describe(onPaper("Changed fields before and after, or counts; nothing secret, nothing of people.")),
    hash: z.string().describe(onPaper("SHA-256 over this row and the hash of the one before.")),
  }),
);

export const auditList = once(() => z.array(auditRow()));

export const beside = once(() => z.object({ total: z.number(), next_cursor: z.string().nullable() }));
