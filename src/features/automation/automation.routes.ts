import type { Context } from "hono";
import { csv, wantsCsv } from "../../http/csv.ts";
import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import type { Hall } from "../../http/hall.ts";
import { etag } from "../../http/keep.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { describeLog, describeRule, linesOf, logColumns } from "./automation-answer.ts";
import * as contract from "./automation.contract.ts";
import { changeRule, getRule, getRulePage, removeRule, replaceRule, saveRules } from "./automation.service.ts";
import { logList, type LogsQuery, logsQuery } from "./logs.contract.ts";
import { getLogPage, streamLogs } from "./logs.service.ts";

const changeErrors = ["rule.not_found", "rule.duplicate", "request.conflict"] as const;

/** /crm/marketing/automation/rules */
export const rulesRoutes = router()
  .get(
    "/",
    describe(onPaper({ summary: "List the automation rules", answer: contract.ruleList, beside: contract.beside })),
    guard("marketing.read", 60),
    etag(),
    validate("query", contract.rulesQuery),
    async (c) => {
      const { rules, total, nextCursor } = await getRulePage(c.var.ctx, c.req.valid("query"));
      return reply(c, contract.ruleList, rules.map(describeRule), { beside: { total, next_cursor: nextCursor } });
    },
  )
  .post(
    "/",
    describe(
      onPaper({
        summary: "Make and change automation rules, all or none",
        answer: contract.ruleList,
        beside: contract.written,
        status: [200, 201],
        errors: changeErrors,
      }),
    ),
    guard("marketing.manage", 20),
    validate("json", contract.rulesRequest),
    idempotent(),
    async (c) => {
      const { rules, updated, created } = await saveRules(c.var.ctx, c.req.valid("json"));
      const status = created > 0 && updated === 0 ? 201 : 200;
      return reply(c, contract.ruleList, rules.map(describeRule), { status, beside: { updated, created } });
    },
  )
  .get(
    "/:id",
    describe(onPaper({ summary: "Show an automation rule", answer: contract.rule, errors: ["rule.not_found"] })),
    guard("marketing.read", 60),
    etag(),
    validate("param", contract.ruleParam),
    async (c) => reply(c, contract.rule, describeRule(await getRule(c.var.ctx, c.req.valid("param").id))),
  )
  .put(
    "/:id",
    describe(
      onPaper({
        summary: "Replace an automation rule; a part of one only changes what it names",
        answer: contract.rule,
        errors: changeErrors,
      }),
    ),
    guard("marketing.manage", 20),
    validate("param", contract.ruleParam),
    validate("json", contract.ruleBody),
    idempotent(),
    async (c) => {
      const { rule } = await replaceRule(c.var.ctx, c.req.valid("param").id, c.req.valid("json"));
      return reply(c, contract.rule, describeRule(rule));
    },
  )
  .patch(
    "/:id",
    describe(onPaper({ summary: "Change an automation rule", answer: contract.rule, errors: changeErrors })),
    guard("marketing.manage", 20),
    validate("param", contract.ruleParam),
    validate("json", contract.ruleBody),
    idempotent(),
    async (c) => {
      const { rule } = await changeRule(c.var.ctx, c.req.valid("param").id, c.req.valid("json"));
      return reply(c, contract.rule, describeRule(rule));
    },
  )
  .delete(
    "/:id",
    describe(
      onPaper({
        summary: "Delete an automation rule; its logs stay",
        answer: contract.deleted,
        beside: () => contract.deleted().pick({ deleted: true }),
        errors: ["rule.not_found"],
      }),
    ),
    guard("marketing.manage", 20),
    validate("param", contract.ruleParam),
    idempotent(),
    async (c) => {
      const { id } = c.req.valid("param");
      await removeRule(c.var.ctx, id);
      return reply(c, contract.deleted, { id, deleted: true }, { beside: { deleted: true } });
    },
  );

async function answerLogs(c: Context<Hall>, query: LogsQuery) {
  const { ctx } = c.var;
  if (wantsCsv(c)) {
    const { limit: _, offset: __, cursor: ___, ...filter } = query;
    return csv(c, {
      filename: "automation-logs.csv",
      preamble: {
        report: "automation-logs",
        generated_at: new Date(ctx.now()).toISOString(),
        timezone: "UTC",
        ...filter,
      },
      header: logColumns,
      rows: linesOf(streamLogs(ctx, filter)),
    });
  }
  const { logs, total, nextCursor } = await getLogPage(ctx, query);
  return reply(c, logList, logs.map(describeLog), { beside: { total, next_cursor: nextCursor } });
}

const logsDescription = {
  summary: "List what the automation did, newest first",
  answer: logList,
  beside: contract.beside,
  csv: true,
} as const;

/** /crm/marketing */
export const logsRoutes = router()
  .get(
    "/automation-logs",
    describe(logsDescription),
    guard("marketing.read", 60),
    etag(),
    validate("query", logsQuery),
    (c) => answerLogs(c, c.req.valid("query")),
  )
  .get(
    "/automation-logs.csv",
    describe(logsDescription),
    guard("marketing.read", 60),
    validate("query", logsQuery),
    (c) => answerLogs(c, c.req.valid("query")),
  );
