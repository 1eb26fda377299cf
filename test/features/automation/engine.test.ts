import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { blameOf, breakerAt, closed, turnBreaker } from "../../../src/features/automation/breaker.ts";
import { judge } from "../../../src/features/automation/conditions.ts";
import { decide, decideStep } from "../../../src/features/automation/engine.ts";
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
    expect(decideStep({ ...fine, before: "open" })).toMatchObject({ do: "wait", reason: "earlier_step_open" });
    expect(decideStep({ ...fine, before: "failed" })).toEqual({ do: "stop", reason: "earlier_step_failed" });
    expect(decideStep({ ...fine, before: "done", isSuppressed: true })).toEqual({ do: "send" });
  });
});

describe("the breaker", () => {
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

  test.each([
    ["accepted", null, "ok"],
    ["unknown", null, "blame"],
    ["refused", 131026, "neither"],
    ["refused", 131042, "blame"],
    ["refused", 131000, "blame"],
    ["refused", 132000, "neither"],
  ])("%s %s is %s", (outcome, code, blame) => {
    expect(blameOf(outcome, code)).toMatchObject({ blame });
  });
});

describe("conditions", () => {
  const snapshot = {
    now,
    lead: { status: "new", tags: ["vip"], created_at: "2026-11-23T14:00:00Z", answers: { age: "31" } },
    event: { to: "won" },
  };
  test.each<[string, unknown, boolean, string?]>([
    ["none", null, true],
    ["the free object", { status: ["new", "hot"] }, true],
    [
      "the list",
      [
        { field: "status", op: "eq", value: "new" },
        { field: "event.to", op: "eq", value: "lost" },
      ],
      false,
      "event.to:eq",
    ],
    [
      "the tree",
      {
        or: [{ field: "lead.tags", op: "contains", value: "x" }, { not: { field: "status", op: "eq", value: "lost" } }],
      },
      true,
    ],
    ["a number in a text", { field: "answers.age", op: "gt", value: 30 }, true],
    ["an instant within an hour", { field: "created_at", op: "within", value: { value: 1, unit: "hours" } }, true],
    ["an unknown field", { field: "shoe", op: "eq", value: 1 }, false, "unknown_field:shoe"],
    ["an unknown field denied", { not: { field: "shoe", op: "eq", value: 1 } }, false, "unknown_field:shoe"],
    ["an unknown operator", { field: "status", op: "toString", value: 1 }, false, "unknown_operator:toString"],
    ["a text", "status", false, "unreadable"],
  ])("%s", (_, conditions, holds, because) => {
    expect(judge(conditions, snapshot)).toEqual({ holds, ...(because && { because }) });
  });
});
