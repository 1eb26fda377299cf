import { dayNumber, dayText, monthsBefore, weekday } from "./calendar.ts";
import type { Span } from "./model.ts";

/** Insights reach 37 months back (§A.4). */
export const oldestDay = (today: number): number => monthsBefore(today, 37);

const monthStart = (day: number, monthsBack: number): number =>
  dayNumber(`${dayText(monthsBefore(dayNumber(`${dayText(day).slice(0, 7)}-01`), monthsBack)).slice(0, 7)}-01`);

const quarterStart = (today: number): number => monthStart(today, new Date(today * 86_400_000).getUTCMonth() % 3);

/** A date_preset's days (§E.1); `last_Nd` leaves today out. Undefined for a name Meta does not know. */
export const presetSpan = (preset: string, today: number): Span | undefined => {
  const lastDays = /^last_(3|7|14|28|30|90)d$/.exec(preset)?.[1];
  if (lastDays) return { first: today - Number(lastDays), last: today - 1 };
  const monday = today - ((weekday(today) + 6) % 7);
  const sunday = today - weekday(today);
  const yearStart = dayNumber(`${dayText(today).slice(0, 4)}-01-01`);
  const spans: Record<string, Span> = {
    today: { first: today, last: today },
    yesterday: { first: today - 1, last: today - 1 },
    this_month: { first: monthStart(today, 0), last: today },
    last_month: { first: monthStart(today, 1), last: monthStart(today, 0) - 1 },
    this_quarter: { first: quarterStart(today), last: today },
    last_quarter: { first: monthStart(quarterStart(today), 3), last: quarterStart(today) - 1 },
    this_year: { first: yearStart, last: today },
    last_year: { first: dayNumber(`${Number(dayText(today).slice(0, 4)) - 1}-01-01`), last: yearStart - 1 },
    this_week_mon_today: { first: monday, last: today },
    this_week_sun_today: { first: sunday, last: today },
    last_week_mon_sun: { first: monday - 7, last: monday - 1 },
    last_week_sun_sat: { first: sunday - 7, last: sunday - 1 },
    maximum: { first: oldestDay(today), last: today },
    data_maximum: { first: oldestDay(today), last: today },
  };
  return spans[preset];
};
