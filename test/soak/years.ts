// Years of many tokens in a second or so: the real decisions (token-life, token-outcome) against a Meta that is away for
// up to ten days, executes and loses its answer, does not always extend, and whose users change their passwords and take
// their time; our own cron is down now and then too.
import { DAY_MS, decide, HOUR_MS, type Life, nextCheckAt } from "../../src/features/connection/token-life.ts";
import { type Inspected, isBetter, type Outcome, settleToken } from "../../src/features/connection/token-outcome.ts";
import { START } from "../support/clock.ts";

const LIFE_MS = 5_183_944_000;
const DATA_ACCESS_MS = 90 * DAY_MS;
/** An alert must come this long before an end. */
const WARNING_MS = 7 * DAY_MS;

export type Tally = {
  connections: number;
  days: number;
  looks: number;
  renewals: number;
  lostAnswers: number;
  failures: number;
  alerts: number;
  logins: number;
  passwordsChanged: number;
  /** Tokens whose time ended in our hands. */
  expiries: number;
  /** Of these, the ones of which nobody was told seven days before. */
  untold: number;
  /** Of these, the ones that Meta would have extended. */
  expiriesThoughExtendable: number;
  repeatedAlerts: number;
  regressions: number;
};

type Span = { from: number; until: number };
type Options = { connections: number; days: number; seed: number };

export function liveThrough({ connections, days, seed }: Options): Tally {
  const random = mulberry(seed);
  const counts = { looks: 0, renewals: 0, lostAnswers: 0, failures: 0, alerts: 0, logins: 0, passwordsChanged: 0 };
  const faults = { expiries: 0, untold: 0, expiriesThoughExtendable: 0, repeatedAlerts: 0, regressions: 0 };
  const tally: Tally = { connections, days, ...counts, ...faults };
  const end = START + days * DAY_MS;
  const metaAway = spans(random, { end, everyDays: 25, atMostDays: 10 });
  const cronDown = spans(random, { end, everyDays: 40, atMostDays: 6 });
  for (let at = 0; at < connections; at += 1) liveOne(`connection-${at}`, { random, end, metaAway, cronDown, tally });
  return tally;
}

type World = { random: () => number; end: number; metaAway: Span[]; cronDown: Span[]; tally: Tally };

/** What became of one token: a login or a renewal begins another. */
type Told = { names: Set<string>; firstAt: number; isCounted: boolean };

function liveOne(id: string, { random, end, metaAway, cronDown, tally }: World): void {
  // Meta is away for all at once, or for this one alone.
  const away = random() < 0.5 ? metaAway : spans(random, { end, everyDays: 30, atMostDays: 10 });
  // One tenth of the tokens are never extended, and of the others not every time.
  const isExtendable = random() < 0.9;
  let isDead = false;
  let passwordAt = Infinity;
  let loginAt = START + random() * 30 * DAY_MS;
  let due = Infinity;
  let life: Life | undefined;
  let told: Told = untold();

  for (;;) {
    const now = Math.min(due, loginAt, passwordAt);
    if (life && !isDead && !told.isCounted && endOf(life) <= Math.min(now, end)) countEnd(life);
    if (now >= end) return;
    if (now === loginAt) {
      tally.logins += 1;
      told = untold();
      isDead = false;
      life = newLife(id, now);
      passwordAt = now + (0.2 + random() * 4) * 365 * DAY_MS;
      loginAt = Infinity;
      due = now + DAY_MS;
    } else if (now === passwordAt) {
      tally.passwordsChanged += 1;
      isDead = true;
      passwordAt = Infinity;
    } else {
      const down = cronDown.find(({ from, until }) => from <= now && now < until);
      if (down) due = down.until;
      else if (life) life = keep(life, now);
    }
  }

  function countEnd(current: Life): void {
    told.isCounted = true;
    tally.expiries += 1;
    if (told.firstAt > endOf(current) - WARNING_MS) tally.untold += 1;
    if (isExtendable) tally.expiriesThoughExtendable += 1;
  }

  function keep(before: Life, now: number): Life {
    tally.looks += 1;
    const outcome = look(before, now);
    const { change, events } = settleToken(before, outcome, now);
    const after: Life = { ...before, ...change };
    if (endOf(after) < endOf(before)) tally.regressions += 1;
    if (outcome.kind === "renewed") told = untold();
    for (const { action, daysLeft } of events) hear(now, action, daysLeft);
    // The message takes its time.
    due = (nextCheckAt(after, now)?.getTime() ?? Infinity) + random() * 10 * 60_000;
    return after;
  }

  function hear(now: number, action: string, daysLeft: number | undefined): void {
    if (!/expiring|needs_reauth/.test(action)) return;
    tally.alerts += 1;
    const name = `${action} ${daysLeft ?? ""}`;
    // Access to data is a clock of its own, which only a login winds up.
    if (action !== "connection.data_access_expiring") {
      if (told.names.has(name)) tally.repeatedAlerts += 1;
      told.names.add(name);
      told.firstAt = Math.min(told.firstAt, now);
    }
    // Somebody reads it and connects again: soon, after weeks, or not before the end is told.
    if (loginAt === Infinity && (action === "connection.needs_reauth" || random() < 0.3))
      loginAt = now + HOUR_MS + random() * 20 * DAY_MS;
  }

  function look(current: Life, now: number): Outcome {
    const act = decide(current, now);
    if (act === "expire") return { kind: "expired" };
    if (act !== "verify" && act !== "renew") return { kind: "unasked" };
    const isRenewal = act === "renew";
    const failed = { kind: "failed", isRenewal, code: "meta.transient", retryAfterSeconds: 0 } as const;
    if (away.some(({ from, until }) => from <= now && now < until)) {
      tally.failures += 1;
      return failed;
    }
    if (isDead || endOf(current) <= now) return { kind: "dead", reason: "password_changed" };
    const inspected: Inspected = {
      expiresAt: current.expiresAt,
      dataAccessExpiresAt: current.dataAccessExpiresAt,
      issuedAt: null,
      scopes: ["ads_read", "business_management"],
      granularScopes: [],
    };
    if (!isRenewal) return { kind: "verified", inspected };
    const chance = random();
    if (chance < 0.15) {
      tally.lostAnswers += 1;
      return failed;
    }
    const fresh = new Date(isExtendable && chance < 0.8 ? now + LIFE_MS : endOf(current) - chance * DAY_MS);
    if (!isBetter({ expiresAt: fresh }, current)) return { kind: "ineffective" };
    tally.renewals += 1;
    return { kind: "renewed", inspected: { ...inspected, expiresAt: fresh }, tokenSealed: "sealed" };
  }
}

const untold = (): Told => ({ names: new Set(), firstAt: Infinity, isCounted: false });

const endOf = ({ expiresAt }: Life): number => expiresAt?.getTime() ?? Infinity;

const newLife = (id: string, now: number): Life => ({
  id,
  status: "active",
  tokenSealed: "sealed",
  expiresAt: new Date(now + LIFE_MS),
  dataAccessExpiresAt: new Date(now + DATA_ACCESS_MS),
  lastVerifiedAt: new Date(now),
  coolDownUntil: null,
  renewFailures: 0,
  refreshIneffectiveAt: null,
  warnedDays: null,
  warnedDataDays: null,
});

type Rhythm = { end: number; everyDays: number; atMostDays: number };

function spans(random: () => number, { end, everyDays, atMostDays }: Rhythm): Span[] {
  const found: Span[] = [];
  for (let from = START + random() * everyDays * DAY_MS; from < end; from += (0.5 + random()) * everyDays * DAY_MS)
    found.push({ from, until: from + random() * atMostDays * DAY_MS });
  return found;
}

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
