import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { blameOf, breakerAt, closed, turnBreaker } from "../../../src/features/automation/breaker.ts";
import { decide, decideStep, reasonsAgainst } from "../../../src/features/automation/engine.ts";
import type { Facts } from "../../../src/features/automation/gates.ts";

const now = Date.parse("2026-11-23T15:00:00Z");
const HOUR = 3_600_000;
const rule: NonNullable<Facts["rule"]> = {
  isThere: true,
  isActive: true,
  stopOn: ["reply", "goal", "human"],
  quietHours: [],
  caps: { per_contact_per_day: 2, per_contact_per_week: 3, per_contact: 4 },
};
const lead: NonNullable<Facts["lead"]> = { isTest: false, isGone: false, canBeReached: true };
const fine: Facts = {
  now,
  rule,
  template: { status: "APPROVED" },
  freeUntil: null,
  lead,
  isSuppressed: false,
  hasRefusedConsent: false,
  happened: { reply: false, goal: false, human: false },
  before: "none",
  conditions: { holds: true },
  counted: { today: 0, thisWeek: 0, ofRule: 0, dayEnds: now + 12 * HOUR, weekEnds: now + 100 * HOUR },
  expiresAt: now + 72 * HOUR,
  number: { problem: null, openUntil: null, lastToPerson: null, tier: null },
};
const { number, counted } = fine;

describe("whether a message goes out", () => {
  test.each<[string, Partial<Facts>, ReturnType<typeof decide>]>([
    ["nothing is against it", {}, { do: "send" }],
    ["its rule is gone", { rule: { ...rule, isThere: false } }, { do: "stop", reason: "rule_gone" }],
    ["its rule rests", { rule: { ...rule, isActive: false } }, { do: "stop", reason: "rule_inactive" }],
    ["a test lead", { lead: { ...lead, isTest: true } }, { do: "stop", reason: "test_lead" }],
    ["a merged lead", { lead: { ...lead, isGone: true } }, { do: "stop", reason: "lead_gone" }],
    ["an answer", { happened: { reply: true, goal: false, human: false } }, { do: "stop", reason: "stopped_by_reply" }],
    [
      "conditions that hold no more",
      { conditions: { holds: false, because: "status:eq" } },
      { do: "stop", reason: "conditions:status:eq" },
    ],
    ["a suppression", { isSuppressed: true }, { do: "stop", reason: "suppressed" }],
    ["no consent", { hasRefusedConsent: true }, { do: "stop", reason: "no_consent" }],
    ["a rejected template", { template: { status: "REJECTED" } }, { do: "stop", reason: "template_rejected" }],
    [
      "a paused template",
      { template: { status: "PAUSED" } },
      { do: "wait", until: now + HOUR, reason: "template_paused" },
    ],
    ["free words outside the window", { template: null }, { do: "skip", reason: "outside_window" }],
    ["free words inside it", { template: null, freeUntil: now + 1 }, { do: "send" }],
    [
      "the day's cap",
      { counted: { ...counted, today: 2 } },
      { do: "wait", until: counted.dayEnds, reason: "cap_of_day" },
    ],
    ["the rule's cap", { counted: { ...counted, ofRule: 4 } }, { do: "skip", reason: "cap_of_rule" }],
    [
      "the week's cap, too late by then",
      { counted: { ...counted, thisWeek: 3 } },
      { do: "skip", reason: "too_late:cap_of_week" },
    ],
    [
      "an open breaker",
      { number: { ...number, openUntil: now + 5 } },
      { do: "wait", until: now + 5, reason: "breaker_open" },
    ],
    ["a breaker whose time has passed", { number: { ...number, openUntil: now } }, { do: "send" }],
    [
      "six seconds between two to one person",
      { number: { ...number, lastToPerson: now - 5_999 } },
      { do: "wait", until: now + 1, reason: "pair_rate" },
    ],
    [
      "the tier",
      { number: { ...number, tier: { used: 250, limit: 250, frees: now + HOUR } } },
      { do: "wait", until: now + HOUR, reason: "tier" },
    ],
    ["a lead without a phone", { lead: { ...lead, canBeReached: false } }, { do: "stop", reason: "no_recipient" }],
    ["conditions without a word", { conditions: { holds: false } }, { do: "stop", reason: "conditions:none" }],
    ["its time past", { expiresAt: now }, { do: "skip", reason: "too_late" }],
    ["its time nearly past", { expiresAt: now + 1 }, { do: "send" }],
    ["no end of its time", { expiresAt: null }, { do: "send" }],
    ["nobody's lead", { lead: null }, { do: "send" }],
    ["the window just closed", { template: null, freeUntil: now }, { do: "skip", reason: "outside_window" }],
    [
      "a template that is looked at",
      { template: { status: "PENDING" } },
      { do: "wait", until: now + HOUR, reason: "template_pending" },
    ],
    [
      "a number with a problem",
      { number: { ...number, problem: "BLOCKED" } },
      { do: "wait", until: now + 15 * 60_000, reason: "number_problem" },
    ],
    ["a person written to six seconds ago", { number: { ...number, lastToPerson: now - 6_000 } }, { do: "send" }],
    [
      "a tier that is not used up",
      { number: { ...number, tier: { used: 249, limit: 250, frees: now + HOUR } } },
      { do: "send" },
    ],
    [
      "quiet hours",
      { rule: { ...rule, quietHours: [{ zone: "UTC", start: "14:00", end: "16:00" }] } },
      { do: "wait", until: now + HOUR, reason: "quiet_hours" },
    ],
    [
      "quiet hours for ever, and free words too: what ends all goes before what ends one",
      {
        template: null,
        rule: {
          ...rule,
          quietHours: [
            { zone: "UTC", start: "00:00", end: "12:00" },
            { zone: "UTC", start: "12:00", end: "00:00" },
          ],
        },
      },
      { do: "stop", reason: "always_quiet" },
    ],
    [
      "two things that pass: the later",
      { number: { ...number, openUntil: now + 9_000, lastToPerson: now } },
      { do: "wait", until: now + 9_000, reason: "breaker_open" },
    ],
    [
      "the same the other way round",
      { number: { ...number, openUntil: now + 3_000, lastToPerson: now } },
      { do: "wait", until: now + 6_000, reason: "pair_rate" },
    ],
    [
      "what passes just when it is too late",
      { expiresAt: now + 6_000, number: { ...number, lastToPerson: now } },
      { do: "skip", reason: "too_late:pair_rate" },
    ],
    [
      "what passes, of what is never too late",
      { expiresAt: null, number: { ...number, lastToPerson: now } },
      { do: "wait", until: now + 6_000, reason: "pair_rate" },
    ],
    ["no caps", { rule: { ...rule, caps: {} }, counted: { ...counted, today: 99, ofRule: 99 } }, { do: "send" }],
    [
      "a person's own message in spite of caps and answers",
      { rule: null, happened: { reply: true, goal: true, human: true }, counted: { ...counted, today: 9 } },
      { do: "send" },
    ],
  ])("%s", (_, change, expected) => {
    expect(decide({ ...fine, ...change })).toEqual(expected);
  });

  it("whoever is suppressed, gone or a test is never sent to, whatever else; what waits is never in the past", () => {
    const facts = fc.record({
      isSuppressed: fc.boolean(),
      template: fc.constantFrom<Facts["template"]>(null, { status: "APPROVED" }, { status: "PAUSED" }),
      today: fc.nat(4),
      isTest: fc.boolean(),
      isManual: fc.boolean(),
      openUntil: fc.option(fc.integer({ min: now - HOUR, max: now + HOUR })),
      freeUntil: fc.option(fc.integer({ min: now - HOUR, max: now + HOUR })),
    });
    fc.assert(
      fc.property(facts, ({ isSuppressed, template, today, isTest, isManual, openUntil, freeUntil }) => {
        const decision = decide({
          ...fine,
          ...(isManual && { rule: null }),
          isSuppressed,
          template,
          freeUntil,
          lead: { ...lead, isTest },
          counted: { ...counted, today },
          number: { ...number, openUntil },
        });
        expect(isSuppressed || isTest ? decision.do : "stop").toBe("stop");
        return decision.do !== "wait" || decision.until > now;
      }),
    );
  });

  it("a step waits for the message before it, and ends with one that failed", () => {
    expect(decideStep({ ...fine, before: "open" })).toEqual({
      do: "wait",
      until: now + 600_000,
      reason: "earlier_step_open",
    });
    expect(decideStep({ ...fine, before: "failed" })).toEqual({ do: "stop", reason: "earlier_step_failed" });
    expect(decideStep({ ...fine, before: "done", isSuppressed: true })).toEqual({ do: "send" });
  });
});

test("every reason against a message is told, each once", () => {
  expect(reasonsAgainst(fine)).toEqual([]);
  expect(
    reasonsAgainst({
      ...fine,
      isSuppressed: true,
      template: { status: "REJECTED" },
      number: { ...number, problem: "x", lastToPerson: now },
    }),
  ).toEqual(["suppressed", "template_rejected", "number_problem", "pair_rate"]);
});

describe("the breaker", () => {
  it("opens at once, for as long as it was told, and never for longer than six hours by itself", () => {
    expect(turnBreaker(closed, "blame", now, now + HOUR)).toEqual({
      state: "open",
      failures: 1,
      openings: 1,
      openUntil: now + HOUR,
    });
    expect(turnBreaker(closed, "blame", now, now + 1)).toMatchObject({ openUntil: now + 300_000 });
    const often = { state: "half_open" as const, failures: 9, openings: 9, openUntil: now };
    expect(turnBreaker(often, "blame", now)).toMatchObject({ openings: 10, openUntil: now + 6 * HOUR });
    expect(turnBreaker({ ...often, state: "open", failures: 1 }, "blame", now)).toMatchObject({
      state: "open",
      openings: 10,
    });
  });

  it("is half open when its time has passed, not before, and never when it is closed", () => {
    const open = { state: "open" as const, failures: 5, openings: 1, openUntil: now };
    expect(breakerAt(open, now)).toEqual({ ...open, state: "half_open" });
    expect(breakerAt(open, now - 1)).toEqual(open);
    expect(breakerAt({ ...open, openUntil: null }, now)).toEqual({ ...open, openUntil: null });
    expect(breakerAt({ ...open, state: "closed" }, now)).toEqual({ ...open, state: "closed" });
  });

  it("defect 145: opens after five in a row, lets one try after its time, and then closes or doubles", () => {
    let breaker = closed;
    for (let index = 0; index < 4; index += 1) breaker = turnBreaker(breaker, "blame", now);
    expect([breaker.state, turnBreaker(breaker, "neither", now)]).toEqual(["closed", breaker]);
    breaker = turnBreaker(breaker, "blame", now);
    expect(breaker).toMatchObject({ state: "open", openUntil: now + 300_000 });
    const half = breakerAt(breaker, now + 300_000);
    expect(half.state).toBe("half_open");
    expect(turnBreaker(half, "ok", now)).toEqual(closed);
    expect(turnBreaker(half, "blame", now)).toMatchObject({ state: "open", openUntil: now + 600_000 });
  });

  test.each<[string | null, number | null, ReturnType<typeof blameOf>]>([
    ["accepted", null, { blame: "ok" }],
    ["unknown", null, { blame: "blame" }],
    [null, null, { blame: "neither" }],
    [null, 131042, { blame: "neither" }],
    ["refused", null, { blame: "neither" }],
    ["refused", 131026, { blame: "neither" }],
    ["refused", 131042, { blame: "blame", seconds: 3600 }],
    ["refused", 190, { blame: "blame", seconds: 3600 }],
    ["refused", 131000, { blame: "blame" }],
    ["refused", 132000, { blame: "neither" }],
  ])("%s %s is %j", (outcome, code, blame) => {
    expect(blameOf(outcome, code)).toEqual(blame);
  });
});
