// Death at every call to the outside: n = 1, 2, … until the work ends before it would die.
import type { Death } from "../support/fuse.ts";
import type { House } from "../support/house.ts";

const MOST_CALLS = 400;

/** Everywhere once: before the call is sent, and again when its answer comes. `everyNth` makes a sample of it. */
export async function atEveryCall(
  run: (death: Death) => Promise<{ died: boolean }>,
  { everyNth = 1, whens = ["before", "after"] as readonly Death["when"][] } = {},
): Promise<number> {
  let deaths = 0;
  for (const when of whens) {
    for (let at = 1; at < MOST_CALLS; at += everyNth) {
      const { died } = await run({ at, when });
      if (!died) break;
      deaths += 1;
    }
  }
  return deaths;
}

/** The next run's cron has only its own account to look after. */
export async function clearSchedules(house: House): Promise<void> {
  await house.sql("DELETE FROM sync_schedule");
  await house.sql("UPDATE sync_runs SET finished_at = now() WHERE finished_at IS NULL");
  house.queue.lose();
}
