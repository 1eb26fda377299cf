// Cron plans, the queue works. A message is one account and one bounded piece of work; what there is to do stands in the
// database, so a message that is lost, doubled or late changes nothing but time.
import type { Ctx, MessageOf, Tools } from "../../context.ts";
import { AppError, isAppError } from "../../errors.ts";
import { dayIn } from "../../lib/dates.ts";
import { openToken } from "../connection/connection.service.ts";
import { lastWholeDay, oldestDay, planScheduled } from "./plan-slices.ts";
import { type Account, insertRun, insertSlices, listGaps, type Run, type Slice } from "./runs.queries.ts";
import { claimDueAccounts, dropHold, type Hold, hold, takeAccount } from "./schedule.queries.ts";
import { settle, stop } from "./settle.ts";
import { workSlices } from "./work.ts";

const HELD_RETRY_SECONDS = 30;

/** Posts a message for every account that is due. One that gets lost is posted again when its claim has passed. */
export async function planInsightsSync(tools: Pick<Tools, "dispatch" | "enqueue" | "now" | "log">): Promise<void> {
  const claims = await claimDueAccounts(tools);
  await tools.enqueue(claims.map((claim) => ({ message: { v: 1, kind: "insights.sync", ...claim } })));
  tools.log("sync.planned", { accounts: claims.length });
}

/** Works on one account until its slices are done, must wait, or this message has had its share of time. */
export async function runInsightsSync(ctx: Ctx, { accountId, epoch }: MessageOf<"insights.sync">): Promise<void> {
  const held: Hold = { accountId, epoch, worker: ctx.uuid() };
  const { taken, schedule, account, connection, run: active, slices } = await takeAccount(ctx, held);
  if (!taken) return refuse(epoch, schedule?.epoch);
  try {
    if (!account || !schedule) throw new Error("A schedule without its account.");
    const known = { hold: held, account, schedule, tokenVersion: connection?.tokenVersion };
    let run = active;
    try {
      const { token } = await openToken(ctx, connection, "insights");
      const planned = run ? { run, slices } : await planRun(ctx, held, account, schedule);
      run = planned.run;
      const halt = await workSlices(ctx, { ...known, run, token }, planned.slices);
      await settle(ctx, { ...known, run }, halt);
    } catch (thrown) {
      if (!isAppError(thrown) || thrown.fate !== "give-up" || thrown.code === "lease.lost") throw thrown;
      await stop(ctx, { ...known, run }, thrown);
    }
  } catch (thrown) {
    // Outside our rules (database away, a bug): the message comes again, and need not wait for our hold to pass.
    if (!isAppError(thrown, "lease.lost")) await dropHold(ctx, held).catch(() => undefined);
    throw thrown;
  }
}

function refuse(epoch: number, current: number | undefined): void {
  if (current !== epoch) return;
  throw new AppError("lease.held", "Otro proceso está trabajando en esta cuenta.", {
    details: { retryAfterSeconds: HELD_RETRY_SECONDS },
  });
}

type Schedule = NonNullable<Awaited<ReturnType<typeof takeAccount>>["schedule"]>;

async function planRun(
  ctx: Ctx,
  held: Hold,
  account: Account,
  schedule: Schedule,
): Promise<{ run: Run; slices: Slice[] }> {
  const { accountId, timezoneName: zone } = account;
  const gaps = await listGaps(ctx, accountId, {
    oldest: oldestDay(zone, ctx.now()),
    through: lastWholeDay(zone, ctx.now()),
  });
  const { fullReadOn, deepReadOn } = schedule;
  const { range, slices } = planScheduled({ today: dayIn(zone, ctx.now()), fullReadOn, deepReadOn, gaps });
  const id = ctx.uuid();
  const [, [run], stored] = await ctx.db.run(
    hold(ctx, held),
    insertRun(ctx, { id, accountId, trigger: "schedule", ...range, clampedFrom: null }).returning(),
    insertSlices(ctx, id, slices).returning(),
  );
  if (!run) throw new Error("The planned run was not stored.");
  return { run, slices: stored };
}
