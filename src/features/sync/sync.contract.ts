import * as z from "zod";
import { isDay } from "../../lib/dates.ts";

const day = z.string().refine(isDay, "a day, YYYY-MM-DD");
const instant = z
  .date()
  .nullable()
  .transform((date) => date?.toISOString() ?? null);

export const accountIdInput = z
  .string()
  .regex(/^(act_)?\d{1,32}$/, "digits, with or without act_")
  .transform((id) => id.replace(/^act_/, ""));

export const syncRequest = z
  .strictObject({ account_id: accountIdInput.optional(), since: day.optional(), until: day.optional() })
  .transform(({ account_id, ...days }) => ({ accountId: account_id, ...days }));

export const started = z
  .object({ runId: z.uuid(), clampedFrom: z.string().nullable() })
  .transform(({ runId, clampedFrom }) => ({ run_id: runId, clamped_from: clampedFrom, status: "queued" }));

export const runsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).default(0),
});

export const runParam = z.object({ id: z.uuid() });

const runFields = {
  id: z.uuid(),
  accountId: z.string(),
  trigger: z.string(),
  since: z.string(),
  until: z.string(),
  clampedFrom: z.string().nullable(),
  status: z.string(),
  percent: z.number(),
  rowsRead: z.number(),
  errorCode: z.string().nullable(),
  errorDetails: z.unknown(),
  hint: z.string().nullable(),
  createdAt: instant,
  startedAt: instant,
  finishedAt: instant,
};

const toWire = (run: z.output<z.ZodObject<typeof runFields>>) => ({
  id: run.id,
  account_id: run.accountId,
  trigger: run.trigger,
  since: run.since,
  until: run.until,
  clamped_from: run.clampedFrom,
  status: run.status,
  percent: run.percent,
  rows_read: run.rowsRead,
  error: run.errorCode === null ? null : { code: run.errorCode, details: run.errorDetails ?? null },
  hint: run.hint,
  created_at: run.createdAt,
  started_at: run.startedAt,
  finished_at: run.finishedAt,
});

const slice = z
  .object({
    level: z.string(),
    since: z.string(),
    until: z.string(),
    method: z.string(),
    status: z.string(),
    attempts: z.number(),
    rows: z.number().nullable(),
    errorCode: z.string().nullable(),
    decision: z.string().nullable(),
    notBefore: instant,
    finishedAt: instant,
  })
  .transform(({ errorCode, notBefore, finishedAt, ...rest }) => ({
    ...rest,
    error_code: errorCode,
    not_before: notBefore,
    finished_at: finishedAt,
  }));

export const runList = z.array(z.object(runFields).transform(toWire));

export const runDetail = z
  .object({ ...runFields, slices: z.array(slice) })
  .transform((run) => ({ ...toWire(run), slices: run.slices }));
