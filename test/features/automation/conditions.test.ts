// What conditions make of values, one operator at a time, and of what they do not know.
import { describe, expect, it, test } from "vitest";
import { judge, type Operator } from "../../../src/features/automation/conditions.ts";

const now = Date.parse("2026-11-23T15:00:00Z");
const MISSING = Symbol("no value");
const judged = (op: string, value: unknown, expected: unknown) => {
  const condition = { field: "event.x", op, ...(expected !== MISSING && { value: expected }) };
  const verdict = judge(condition, { now, event: { x: value } });
  // Denied, what cannot be judged holds no more than it did.
  const denied = judge({ not: condition }, { now, event: { x: value } });
  if (verdict.because === "unreadable_value:event.x") return denied.holds ? "holds denied" : "unreadable";
  expect([denied, verdict]).toEqual(
    verdict.holds
      ? [{ holds: false, because: "not" }, { holds: true }]
      : [{ holds: true }, { holds: false, because: `event.x:${op}` }],
  );
  return verdict.holds;
};
const unreadable = "unreadable";
const hours = (value: unknown, unit: unknown = "hours") => ({ value, unit });

describe("a value", () => {
  test.each<[Operator, unknown, unknown, boolean | string]>([
    ["eq", "a", "a", true],
    ["eq", "a", "b", false],
    ["eq", 7, "7", true],
    ["eq", true, "true", true],
    ["eq", null, null, true],
    ["eq", null, "null", false],
    ["eq", "null", null, false],
    ["eq", {}, "[object Object]", false],
    ["eq", "a", {}, unreadable],
    ["eq", "a", ["a"], unreadable],
    ["neq", "a", "b", true],
    ["neq", "a", "a", false],
    ["neq", "a", {}, unreadable],
    ["in", "a", ["b", "a"], true],
    ["in", "a", ["b", {}], false],
    ["in", "a", "a", unreadable],
    ["gt", 31, 30, true],
    ["gt", 30, 30, false],
    ["gt", 29, 30, false],
    ["gte", 30, 30, true],
    ["gte", 29, 30, false],
    ["lt", 29, 30, true],
    ["lt", 30, 30, false],
    ["lt", 31, 30, false],
    ["lte", 30, 30, true],
    ["lte", 31, 30, false],
    ["gt", "31.55", "31.25", true],
    ["lt", "-2", 1, true],
    ["lt", "1e1", 20, false],
    ["gt", "x9", 1, false],
    ["gt", "9x", 1, false],
    ["gt", null, -1, false],
    ["gt", "2026-11-23T14:00:00Z", "2026-11-23", true],
    ["gt", "2026-11-22", "2026-11-23", false],
    ["lt", "2026-11-22", "2026-11-23", true],
    ["gt", "x2026-11-24", "2026-11-23", false],
    ["lt", "2026-99-99", "2026-11-23", false],
    ["lt", 5, "2026-11-23", false],
    ["lt", "2026-11-22", "2026-99-99", unreadable],
    ["lt", "2026-11-22", "2026-1", unreadable],
    ["gt", "b", "a", unreadable],
    ["gt", 1, null, unreadable],
    ["contains", ["a", "b"], "b", true],
    ["contains", ["7"], 7, true],
    ["contains", ["a"], "b", false],
    ["contains", "Hola", "HOL", true],
    ["contains", "HOLA", "hol", true],
    ["contains", "hola", "x", false],
    ["contains", 7, 7, false],
    ["contains", "null", null, unreadable],
    ["contains", "a", {}, unreadable],
    ["exists", "a", MISSING, true],
    ["exists", "a", true, true],
    ["exists", null, MISSING, false],
    ["exists", "", true, false],
    ["exists", 0, true, true],
    ["exists", null, false, true],
    ["exists", "", false, true],
    ["exists", "a", false, false],
    ["exists", "a", "true", unreadable],
    ["within", "2026-11-23T14:00:00Z", hours(1), true],
    ["within", "2026-11-23T13:59:59.999Z", hours(1), false],
    ["within", "2026-11-23T16:00:00Z", hours(1), true],
    ["within", "2026-11-23T16:00:00.001Z", hours(1), false],
    ["within", "2026-11-23T15:00:00Z", hours(0), true],
    ["within", "2026-11-23T14:59:00Z", hours(1, "minutes"), true],
    ["within", "2026-11-22T15:00:00Z", hours(1, "days"), true],
    ["within", "2026-11-16T15:00:00Z", hours(1, "weeks"), true],
    ["within", null, hours(1), false],
    ["within", "nunca", hours(1), false],
    ["within", "2026-11-23T15:00:00Z", hours(-1), unreadable],
    ["within", "2026-11-23T15:00:00Z", hours("1"), unreadable],
    ["within", "2026-11-23T15:00:00Z", hours(1, "years"), unreadable],
    ["within", "2026-11-23T15:00:00Z", hours(1, 7), unreadable],
    ["within", "2026-11-23T15:00:00Z", 1, unreadable],
    ["within", "2026-11-23T15:00:00Z", null, unreadable],
  ])("%s: %j to %j is %s", (op, value, expected, is) => {
    expect(judged(op, value, expected)).toBe(is);
  });
});

const known = {
  now,
  lead: { status: "new", answers: { city: "Salta", "a.b": "deep" }, tags: [], external_ids: ["x"] },
  opportunity: { stage: "hot" },
  touch: { channel: "ctwa" },
  event: { to: "won", more: { at: "noon" } },
};
const is = (field: string, value: unknown) => ({ field, op: "eq", value });

describe("a field", () => {
  test.each([
    ["status", "new"],
    ["lead.status", "new"],
    ["opportunity.stage", "hot"],
    ["touch.channel", "ctwa"],
    ["event.to", "won"],
    ["event.more.at", "noon"],
    ["answers.city", "Salta"],
    ["lead.answers.a.b", "deep"],
    ["answers.toString", null],
    ["external_ids.0", null],
    ["event.to.length", null],
    ["event.never", null],
    ["opportunity.value", null],
  ])("%s is %j", (field, value) => {
    expect(judge(is(field, value), known)).toEqual({ holds: true });
  });

  const all = [
    ..."status lead_source first_name last_name phone_number email assigned_seller_id tags meta_campaign_id".split(" "),
    ..."meta_ad_id meta_ad_headline external_id created_at updated_at answers.x external_ids.x".split(" "),
    ..."stage value currency name seller_id probability created_at closed_at lost_reason"
      .split(" ")
      .map((one) => `opportunity.${one}`),
    ..."channel is_paid campaign_id ad_set_id ad_id form_id source_detail occurred_at"
      .split(" ")
      .map((one) => `touch.${one}`),
  ];
  it("of which nothing is known is empty, and not unknown", () => {
    const conditions = all.map((field) => ({ field, op: "exists", value: false }));
    expect(judge(conditions, { now })).toEqual({ holds: true });
  });

  test.each(["shoe", "lead.shoe", "status.x", "answers", "event", "event.", "opportunity.status", "toString"])(
    "%j is none",
    (field) => {
      expect(judge(is(field, null), known)).toEqual({ holds: false, because: `unknown_field:${field}` });
    },
  );
});

describe("conditions", () => {
  const [yes, no, no2] = [is("status", "new"), is("status", "lost"), is("event.to", "lost")];
  const strange = is("shoe", 1);
  test.each<[string, unknown, string | undefined]>([
    ["that are none", undefined, undefined],
    ["of an empty object", {}, undefined],
    ["of an empty list", [], undefined],
    ["all", { and: [yes, yes] }, undefined],
    ["one of which does not hold", { and: [yes, no, no2] }, "status:eq"],
    ["one false, one strange", [strange, no], "status:eq"],
    ["one strange", [yes, strange], "unknown_field:shoe"],
    ["any", { or: [no, strange, yes] }, undefined],
    ["any, one strange", { or: [no, strange] }, "unknown_field:shoe"],
    ["any, none of which holds", { or: [no2, no] }, "event.to:eq"],
    ["any of nothing", { or: [] }, "none"],
    ["twice denied", { not: { not: yes } }, undefined],
    ["strange ones twice denied", { not: { not: strange } }, "unknown_field:shoe"],
    ["a text denied", { not: { and: ["x"] } }, "unreadable"],
    ["a number", 7, "unreadable"],
    ["a field without an operator", { field: "status" }, "unknown_field:field"],
    ["an operator without a field", { field: 7, op: "eq" }, "unknown_field:field"],
    ["what is no list of branches", { and: yes }, "unknown_field:and"],
    ["what is no list of alternatives", { or: "x" }, "unknown_field:or"],
    ["what is no condition denied", { not: "x" }, "unknown_field:not"],
    ["a field that is its value", { status: "new", "event.to": ["lost", "won"] }, undefined],
    ["a field that is not among its values", { status: ["lost"] }, "status:in"],
    ["a long name", is("x".repeat(70), 1), `unknown_field:${"x".repeat(60)}`],
    ["a long operator", { field: "status", op: "y".repeat(50) }, `unknown_operator:${"y".repeat(40)}`],
    ["a long field", is(`event.${"x".repeat(70)}`, {}), `unreadable_value:event.${"x".repeat(54)}`],
  ])("%s", (_, conditions, because) => {
    expect(judge(conditions, known)).toEqual(because === undefined ? { holds: true } : { holds: false, because });
  });
});
