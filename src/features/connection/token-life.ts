// What a token needs now. Pure: what we know of it and the instant in, what to do out. Meta has no refresh token: a
// token that still works is exchanged for one that works longer, and one that expired can only be replaced by a person.
import type { Connection } from "./connection.queries.ts";

export type Life = Pick<
  Connection,
  | "id"
  | "status"
  | "tokenSealed"
  | "expiresAt"
  | "dataAccessExpiresAt"
  | "lastVerifiedAt"
  | "coolDownUntil"
  | "renewFailures"
  | "refreshIneffectiveAt"
  | "warnedDays"
  | "warnedDataDays"
>;

export type Act =
  | "nothing"
  /** Tell how few days are left; Meta is not asked. */
  | "warn"
  | "verify"
  | "renew"
  /** Its time is over: Meta need not be asked, and could not help. */
  | "expire";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** From the middle of the sixty days that Meta gives. */
const RENEW_LEFT_MS = 30 * DAY_MS;
const JITTER = 0.1;

/** Days left at which somebody is told, each once for an expiry. */
const STEPS = [1, 3, 7, 14];
/** Access to data ends without the token ending: its end is told too. */
const DATA_STEPS = [0, ...STEPS];
export const EXPIRING_DAYS = 14;

export function decide(life: Life, now: number): Act {
  if (!isKept(life)) return "nothing";
  if (isOver(life.expiresAt, now)) return life.status === "needs_reauth" ? "nothing" : "expire";
  if ((life.coolDownUntil?.getTime() ?? 0) <= now) {
    if (renewalDueAt(life) <= now) return "renew";
    if (verificationDueAt(life) <= now) return "verify";
  }
  return dueNotices(life, now).length > 0 ? "warn" : "nothing";
}

/** When to look again; null where only a person can change anything. */
export function nextCheckAt(life: Life, now: number): Date | null {
  if (!isKept(life) || (isOver(life.expiresAt, now) && life.status === "needs_reauth")) return null;
  const cool = life.coolDownUntil?.getTime() ?? 0;
  const calls = [renewalDueAt(life), verificationDueAt(life)].map((at) => Math.max(at, cool));
  const told =
    life.status === "needs_reauth"
      ? []
      : [...instantsOf(life.expiresAt, [0, ...STEPS]), ...instantsOf(life.dataAccessExpiresAt, DATA_STEPS)];
  const soonest = Math.min(...calls, ...told.filter((at) => at > now));
  return new Date(Math.max(soonest, now + MINUTE_MS));
}

export type Notice = { action: "connection.expiring" | "connection.data_access_expiring"; daysLeft: number };

/** What was not told yet of the days left. A connection that needs a login anyway is not warned of its end. */
export function dueNotices(life: Life, now: number): Notice[] {
  if (life.status === "needs_reauth") return [];
  const token = stepOf(life.expiresAt, STEPS, now);
  const access = stepOf(life.dataAccessExpiresAt, DATA_STEPS, now);
  return [
    ...(isNews(token, life.warnedDays) ? [{ action: "connection.expiring" as const, daysLeft: token }] : []),
    ...(isNews(access, life.warnedDataDays)
      ? [{ action: "connection.data_access_expiring" as const, daysLeft: access }]
      : []),
  ];
}

/** When renewing starts: with thirty days left, a tenth earlier or later, always the same for one connection. */
export const renewalDueAt = ({ id, status, expiresAt }: Pick<Life, "id" | "status" | "expiresAt">): number =>
  expiresAt === null || status === "needs_reauth"
    ? Infinity
    : expiresAt.getTime() - RENEW_LEFT_MS * (1 + JITTER * spread(id));

export const isOver = (at: Date | null, now: number): boolean => at !== null && at.getTime() <= now;

/** `null` is never. */
export const isLater = (one: Date | null, other: Date | null, byMs = 0): boolean =>
  other !== null && (one === null || one.getTime() > other.getTime() + byMs);

const isKept = ({ tokenSealed, status }: Life) => tokenSealed !== null && status !== "revoked" && status !== "pending";

const verificationDueAt = ({ lastVerifiedAt }: Life) => (lastVerifiedAt?.getTime() ?? 0) + DAY_MS;

const instantsOf = (end: Date | null, steps: readonly number[]) =>
  end === null ? [] : steps.map((days) => end.getTime() - days * DAY_MS);

const stepOf = (end: Date | null, steps: readonly number[], now: number) =>
  end === null ? undefined : steps.find((days) => end.getTime() - now <= days * DAY_MS);

const isNews = (step: number | undefined, told: number | null): step is number =>
  step !== undefined && (told === null || step < told);

// FNV-1a, from -1 to 1.
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return (hash / 0xffffffff) * 2 - 1;
}
