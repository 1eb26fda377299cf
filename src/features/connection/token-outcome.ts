// What becomes of a connection after a look at its token. Pure: what we knew and what Meta said in, what to write and
// whom to tell out. A renewal that does not prove better than what we have changes nothing of the token.
import { capabilitiesOf } from "./capabilities.ts";
import type { Connection } from "./connection.queries.ts";
import { DAY_MS, dueNotices, HOUR_MS, isLater, type Life, nextCheckAt } from "./token-life.ts";

/** What Meta says of a living token. */
export type Inspected = {
  expiresAt: Date | null;
  dataAccessExpiresAt: Date | null;
  issuedAt: Date | null;
  scopes: string[];
  granularScopes: { scope: string; targetIds: string[] | "all" }[];
};

export type Outcome =
  | { kind: "unasked" }
  | { kind: "expired" }
  | { kind: "verified"; inspected: Inspected }
  | { kind: "renewed"; inspected: Inspected; tokenSealed: string }
  /** Meta gave a token that lives no longer than ours. */
  | { kind: "ineffective" }
  | { kind: "dead"; reason: string | null }
  /** Nothing is known: Meta was away, or its answer never came. The old token is as good as before. */
  | { kind: "failed"; isRenewal: boolean; code: string; retryAfterSeconds: number };

export type Event = { action: `connection.${string}`; daysLeft?: number; reason?: string | null };

export type Settlement = { change: Partial<Connection>; events: Event[] };

/** Meta rounds: what is later by less is the same. */
const TOLERANCE_MS = HOUR_MS;
const VERIFY_AGAIN_MS = 6 * HOUR_MS;
/** Failures of renewal in a row after which somebody is told. */
const FAILING = 3;

export const isBetter = (fresh: Pick<Inspected, "expiresAt">, { expiresAt }: Pick<Life, "expiresAt">): boolean =>
  isLater(fresh.expiresAt, expiresAt, TOLERANCE_MS);

export function settleToken(life: Life, outcome: Outcome, now: number): Settlement {
  const { change, events } = effectOf(life, outcome, now);
  const after: Life = { ...life, ...change };
  const notices = dueNotices(after, now);
  const told: Partial<Connection> = {};
  for (const { action, daysLeft } of notices) {
    if (action === "connection.expiring") told.warnedDays = daysLeft;
    else told.warnedDataDays = daysLeft;
  }
  return {
    change: { ...change, ...told, nextCheckAt: nextCheckAt({ ...after, ...told }, now) },
    events: [...events, ...notices],
  };
}

function effectOf(life: Life, outcome: Outcome, now: number): Settlement {
  switch (outcome.kind) {
    case "unasked":
      return { change: {}, events: [] };
    case "expired":
      return die(life, "expired", {});
    case "dead":
      return die(life, outcome.reason, { coolDownUntil: new Date(now + DAY_MS) });
    case "verified":
      return { change: known(life, outcome.inspected, now), events: recovery(life, outcome.inspected, false) };
    case "renewed": {
      const renewed: Event = { action: "connection.renewed" };
      return {
        change: {
          ...known(life, outcome.inspected, now),
          tokenSealed: outcome.tokenSealed,
          renewedAt: new Date(now),
          refreshIneffectiveAt: null,
        },
        events: [renewed, ...recovery(life, outcome.inspected, true)],
      };
    }
    case "ineffective":
      return {
        change: {
          lastVerifiedAt: new Date(now),
          coolDownUntil: new Date(now + DAY_MS),
          renewFailures: 0,
          refreshIneffectiveAt: life.refreshIneffectiveAt ?? new Date(now),
        },
        events: life.refreshIneffectiveAt ? [] : [{ action: "connection.refresh_ineffective" }],
      };
    case "failed":
      return fail(life, outcome, now);
  }
}

/** What a connection keeps of what Meta says of its token. */
export const granted = ({ expiresAt, dataAccessExpiresAt, issuedAt, scopes, granularScopes }: Inspected) => ({
  status: statusOf(scopes),
  expiresAt,
  dataAccessExpiresAt,
  issuedAt,
  grantedScopes: scopes,
  granularTargets: Object.fromEntries(granularScopes.map(({ scope, targetIds }) => [scope, targetIds])),
});

function known(life: Life, inspected: Inspected, now: number): Partial<Connection> {
  const { expiresAt, dataAccessExpiresAt } = inspected;
  return {
    ...granted(inspected),
    lastVerifiedAt: new Date(now),
    lastErrorCode: null,
    lastErrorReason: null,
    coolDownUntil: null,
    renewFailures: 0,
    ...(isLater(expiresAt, life.expiresAt, TOLERANCE_MS) && { warnedDays: null }),
    ...(isLater(dataAccessExpiresAt, life.dataAccessExpiresAt, TOLERANCE_MS) && { warnedDataDays: null }),
  };
}

const statusOf = (scopes: readonly string[]) => (capabilitiesOf(scopes).can("insights") ? "active" : "limited");

/** Good news is told to whoever had the bad. */
function recovery(life: Life, { scopes }: Inspected, isRenewal: boolean): Event[] {
  const status = statusOf(scopes);
  if (status === "limited") return life.status === "active" ? [{ action: "connection.limited" }] : [];
  const worried = life.warnedDays !== null || life.renewFailures >= FAILING || life.refreshIneffectiveAt !== null;
  return life.status !== "active" || (isRenewal && worried) ? [{ action: "connection.recovered" }] : [];
}

function die(life: Life, reason: string | null, rest: Partial<Connection>): Settlement {
  const isNews = life.status !== "needs_reauth";
  return {
    change: {
      ...rest,
      status: "needs_reauth",
      ...(isNews && { lastErrorCode: "connection.needs_reauth", lastErrorReason: reason }),
    },
    events: isNews ? [{ action: "connection.needs_reauth", reason }] : [],
  };
}

// An hour after the first failure, then two, four … at last daily, for as long as the token lives.
function fail(
  life: Life,
  { isRenewal, code, retryAfterSeconds }: Extract<Outcome, { kind: "failed" }>,
  now: number,
): Settlement {
  const failures = isRenewal ? life.renewFailures + 1 : life.renewFailures;
  const rest = isRenewal ? Math.min(DAY_MS, HOUR_MS * 2 ** Math.min(failures - 1, 5)) : VERIFY_AGAIN_MS;
  return {
    change: { renewFailures: failures, coolDownUntil: new Date(now + Math.max(rest, retryAfterSeconds * 1000)) },
    events: isRenewal && failures === FAILING ? [{ action: "connection.renewal_failing", reason: code }] : [],
  };
}
