import * as z from "zod";
import { isDay } from "../../lib/dates.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";

const day = z.string().refine(isDay, "a day, YYYY-MM-DD");
const instant = z.iso.datetime().nullable();
const iso = (date: Date | null) => date?.toISOString() ?? null;

export const accountIdInput = z
  .string()
  .regex(/^(act_)?\d{1,32}$/, "digits, with or without act_")
  .transform((id) => id.replace(/^act_/, ""));

export const syncRequest = once(() =>
  z
    .strictObject({ account_id: accountIdInput.optional(), since: day.optional(), until: day.optional() })
    .transform(({ account_id, ...days }) => ({ accountId: account_id, ...days })),
);

export const started = once(() =>
  z
    .transform(({ runId, clampedFrom }: { runId: string; clampedFrom: string | null }) => ({
      run_id: runId,
      clamped_from: clampedFrom,
      status: "queued" as const,
    }))
    .pipe(
      z.object({
        run_id: z.uuid(),
        clamped_from: z.iso
          .date()
          .nullable()
          .describe(onPaper("What was asked for, when Meta does not keep days so old.")),
        status: z.literal("queued"),
      }),
    ),
);

export const runsQuery = once(() =>
  z.object({
    limit: z.coerce.number().int().min(1).max(200).default(50),
    offset: z.coerce.number().int().min(0).default(0),
  }),
);

export const runParam = once(() => z.object({ id: z.uuid() }));

export const runsBeside = once(() => z.object({ total: z.number() }));

type Run = {
  id: string;
  accountId: string;
  trigger: string;
  since: string;
  until: string;
  clampedFrom: string | null;
  status: string;
  percent: number;
  rowsRead: number;
  errorCode: string | null;
  errorDetails: unknown;
  hint: string | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
};

const toWire = (run: Run) => ({
  id: run.id,
  account_id: run.accountId,
  trigger: run.trigger,
  since: run.since,
  until: run.until,
  clamped_from: run.clampedFrom,
  status: run.status,
  percent: run.percent,
  rows_read: run.rowsRead,
  error: run.errorCode === null ? null : { code: run.errorCode, details: (run.errorDetails ?? null) as unknown },
  hint: run.hint,
  created_at: iso(run.createdAt),
  started_at: iso(run.startedAt),
  finished_at: iso(run.finishedAt),
});

const run = once(() =>
  z.object({
    id: z.uuid(),
    account_id: z.string(),
    trigger: z.string().describe(onPaper("connect, manual or schedule.")),
    since: z.iso.date(),
    until: z.iso.date(),
    clamped_from: z.iso.date().nullable(),
    status: z.string().describe(onPaper("queued, running, succeeded, partial, failed or cancelled.")),
    percent: z.number().describe(onPaper("Grows only, up to 100.")),
    rows_read: z.number(),
    error: z.object({ code: z.string(), details: z.unknown() }).nullable(),
    hint: z.string().nullable().describe(onPaper("What a person can do about it.")),
    created_at: instant,
    started_at: instant,
    finished_at: instant,
  }),
);

type Slice = {
  level: string;
  since: string;
  until: string;
  method: string;
  status: string;
  attempts: number;
  rows: number | null;
  errorCode: string | null;
  decision: string | null;
  notBefore: Date | null;
  finishedAt: Date | null;
};

const sliceToWire = (slice: Slice) => ({
  level: slice.level,
  since: slice.since,
  until: slice.until,
  method: slice.method,
  status: slice.status,
  attempts: slice.attempts,
  rows: slice.rows,
  error_code: slice.errorCode,
  decision: slice.decision,
  not_before: iso(slice.notBefore),
  finished_at: iso(slice.finishedAt),
});

const slice = once(() =>
  z.object({
    level: z.string(),
    since: z.iso.date(),
    until: z.iso.date(),
    method: z.string(),
    status: z.string(),
    attempts: z.number(),
    rows: z.number().nullable(),
    error_code: z.string().nullable(),
    decision: z.string().nullable(),
    not_before: instant,
    finished_at: instant,
  }),
);

export const runList = once(() => z.array(z.transform(toWire).pipe(run())));

export const runDetail = once(() =>
  z
    .transform((detail: Run & { slices: Slice[] }) => ({
      ...toWire(detail),
      slices: detail.slices.map(sliceToWire),
    }))
    .pipe(run().extend({ slices: z.array(slice()) })),
);
