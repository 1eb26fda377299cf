import type { Caller } from "./caller.ts";
import type { SimContext } from "./context.ts";
import type { AdAccount } from "./entities.ts";
import { GraphError, missingObject } from "./envelope.ts";
import { dayText } from "./calendar.ts";
import type { InsightQuery } from "./insight-query.ts";
import { parseFields, project } from "./projection.ts";
import { findAccount, type Report } from "./state.ts";

/** Runs and their results live about a month (§E.4). */
const LIFE_MS = 30 * 86_400_000;

interface Stage {
  async_status: string;
  async_percent_completion: number;
}

/** Percent reaches 100 one stage before the status says so: both must hold (§E.4). */
const STAGES: Stage[] = [
  { async_status: "Job Not Started", async_percent_completion: 0 },
  { async_status: "Job Started", async_percent_completion: 0 },
  { async_status: "Job Running", async_percent_completion: 42 },
  { async_status: "Job Running", async_percent_completion: 100 },
];
const COMPLETED: Stage = { async_status: "Job Completed", async_percent_completion: 100 };

const FAILURE = {
  error_code: -2,
  error_subcode: 2490547,
  error_message: "The report could not be generated because it asks for too much data.",
  error_user_title: "Report failed",
  error_user_msg: "Try a shorter date range or fewer fields.",
};

const RUN = {
  name: "AdReportRun",
  fields: new Set(
    "account_id,async_status,async_percent_completion,date_start,date_stop,time_ref,time_completed,is_running,error_code,error_subcode,error_message,error_user_title,error_user_msg".split(
      ",",
    ),
  ),
};

const DEFAULT_FIELDS =
  "id,account_id,time_ref,time_completed,async_status,async_percent_completion,error_code,error_subcode,error_message,error_user_title,error_user_msg";

export const createReport = (
  { state, clock }: SimContext,
  account: AdAccount,
  query: InsightQuery,
  isTooBig: boolean,
): Report => {
  state.serial += 1;
  const outcome = state.reports.nextOutcomes.shift() ?? (isTooBig ? "fail" : "complete");
  const id = `60239${String(state.serial).padStart(10, "0")}`;
  const report: Report = { id, accountId: account.id, query, createdAt: clock.now(), polls: 0, outcome };
  state.runs.set(id, report);
  return report;
};

const inaccessible = () =>
  new GraphError({
    code: 2601,
    subcode: 1815107,
    isTransient: true,
    message: "Error accessing adreport job.",
  });

const open = ({ state, clock }: SimContext, caller: Caller, id: string): { account: AdAccount; report: Report } => {
  const report = state.runs.get(id);
  const account = report && findAccount(state, report.accountId);
  if (!report || !account || !caller.accountIds.has(account.id)) throw inaccessible();
  if (clock.now() - report.createdAt > LIFE_MS) throw inaccessible();
  return { account, report };
};

const stageOf = ({ state, clock }: SimContext, { createdAt, polls, outcome }: Report): Stage => {
  const byClock = Math.floor((clock.now() - createdAt) / state.reports.stageMs);
  const byPolls = state.reports.advanceByPolls ? polls - 1 : 0;
  const reached = Math.max(0, byClock, byPolls);
  if (outcome !== "complete" && reached >= 2) {
    return { async_status: outcome === "fail" ? "Job Failed" : "Job Skipped", async_percent_completion: 0 };
  }
  return STAGES[reached] ?? COMPLETED;
};

/** One poll. */
export const readReport = (sim: SimContext, caller: Caller, id: string, fields: string | undefined) => {
  const { account, report } = open(sim, caller, id);
  report.polls += 1;
  if (sim.state.reports.firstPollRace && report.polls === 1) throw missingObject(id);
  const stage = stageOf(sim, report);
  const isRunning = stage.async_status === "Job Started" || stage.async_status === "Job Running";
  const first = report.query.spans[0]?.first ?? 0;
  const last = report.query.spans.at(-1)?.last ?? 0;
  const node = {
    id,
    account_id: account.id,
    ...stage,
    is_running: isRunning,
    date_start: dayText(first),
    date_stop: dayText(last),
    time_ref: Math.floor(report.createdAt / 1000),
    time_completed: stage === COMPLETED ? sim.clock.seconds() : undefined,
    ...(stage.async_status === "Job Failed" && FAILURE),
  };
  return project(node, parseFields(fields ?? DEFAULT_FIELDS), RUN);
};

/** Rows can be read once the job is completed; they are those of the moment it was asked for. */
export const reportRows = (sim: SimContext, caller: Caller, id: string): { account: AdAccount; report: Report } => {
  const found = open(sim, caller, id);
  if (stageOf(sim, found.report) !== COMPLETED) throw inaccessible();
  return found;
};
