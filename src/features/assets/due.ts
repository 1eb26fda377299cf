// When Meta is asked again. Each tenant and page has a moment of its own in the night or the hour, always the same, so
// that all of them together are no stampede.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Five to eight in UTC: deep night where most tenants are. */
const [NIGHT_STARTS_MS, NIGHT_LASTS_MS] = [5 * HOUR_MS, 3 * HOUR_MS];
const FIRST_RETRY_MS = 10 * 60_000;

/** A number in [0, 1) that the text alone decides (FNV-1a). */
export function shareOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}

const next = (now: number, period: number, offset: number) =>
  (Math.floor((now - offset) / period) + 1) * period + offset;

export const nextNight = (now: number, whose: string): Date =>
  new Date(next(now, DAY_MS, NIGHT_STARTS_MS + Math.floor(shareOf(whose) * NIGHT_LASTS_MS)));

export const nextHour = (now: number, whose: string): Date =>
  new Date(next(now, HOUR_MS, Math.floor(shareOf(whose) * HOUR_MS)));

/** After so many failures in a row: ten minutes, twenty, forty … but no later than `latest`. */
export function afterFailure(now: number, failures: number, latest: Date, retryAfterSeconds = 0): Date {
  const rest = Math.max(FIRST_RETRY_MS * 2 ** Math.min(failures, 8), retryAfterSeconds * 1000);
  return new Date(Math.min(now + rest, Math.max(latest.getTime(), now + retryAfterSeconds * 1000)));
}
