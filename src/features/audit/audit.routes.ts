import type { Context } from "hono";
import { type CsvCell, csv, wantsCsv } from "../../http/csv.ts";
import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import type { Hall } from "../../http/hall.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import * as contract from "./audit.contract.ts";
import { getAuditPage, streamAudit } from "./audit.service.ts";

const header = [
  "occurred_at",
  "seq",
  "actor",
  "role",
  "action",
  "target",
  "outcome",
  "reason",
  "http_status",
  "request_id",
  "ip",
  "diff",
  "hash",
] as const;

async function* linesOf(rows: ReturnType<typeof streamAudit>): AsyncGenerator<[string, ...CsvCell[]]> {
  for await (const { occurred_at, seq, diff, ...row } of rows)
    yield [
      occurred_at,
      seq,
      ...header.slice(2, -2).map((name) => row[name as keyof typeof row]),
      diff === null ? null : JSON.stringify(diff),
      row.hash,
    ];
}

async function answerAudit(c: Context<Hall>, { limit, offset, cursor, ...filter }: contract.AuditQuery) {
  const { ctx } = c.var;
  if (wantsCsv(c)) {
    const generated_at = new Date(ctx.now()).toISOString();
    const preamble = { report: "audit", generated_at, timezone: "UTC", ...filter };
    return csv(c, { filename: "audit.csv", preamble, header, rows: linesOf(streamAudit(ctx, filter)) });
  }
  const { rows, total, nextCursor } = await getAuditPage(ctx, { limit, offset, cursor, ...filter });
  return reply(c, contract.auditList, rows, { beside: { total, next_cursor: nextCursor } });
}

const description = {
  summary: "List who did what, newest first",
  answer: contract.auditList,
  beside: contract.beside,
  csv: true,
} as const;

/** /crm */
export const auditRoutes = router()
  .get("/audit", describe(description), guard("audit.read", 30), validate("query", contract.auditQuery), (c) =>
    answerAudit(c, c.req.valid("query")),
  )
  .get("/audit.csv", describe(description), guard("audit.read", 30), validate("query", contract.auditQuery), (c) =>
    answerAudit(c, c.req.valid("query")),
  );
