// When a message may go out: outside the quiet hours of every zone that counts, the tenant's and the contact's.
import { clockIn, minuteOf, minutesUntil, offsetIn } from "../../lib/local-time.ts";

/** `HH:MM`; over midnight where `end` comes before `start`. */
export type QuietHours = { zone: string; start: string; end: string };

const MS_PER_MINUTE = 60_000;
/** Two windows that leave no minute free together never end. */
const LONGEST = 2 * 1_440 * MS_PER_MINUTE;

export function isQuiet(instant: number, { zone, start, end }: QuietHours): boolean {
  const { minute } = clockIn(zone, instant);
  const [from, to] = [minuteOf(start), minuteOf(end)];
  return from < to ? minute >= from && minute < to : from !== to && (minute >= from || minute < to);
}

/** `asked` itself, or the first minute after it that is quiet nowhere; undefined when there is none within two days. */
export function nextAllowed(asked: number, windows: readonly QuietHours[]): number | undefined {
  let at = asked;
  for (let quiet = whichIsQuiet(at, windows); quiet; quiet = whichIsQuiet(at, windows)) {
    at = leave(at, quiet);
    if (at - asked > LONGEST) return undefined;
  }
  return at;
}

const whichIsQuiet = (at: number, windows: readonly QuietHours[]) => windows.find((one) => isQuiet(at, one));

/** To the window's end; minute by minute where the clocks are changed before it. */
function leave(at: number, { zone, end }: QuietHours): number {
  const minute = Math.floor(at / MS_PER_MINUTE) * MS_PER_MINUTE;
  const ahead = minutesUntil(clockIn(zone, at).minute, minuteOf(end));
  const there = minute + ahead * MS_PER_MINUTE;
  const isEven =
    offsetIn(zone, minute) === offsetIn(zone, there) &&
    offsetIn(zone, minute) === offsetIn(zone, there - MS_PER_MINUTE);
  return isEven ? there : minute + MS_PER_MINUTE;
}
