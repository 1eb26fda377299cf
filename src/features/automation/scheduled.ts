// Rules that look for leads by themselves, when their next run is due: by the clock (schedule), and for who has not answered
// (no_reply_for). A run that is repeated starts nothing twice.
import type { Ctx } from "../../context.ts";
import { nextRun, type Schedule } from "./due.ts";
import { judgeCandidates } from "./enrol.ts";
import { insertExecutions } from "./executions.queries.ts";
import { getFrame } from "./frame.ts";
import type { StartingRule } from "./rules.queries.ts";
import { listDueRules, listLeadIds, listSilences, setNextRun } from "./scheduled.queries.ts";

const PAGE = 250;
const MOST_PAGES = 40;
const LOOK_EVERY_MS = 5 * 60_000;
/** What was sent before is history. */
const OLDEST_MS = 48 * 3_600_000;

export async function runScheduled(ctx: Ctx): Promise<void> {
  const rules = await listDueRules(ctx);
  if (rules.length === 0) return;
  const frame = await getFrame(ctx);
  for (const rule of rules)
    await (rule.triggerType === "schedule" ? runSchedule(ctx, rule, frame) : findSilences(ctx, rule, frame));
}

type Frame = Awaited<ReturnType<typeof getFrame>>;

async function runSchedule(ctx: Ctx, rule: StartingRule, frame: Frame): Promise<void> {
  const run = rule.nextRunAt?.getTime() ?? frame.now;
  const next = scheduledRun(rule, frame.now, frame.timezone);
  // Cron was away for longer than a day: that run is history.
  if (frame.now - run <= 86_400_000)
    for (let page = 0, after: string | undefined; page < MOST_PAGES; page += 1) {
      const ids: string[] = await listLeadIds(ctx, after, PAGE);
      const started = await judgeCandidates(
        ctx,
        ids.map((leadId) => ({
          rule,
          leadId,
          key: `schedule:${new Date(run).toISOString()}:${leadId}`,
          at: run,
          event: {},
        })),
        frame,
      );
      if (started.length > 0) await ctx.db.one(insertExecutions(ctx, started));
      after = ids.at(-1);
      if (ids.length < PAGE) break;
      if (page === MOST_PAGES - 1)
        ctx.log("automation.schedule_cut", { tenantId: ctx.tenantId, ruleId: rule.id, leads: MOST_PAGES * PAGE });
    }
  await setNextRun(ctx, rule, next === undefined ? null : new Date(next));
}

async function findSilences(ctx: Ctx, rule: StartingRule, frame: Frame): Promise<void> {
  const since = new Date(Math.max(rule.activatedAt.getTime(), frame.now - OLDEST_MS));
  let after: { id: string; at: string } | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const sent = await listSilences(ctx, rule.id, { since, after, limit: PAGE });
    const started = await judgeCandidates(
      ctx,
      sent.map(({ id, leadId, at }) => ({
        rule,
        leadId,
        key: `silence:${id}`,
        at: Date.parse(at),
        event: { message_id: id },
      })),
      frame,
    );
    if (started.length > 0) await ctx.db.one(insertExecutions(ctx, started));
    after = sent.at(-1);
    if (sent.length < PAGE) break;
  }
  await setNextRun(ctx, rule, new Date(frame.now + LOOK_EVERY_MS));
}

/** When a rule looks by itself next; undefined for those that do not. */
export function scheduledRun(
  { triggerType, schedule }: { triggerType: string; schedule?: unknown },
  after: number,
  zone: string,
): number | undefined {
  if (triggerType === "no_reply_for") return after;
  return triggerType === "schedule" && schedule ? nextRun(schedule as Schedule, after, zone) : undefined;
}
