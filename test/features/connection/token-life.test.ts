import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  DAY_MS,
  decide,
  dueNotices,
  HOUR_MS,
  type Life,
  nextCheckAt,
  renewalDueAt,
} from "../../../src/features/connection/token-life.ts";
import { type Outcome, settleToken } from "../../../src/features/connection/token-outcome.ts";
import { START } from "../../support/clock.ts";

const ID = "00000000-0000-4000-8000-000000000001";
const inDays = (days: number) => new Date(START + days * DAY_MS);

const healthy: Life = {
  id: ID,
  status: "active",
  tokenSealed: "v2.sealed",
  expiresAt: inDays(50),
  dataAccessExpiresAt: inDays(80),
  lastVerifiedAt: inDays(-0.5),
  coolDownUntil: null,
  renewFailures: 0,
  refreshIneffectiveAt: null,
  warnedDays: null,
  warnedDataDays: null,
};
const life = (differs: Partial<Life>): Life => ({ ...healthy, ...differs });

const old = { lastVerifiedAt: inDays(-1) };

describe("what a token needs", () => {
  test.each<[string, string, Partial<Life>]>([
    ["a young token that was verified today", "nothing", {}],
    ["one not verified for a day", "verify", old],
    ["one never verified", "verify", { lastVerifiedAt: null }],
    ["one with 26 days left", "renew", { expiresAt: inDays(26) }],
    ["one with 34 days left", "nothing", { expiresAt: inDays(34) }],
    ["one of limited scopes with 26 days left", "renew", { status: "limited", expiresAt: inDays(26) }],
    ["one with a second left", "renew", { expiresAt: new Date(START + 1000) }],
    ["one that ends now", "expire", { expiresAt: new Date(START) }],
    ["one that ended, and somebody knows", "nothing", { expiresAt: inDays(-1), status: "needs_reauth" }],
    ["a refused one whose time is not over, after a day", "verify", { status: "needs_reauth", ...old }],
    ["a refused one near its end is not renewed", "verify", { status: "needs_reauth", expiresAt: inDays(2), ...old }],
    ["one that never ends", "nothing", { expiresAt: null }],
    ["one that never ends, after a day", "verify", { expiresAt: null, ...old }],
    ["one that cools down", "nothing", { expiresAt: inDays(20), coolDownUntil: inDays(0.1) }],
    ["one that has cooled down", "renew", { expiresAt: inDays(20), coolDownUntil: new Date(START) }],
    ["one that cools down with 14 days left", "warn", { expiresAt: inDays(14), coolDownUntil: inDays(0.1) }],
    [
      "one that cools down with 14 days left, which were told",
      "nothing",
      { expiresAt: inDays(14), coolDownUntil: inDays(0.1), warnedDays: 14 },
    ],
    ["one whose access to data ends in a week", "warn", { dataAccessExpiresAt: inDays(7), warnedDataDays: 14 }],
    ["one whose access to data ended, untold", "warn", { dataAccessExpiresAt: inDays(-3), warnedDataDays: 1 }],
    ["one whose access to data ended, told", "nothing", { dataAccessExpiresAt: inDays(-3), warnedDataDays: 0 }],
    ["a forgotten one", "nothing", { tokenSealed: null, status: "revoked" }],
    ["a place without a token yet", "nothing", { tokenSealed: null, status: "pending" }],
  ])("%s: %s", (_, act, differs) => {
    expect(decide(life(differs), START)).toBe(act);
  });

  it("is renewed from 27 to 33 days before its end, at an instant that is the connection's own", () => {
    const daysBefore = (id: string) => (inDays(50).getTime() - renewalDueAt(life({ id }))) / DAY_MS;
    const all = Array.from({ length: 1_000 }, (_, at) => daysBefore(`connection-${at}`));
    expect(Math.min(...all)).toBeGreaterThanOrEqual(27);
    expect(Math.max(...all)).toBeLessThanOrEqual(33);
    expect(Math.max(...all) - Math.min(...all)).toBeGreaterThan(5);
    expect(daysBefore("connection-7")).toBe(all[7]);
  });

  test.each<[number, number[]]>([
    [14.01, []],
    [14, [14]],
    [7.01, [14]],
    [7, [14, 7]],
    [3, [14, 7, 3]],
    [1, [14, 7, 3, 1]],
    [0.01, [14, 7, 3, 1]],
  ])("with %d days left, what was told by then is %j", (left, expected) => {
    const now = life({ expiresAt: inDays(30) });
    const end = START + (30 - left) * DAY_MS;
    const told: number[] = [];
    const tell = (at: number) => {
      for (const { daysLeft } of dueNotices({ ...now, warnedDays: told.at(-1) ?? null }, at)) told.push(daysLeft);
    };
    for (let at = START; at < end; at += DAY_MS / 4) tell(at);
    tell(end);
    expect(told).toEqual(expected);
  });

  it("is looked at again within a day, never at once, and at each instant that changes what there is to do", () => {
    const date = fc.option(fc.integer({ min: -100, max: 100 }).map((hours) => new Date(START + hours * 7 * HOUR_MS)));
    const lives = fc.record({
      status: fc.constantFrom("active", "limited", "needs_reauth"),
      expiresAt: date,
      dataAccessExpiresAt: date,
      lastVerifiedAt: fc.option(fc.integer({ min: 0, max: 100 }).map((hours) => new Date(START - hours * HOUR_MS))),
    });
    fc.assert(
      fc.property(lives, (differs) => {
        const now = life(differs);
        const next = nextCheckAt(now, START)?.getTime() ?? Infinity;
        const until = Math.min(next, START + 400 * DAY_MS);
        const isQuiet = decide(now, START) === "nothing";
        expect(next).toBeGreaterThan(START);
        expect(isQuiet && decide(now, until - 1) !== "nothing").toBe(false);
        expect(isQuiet && until === next && nextCheckAt(now, next) !== null && decide(now, next) === "nothing").toBe(
          false,
        );
      }),
      { numRuns: 2_000 },
    );
  });
});

const inspected = {
  expiresAt: inDays(60),
  dataAccessExpiresAt: inDays(80),
  issuedAt: inDays(0),
  scopes: ["ads_read", "business_management"],
  granularScopes: [],
};
const renewed: Outcome = { kind: "renewed", inspected, tokenSealed: "v2.new" };
const verified: Outcome = { kind: "verified", inspected: { ...inspected, expiresAt: healthy.expiresAt } };
const failed: Outcome = { kind: "failed", isRenewal: true, code: "meta.transient", retryAfterSeconds: 0 };
const due = { expiresAt: inDays(20), ...old };

describe("what becomes of it", () => {
  test.each<[string, Partial<Life>, Outcome, object, string[]]>([
    ["a renewal", due, renewed, { status: "active", tokenSealed: "v2.new", expiresAt: inDays(60) }, ["renewed"]],
    [
      "a renewal after warnings",
      { ...due, expiresAt: inDays(6), warnedDays: 7 },
      renewed,
      { warnedDays: null, renewFailures: 0 },
      ["renewed", "recovered"],
    ],
    [
      "a renewal after failures that were told",
      { ...due, renewFailures: 3 },
      renewed,
      { renewFailures: 0, coolDownUntil: null },
      ["renewed", "recovered"],
    ],
    [
      "a renewal that moves nothing",
      due,
      { kind: "ineffective" },
      { coolDownUntil: inDays(1) },
      ["refresh_ineffective"],
    ],
    ["the same again", { ...due, refreshIneffectiveAt: inDays(-1) }, { kind: "ineffective" }, {}, []],
    ["a first failure", due, failed, { renewFailures: 1, coolDownUntil: new Date(START + HOUR_MS) }, []],
    ["a third failure", { ...due, renewFailures: 2 }, failed, { renewFailures: 3 }, ["renewal_failing"]],
    ["a tenth failure", { ...due, renewFailures: 9 }, failed, { coolDownUntil: inDays(1) }, []],
    [
      "a failure with a wait that Meta asked for",
      due,
      { ...failed, retryAfterSeconds: 2 * 86_400 },
      { coolDownUntil: inDays(2) },
      [],
    ],
    ["a verification", old, verified, { status: "active", lastVerifiedAt: inDays(0) }, []],
    [
      "a verification that finds a scope gone",
      old,
      { ...verified, inspected: { ...inspected, scopes: ["business_management"] } },
      { status: "limited" },
      ["limited"],
    ],
    ["a verification of what was refused", { status: "needs_reauth" }, verified, { status: "active" }, ["recovered"]],
    [
      "death",
      old,
      { kind: "dead", reason: "password_changed" },
      { status: "needs_reauth", lastErrorReason: "password_changed" },
      ["needs_reauth"],
    ],
    ["death that is known", { status: "needs_reauth" }, { kind: "dead", reason: null }, { status: "needs_reauth" }, []],
    [
      "the end",
      { expiresAt: new Date(START) },
      { kind: "expired" },
      { status: "needs_reauth", lastErrorReason: "expired", nextCheckAt: null },
      ["needs_reauth"],
    ],
    [
      "nothing asked, 3 days left",
      { expiresAt: inDays(3), warnedDays: 7 },
      { kind: "unasked" },
      { warnedDays: 3 },
      ["expiring"],
    ],
  ])("%s", (_, differs, outcome, change, events) => {
    const settled = settleToken(life(differs), outcome, START);
    expect(settled.change).toMatchObject(change);
    expect(settled.events.map(({ action }) => action.replace("connection.", ""))).toEqual(events);
  });

  it("a failure touches neither the token nor its state", () => {
    const { change } = settleToken(life(due), failed, START);
    for (const field of ["status", "tokenSealed", "expiresAt", "tokenVersion"])
      expect(change).not.toHaveProperty(field);
  });
});
