// Insights too big for one answer: Meta prepares a report, we come back for it (§E.4).
import * as z from "zod";
import { type AppError, isAppError } from "../../errors.ts";
import { normaliseAccountId } from "./accounts.ts";
import { classifyMetaError, metaError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import {
  type InsightsInput,
  insightsParams,
  insightsRow,
  type InsightsRow,
  type InsightsWindow,
  toRows,
} from "./insights.ts";
import { integer, metaId, requireId, text } from "./shapes.ts";

export type ReportState =
  | { status: "pending"; percent: number }
  | { status: "completed" }
  | { status: "failed"; code: number | null; subcode: number | null }
  /** Expired or replaced: start another. */
  | { status: "skipped" };

/** How long a new report may look as if it did not exist. */
const FRESH_MS = 120_000;

/** Asks for a report and returns its run id, good for about 30 days. */
export const startReport = async (
  graph: Graph,
  token: string,
  input: Omit<InsightsInput, "limit">,
): Promise<string> => {
  const path = `act_${normaliseAccountId(input.accountId)}/insights`;
  const schema = z.object({ report_run_id: metaId });
  const params = insightsParams(input);
  return (await graph.call({ method: "POST", path, params, auth: { token }, schema })).report_run_id;
};

const run = z
  .object({
    async_status: text,
    async_percent_completion: z.number().nullish(),
    error_code: integer.nullish(),
    error_subcode: integer.nullish(),
  })
  .transform(({ async_status, async_percent_completion, error_code, error_subcode }): ReportState => {
    const percent = async_percent_completion ?? 0;
    if (async_status === "Job Failed")
      return { status: "failed", code: error_code ?? null, subcode: error_subcode ?? null };
    if (async_status === "Job Skipped") return { status: "skipped" };
    // Both are needed: 100 % is reported while still running, and the other way round.
    return async_status === "Job Completed" && percent >= 100
      ? { status: "completed" }
      : { status: "pending", percent };
  });

/**
 * Where a report stands. One started less than two minutes ago that Meta does not find yet (100/33) is pending; an older
 * one is gone (meta.not_found): start another.
 */
export const getReport = async (
  graph: Graph,
  token: string,
  runId: string,
  { startedAt, accountId }: { startedAt: Date; accountId?: string | undefined },
): Promise<ReportState> => {
  const params = { fields: "async_status,async_percent_completion,error_code,error_subcode" };
  try {
    return await graph.call({ path: requireId(runId), params, auth: { token }, schema: run, accountId });
  } catch (thrown) {
    const isFresh = graph.now() - startedAt.getTime() < FRESH_MS;
    if (isFresh && isAppError(thrown, "meta.not_found") && thrown.details["metaSubcode"] === 33) {
      return { status: "pending", percent: 0 };
    }
    throw thrown;
  }
};

/** Every row of a completed report; `window` is what `startReport` asked. */
export const readReport = async (
  graph: Graph,
  token: string,
  runId: string,
  { limit, ...window }: InsightsWindow & { limit: number },
): Promise<InsightsRow[]> => {
  const path = `${requireId(runId)}/insights`;
  const { accountId } = window;
  return toRows(await graph.list({ path, params: { limit }, auth: { token }, schema: insightsRow, accountId }), window);
};

/** A report that came to nothing as an error; one that never ends is too much data in too many days. */
export const reportFailure = (state: Exclude<ReportState, { status: "completed" }>): AppError => {
  if (state.status === "pending") return metaError("meta.too_much_data", { splitBy: "days", reason: "report_stuck" });
  if (state.status === "skipped") return metaError("meta.not_found", { reason: "report_skipped" });
  const { code, details } = classifyMetaError({
    status: 500,
    code: state.code ?? undefined,
    subcode: state.subcode ?? undefined,
  });
  return metaError(code, { ...details, reason: "report_failed" });
};
