import { type Day, dayIn, daysBetween } from "../../lib/dates.ts";

/** The oldest Marketing API version known to answer on 2026-11-23. */
export const KNOWN_FLOOR = "v25.0";

// Marketing API, which ends long before Graph does; null: no end announced yet (§A.1,
// https://developers.facebook.com/docs/marketing-api/marketing-api-changelog/versions).
const lastDays: ReadonlyMap<string, Day | null> = new Map([
  ["v19.0", "2025-02-04"],
  ["v20.0", "2025-05-06"],
  ["v21.0", "2025-09-09"],
  ["v22.0", "2026-02-19"],
  ["v23.0", "2026-06-09"],
  ["v24.0", "2026-10-06"],
  ["v25.0", null],
  ["v26.0", null],
]);

export type VersionHealth = { alive: boolean; expiresOn?: Day; daysLeft?: number };

const numberOf = (version: string): number | undefined => {
  const found = /^v(\d{1,3}\.\d)$/.exec(version)?.[1];
  return found === undefined ? undefined : Number(found);
};

/**
 * Whether Meta's Marketing API still serves `version` at `now` (epoch milliseconds, days in UTC). A version newer than
 * the table is taken as alive; `daysLeft` goes negative after the end.
 */
export const versionHealth = (version: string, now: number): VersionHealth => {
  const expiresOn = lastDays.get(version);
  if (expiresOn) {
    const daysLeft = daysBetween(dayIn("UTC", now), expiresOn);
    return { alive: daysLeft > 0, expiresOn, daysLeft };
  }
  return { alive: (numberOf(version) ?? 0) >= (numberOf(KNOWN_FLOOR) ?? 0) };
};
