import type { Api, Wait } from "./api-client.ts";

export type Run = {
  id: string;
  account_id: string;
  status: string;
  percent: number;
  rows_read: number;
  error: { code: string } | null;
  hint: string | null;
};

// Each look is one request; a hundred a minute are allowed.
const LOOK_EVERY_MS = 700;

const isOver = ({ status }: Run) => !["queued", "running", "waiting"].includes(status);

/** Looks at sync runs in turn until all are over; throws when that takes longer than `giveUpMs`. */
export const watchRuns = async (
  api: Api,
  ids: readonly string[],
  {
    wait,
    onProgress,
    giveUpMs = 15 * 60_000,
  }: { wait: Wait; onProgress: (percent: number, runs: Run[]) => void; giveUpMs?: number },
): Promise<Run[]> => {
  const seen = new Map<string, Run>();
  for (let waited = 0; waited <= giveUpMs; waited += LOOK_EVERY_MS) {
    const open = ids.filter((id) => !seen.has(id) || !isOver(seen.get(id) as Run));
    const next = open[Math.floor(waited / LOOK_EVERY_MS) % Math.max(1, open.length)];
    if (next === undefined) return [...seen.values()];
    const run = await api.get<Run>(`/crm/marketing/sync/runs/${next}`);
    seen.set(next, run);
    const runs = [...seen.values()];
    onProgress(Math.floor(runs.reduce((sum, { percent }) => sum + percent, 0) / ids.length), runs);
    if (open.length > 1 || !isOver(run)) await wait(LOOK_EVERY_MS);
  }
  throw new Error(`The sync was not over after ${giveUpMs / 60_000} minutes.`);
};

/** What became of a run, in one line. */
export const describeRun = ({ account_id, status, rows_read, error, hint }: Run): string =>
  [`act_${account_id}: ${status}, ${rows_read} rows`, error?.code, hint].filter(Boolean).join(" · ");
