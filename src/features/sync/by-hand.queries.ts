// What people do to syncs, with its row in the audit.
import { sql } from "drizzle-orm";
import { runAudited, wroteHere } from "../../adapters/db/audit.ts";
import { syncRuns } from "../../adapters/db/schema/sync.ts";
import type { Needs } from "../../context.ts";
import type { SlicePlan } from "./plan-slices.ts";
import { closeSlices, insertRun, insertSlices, type NewRun, renew, want } from "./runs.queries.ts";
import { claimNow, endRun } from "./schedule.queries.ts";

/** Saves a run with its slices and claims its account; throws database.conflict when another one is under way there. */
export async function saveRun(
  ctx: Needs<"db" | "actor" | "now" | "audit">,
  run: NewRun,
  plans: readonly SlicePlan[],
): Promise<{ epoch: number } | undefined> {
  const { id, accountId, since, until } = run;
  const statements = [
    // The schedule's row first, as everywhere: two who start at once then wait for one another.
    claimNow(ctx, accountId),
    insertRun(ctx, run),
    insertSlices(ctx, id, plans),
    want(ctx, accountId, since),
    renew(ctx),
  ] as const;
  // Of a run that begins with its account, the account's row tells.
  const [[claim]] =
    run.trigger === "connect"
      ? await ctx.db.run(...statements)
      : await runAudited(ctx, { target: id, diff: { accountId, since, until } }, ...statements);
  return claim;
}

/** Ends a run that is under way, and what it leaves undone. */
export const endRunByHand = (ctx: Needs<"db" | "now" | "audit">, id: string) =>
  runAudited(
    ctx,
    {
      diff: { status: "cancelled" },
      when: wroteHere(syncRuns, sql`${ctx.db.mine(syncRuns)} AND id = ${id}::uuid`),
    },
    endRun(ctx, id),
    closeSlices(ctx, id),
  );
