// Which rules begin, when their steps are due, and what their messages say.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { fillTemplate } from "../../../src/features/automation/components.ts";
import { zoneOfContact } from "../../../src/features/automation/contact-zone.ts";
import { addBusinessDays, type Delay, dueAt, nextRun } from "../../../src/features/automation/due.ts";
import { tierOf, windowsOf } from "../../../src/features/automation/facts.ts";
import { renderText } from "../../../src/features/automation/render.ts";
import { stepsOf, stopsOf } from "../../../src/features/automation/rule-steps.ts";
import {
  type Occurrence,
  OLDEST,
  startsOf,
  type Triggered,
  triggerTypes,
  toldKey,
} from "../../../src/features/automation/triggers.ts";

const at = (text: string) => Date.parse(text);
const now = at("2026-11-23T15:00:00Z");
const HOUR = 3_600_000;

const happened = (kind: string, details: object = {}, more: Partial<Occurrence> = {}): Occurrence => ({
  id: "h1" as never,
  kind: kind as Occurrence["kind"],
  key: null,
  leadId: "l1",
  opportunityId: "o1",
  details: { ...details },
  occurredAt: new Date(now),
  ...more,
});
const rules: Triggered[] = triggerTypes.map((type) => ({
  id: type,
  triggerType: type,
  activatedAt: new Date(now - 30 * 24 * HOUR),
  isActive: true,
}));
const stages = { wonStages: ["closed_won"], lostStages: ["closed_lost"] };
const keysOf = (occurrence: Occurrence, of = rules, when = now) =>
  Object.fromEntries(startsOf(occurrence, of, stages, when).map(({ ruleId, key }) => [ruleId, key]));

describe("what happens starts", () => {
  test.each<[string, Occurrence, object]>([
    ["a new lead", happened("lead.created"), { lead_created: "lead:l1", lead_recovery: "recovery:h1" }],
    [
      "a status that changed",
      happened("lead.status_changed", { from: "new", to: "closed_won" }, { opportunityId: null }),
      { lead_status_changed: "status:h1", lead_recovery: "recovery:h1" },
    ],
    ["an opportunity", happened("opportunity.created", { to: "new" }), { opportunity_created: "opportunity:o1" }],
    [
      "an opportunity that begins as won",
      happened("opportunity.created", { to: "closed_won" }),
      { opportunity_created: "opportunity:o1", opportunity_won: "won:o1" },
    ],
    [
      "a lost one",
      happened("opportunity.stage_changed", { to: "closed_lost" }),
      { opportunity_stage_changed: "stage:h1", opportunity_lost: "lost:o1" },
    ],
    ["a stage of no name", happened("opportunity.stage_changed", { to: 7 }), { opportunity_stage_changed: "stage:h1" }],
    [
      "an answer to a template, from an ad",
      happened("message.received", { is_reply: true, is_ctwa: true }, { key: "wamid.1" }),
      { template_reply: "reply:wamid.1", ctwa_conversation: "ctwa:wamid.1" },
    ],
    ["an answer without a name", happened("message.received", { is_reply: true }), { template_reply: "reply:h1" }],
    ["a message", happened("message.received", { is_reply: "true" }), {}],
    ["a sale", happened("sale.completed"), {}],
    ["nobody's", happened("lead.created", {}, { leadId: null }), {}],
  ])("%s", (_, occurrence, expected) => {
    expect(keysOf(occurrence)).toEqual(expected);
  });

  it("defect 139: nothing of before a rule was activated or of long ago, nor a rule that rests", () => {
    const [rule] = rules.filter(({ id }) => id === "lead_created") as [Triggered];
    const one = happened("lead.created");
    expect(keysOf(one, [{ ...rule, isActive: false }])).toEqual({});
    expect(keysOf(one, [{ ...rule, activatedAt: new Date(now + 1) }])).toEqual({});
    expect(keysOf(one, [{ ...rule, activatedAt: new Date(now) }])).toEqual({ lead_created: "lead:l1" });
    expect(startsOf(one, [rule], stages, now + OLDEST)).toEqual([
      { ruleId: "lead_created", triggerType: "lead_created", key: "lead:l1", at: now },
    ]);
    expect(Object.keys(keysOf(one, rules, now + OLDEST + 1))).toEqual(["lead_recovery"]);
    expect(keysOf(one, rules, now + 7 * OLDEST + 1)).toEqual({});
    const answer = happened("message.received", { is_reply: true, is_ctwa: true });
    expect(Object.keys(keysOf(answer, rules, now + 12 * HOUR))).toHaveLength(2);
    expect(keysOf(answer, rules, now + 12 * HOUR + 1)).toEqual({});
    expect(toldKey("appointment_reminder", "7")).toBe("appointment_reminder:7");
  });
});

describe("a step is due", () => {
  const zone = "Europe/Madrid";
  const day = (value: number, more: object = {}): Delay => ({ value, unit: "days", ...more });
  test.each<[string, Delay, string, string]>([
    ["minutes after", { value: 90, unit: "minutes" }, "2026-06-10T10:00:00Z", "2026-06-10T11:30:00Z"],
    ["hours before", { value: -3, unit: "hours", from: "event" }, "2026-06-10T10:00:00Z", "2026-06-12T09:00:00Z"],
    ["a day, to the millisecond", day(1), "2026-06-10T10:00:30.007Z", "2026-06-11T10:00:30.007Z"],
    ["a day of 23 hours", day(1), "2026-03-28T10:00:00Z", "2026-03-29T09:00:00Z"],
    ["a day of 25 hours", day(1), "2026-10-24T10:00:00Z", "2026-10-25T11:00:00Z"],
    ["two weeks", { value: 2, unit: "weeks" }, "2026-06-10T10:00:00Z", "2026-06-24T10:00:00Z"],
    [
      "two weeks of work",
      { value: 2, unit: "weeks", business_days: true },
      "2026-06-10T10:00:00Z",
      "2026-06-30T10:00:00Z",
    ],
    ["a day at ten", day(1, { at: "10:00" }), "2026-06-10T15:00:00Z", "2026-06-11T08:00:00Z"],
    ["today at ten, though past", day(0, { at: "10:00" }), "2026-06-10T15:00:00Z", "2026-06-10T08:00:00Z"],
    [
      "the next ten o'clock",
      { value: 0, unit: "minutes", at: "10:00" },
      "2026-06-10T15:00:00Z",
      "2026-06-11T08:00:00Z",
    ],
    ["this ten o'clock", { value: 0, unit: "hours", at: "10:00" }, "2026-06-10T08:00:00Z", "2026-06-10T08:00:00Z"],
    [
      "ten o'clock, hours before",
      { value: -1, unit: "hours", at: "10:00" },
      "2026-06-10T15:00:00Z",
      "2026-06-10T08:00:00Z",
    ],
    ["the working day after a Friday", day(1, { business_days: true }), "2026-06-12T10:00:00Z", "2026-06-15T10:00:00Z"],
    ["a local time", { local: "2026-12-24T18:30" }, "2026-06-10T10:00:00Z", "2026-12-24T17:30:00Z"],
  ])("%s", (_, delay, step, due) => {
    expect(dueAt(delay, { step: at(step), event: at("2026-06-12T12:00:00Z"), zone })).toBe(at(due));
  });

  it("from the step where no event was told; and working days end on no weekend, as many as asked", () => {
    expect(dueAt({ value: -1, unit: "hours", from: "event" }, { step: now, zone })).toBe(now - HOUR);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), fc.integer({ min: -30, max: 30 }), (ahead, days) => {
        const from = new Date(at("2026-01-01") + ahead * 24 * HOUR).toISOString().slice(0, 10);
        const to = addBusinessDays(from, days);
        if (days === 0) return to === from;
        const step = Math.sign(days) * 24 * HOUR;
        let counted = 0;
        for (let one = at(from) + step; one !== at(to) + step; one += step)
          if (![0, 6].includes(new Date(one).getUTCDay())) counted += 1;
        return counted === Math.abs(days) && ![0, 6].includes(new Date(at(to)).getUTCDay());
      }),
    );
  });

  test.each<[string, Parameters<typeof nextRun>[0], string, string]>([
    ["today", { at: "10:00" }, "2026-06-10T07:59:59Z", "2026-06-10T08:00:00Z"],
    ["tomorrow, for just now is past", { at: "10:00" }, "2026-06-10T08:00:00Z", "2026-06-11T08:00:00Z"],
    ["on Sunday", { at: "10:00", weekdays: [0] }, "2026-06-10T08:00:00Z", "2026-06-14T08:00:00Z"],
    ["after the clocks changed", { at: "02:30" }, "2026-03-28T02:00:00Z", "2026-03-29T01:00:00Z"],
  ])("its rule runs %s", (_, schedule, after, run) => {
    expect(nextRun(schedule, at(after), zone)).toBe(at(run));
  });
});

describe("a rule without steps", () => {
  const stored = {
    steps: null,
    actionType: "send_hsm",
    actionConfig: null,
    templateId: "t1",
    timingValue: 3,
    timingUnit: "hours",
  };
  test.each<[string, Delay]>([
    ["appointment_reminder", { value: -3, unit: "hours", from: "event" }],
    ["appointment_feedback", { value: 3, unit: "hours", from: "event" }],
    ["lead_recovery", { value: 3, unit: "hours", from: "step" }],
  ])("%s does one thing, its timing away", (triggerType, wait) => {
    expect(stepsOf({ ...stored, triggerType })).toEqual([
      { action_type: "send_hsm", action_config: {}, template_id: "t1", wait, conditions: null },
    ]);
  });

  it("ends with an answer, but for appointments, where it does not say itself", () => {
    expect([
      stopsOf({ triggerType: "lead_created", stopOn: null }),
      stopsOf({ triggerType: "manual", stopOn: [] }),
    ]).toEqual([["reply"], []]);
    expect(stopsOf({ triggerType: "appointment_reminder", stopOn: null })).toEqual([]);
  });
});

describe("a message says", () => {
  const snapshot = {
    now,
    lead: { first_name: " Ana ", last_name: null, answers: { city: "Salta\n\tcentro" } },
    event: { n: 7 },
  };
  test.each<[string, string | undefined]>([
    ["Hola {{lead.first_name}}", "Hola Ana"],
    ["{{ first_name }} de {{lead.answers.city}}", "Ana de Salta centro"],
    ["{{lead.last_name|cliente}} {{event.n}}", "cliente 7"],
    ["{{lead.last_name}}", undefined],
    ["{{lead.shoe_size}}", undefined],
    ["{{lead.last_name| }}", undefined],
    ["  ", undefined],
  ])("%j as %j", (text, expected) => {
    expect(renderText(text, snapshot)).toBe(expected);
  });

  const template = [
    { type: "HEADER", format: "IMAGE" },
    { type: "BODY", text: "Hola {{name}}, {{n}}." },
    { type: "FOOTER", text: "x" },
    {
      type: "BUTTONS",
      buttons: [{ type: "QUICK_REPLY", text: "Sí" }, { type: "URL", url: "https://x.ar/{{1}}" }, { type: "COPY_CODE" }],
    },
  ];
  const given = {
    header: { link: "https://x.ar/a.jpg" },
    body: { name: "{{lead.first_name}}", n: 3 },
    buttons: { 1: "abc", 2: ["OFF"] },
  };
  it("all parts of its template, each filled", () => {
    expect(fillTemplate(template, given, snapshot)).toEqual({
      components: [
        { type: "header", parameters: [{ type: "image", image: { link: "https://x.ar/a.jpg" } }] },
        {
          type: "body",
          parameters: [
            { type: "text", text: "Ana", parameter_name: "name" },
            { type: "text", text: "3", parameter_name: "n" },
          ],
        },
        { type: "button", sub_type: "url", index: "1", parameters: [{ type: "text", text: "abc" }] },
        {
          type: "button",
          sub_type: "copy_code",
          index: "2",
          parameters: [{ type: "coupon_code", coupon_code: "OFF" }],
        },
      ],
      texts: ["Hola Ana, 3."],
    });
  });

  test.each<[string, unknown, unknown]>([
    ["header.image", template, { ...given, header: { link: "http://x.ar/a.jpg" } }],
    ["body.n", template, { ...given, body: { name: "x" } }],
    ["buttons.1", template, { ...given, buttons: {} }],
    ["body.2", [{ type: "body", text: "{{1}} {{2}}" }], ["x"]],
    ["body.1", [{ type: "body", text: "{{1}} {{2}}" }], undefined],
  ])("nothing while %s is missing", (missing, components, parameters) => {
    expect(fillTemplate(components, parameters, snapshot)).toEqual({ missing });
  });
});

describe("quiet hours are", () => {
  const hours = { start: "21:00", end: "09:00" };
  test.each<[string, unknown, Record<string, unknown> | null, string[]]>([
    ["the tenant's", hours, null, ["Europe/Madrid"]],
    [
      "the contact's too",
      hours,
      { phone_number: "+5491155550000" },
      ["Europe/Madrid", "America/Argentina/Buenos_Aires"],
    ],
    ["once where both live alike", hours, { phone_number: "+34600000000" }, ["Europe/Madrid"]],
    [
      "of the zone the contact said",
      hours,
      { phone_number: "+34600000000", external_ids: { timezone: "America/Santiago" } },
      ["Europe/Madrid", "America/Santiago"],
    ],
    ["none without an end", { start: "21:00" }, null, []],
    ["none of another shape", { start: "9 pm", end: "09:00" }, null, []],
    ["none where none are", null, null, []],
  ])("%s", (_, asked, lead, zones) => {
    expect(windowsOf(asked, "Europe/Madrid", lead).map(({ zone }) => zone)).toEqual(zones);
  });

  it("of whom it is said where, or by the phone's country; Uruguay is not Venezuela", () => {
    expect([
      zoneOfContact(undefined, "+59899123456"),
      zoneOfContact("Marte/Base", "+582123"),
      zoneOfContact(7, "+4930"),
    ]).toEqual(["America/Montevideo", "America/Caracas", undefined]);
  });

  test.each([
    ["TIER_250", 250],
    ["TIER_2K", 2_000],
    ["TIER_UNLIMITED", null],
    [null, null],
  ])("%s lets %s people", (limit, people) => {
    expect(tierOf(limit)).toBe(people);
  });
});
