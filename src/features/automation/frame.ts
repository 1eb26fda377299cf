import { addDays } from "../../lib/dates.ts";
import { clockIn, instantIn, nextDayIn, weekdayOf } from "../../lib/local-time.ts";
import type { Needs } from "../../context.ts";
import { getSettings } from "../settings/settings.service.ts";
import type { House } from "./facts.ts";
import type { Frame } from "./facts.queries.ts";

/** The tenant's own, as it is now: its zone, its day and week, its stages. */
export async function getFrame(
  ctx: Needs<"db" | "now" | "tenantId">,
): Promise<House & Frame & { lostStages: readonly string[]; country: string | null }> {
  const { timezone, quietHours, caps, weekStart: firstDay, wonStages, lostStages, country } = await getSettings(ctx);
  const now = ctx.now();
  const { day } = clockIn(timezone, now);
  const monday = addDays(day, -((weekdayOf(day) - firstDay + 7) % 7));
  return {
    now,
    timezone,
    quietHours,
    caps,
    wonStages,
    lostStages,
    country,
    dayStart: instantIn(timezone, day, 0),
    dayEnds: nextDayIn(timezone, now),
    weekStart: instantIn(timezone, monday, 0),
    weekEnds: instantIn(timezone, addDays(monday, 7), 0),
  };
}
