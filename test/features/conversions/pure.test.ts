import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { AppError } from "../../../src/errors.ts";
import { type EventMap, nameEvent } from "../../../src/features/conversions/event-map.ts";
import { judgeEvent, type KnownEvent, toMetaEvent, waitAfter } from "../../../src/features/conversions/judge-event.ts";
import { sendInParts } from "../../../src/features/conversions/send-in-parts.ts";
import { days, hours, minutes, START, seconds } from "../../support/clock.ts";

const event: KnownEvent = {
  eventId: "lead:1:qualified",
  eventName: "qualified_lead",
  kind: "crm",
  leadgenId: "233370042045345",
  ctwaClid: null,
  occurredAt: new Date(START),
  value: null,
  currency: null,
  maybeSentAt: null,
  isTest: false,
  isMerged: false,
  isGranted: true,
  isCompleted: null,
  person: { em: "a@b.co" },
};
const rules = { requiresConsent: true, wabaId: "55", datasetId: "77" };

describe("an event", () => {
  const expired = { kind: "end", state: "expired", reason: "older_than_seven_days" };
  const unknown = { kind: "end", state: "unknown", reason: "never_answered" };
  const ended = (state: string, reason: string) => ({ kind: "end", state, reason });
  const oldest = days(7) - minutes(1);
  const knownAgain = hours(48) - minutes(1);
  test.each<[string, Partial<KnownEvent>, number, object]>([
    ["of just now", {}, 0, { kind: "send" }],
    ["of almost seven days", {}, oldest, { kind: "send" }],
    ["of seven days", {}, oldest + 1, expired],
    ["that is yet to happen", {}, -5, { kind: "wait", until: START, reason: "in_the_future" }],
    ["of a test lead", { isTest: true }, 0, ended("excluded", "test_lead")],
    ["of a lead that is another one", { isMerged: true }, 0, ended("excluded", "merged_lead")],
    ["of a sale that is none any more", { isCompleted: false }, 0, ended("excluded", "sale_not_completed")],
    ["of a sale", { isCompleted: true }, 0, { kind: "send" }],
    ["of somebody who said no", { isGranted: false }, 0, ended("no_consent", "refused")],
    ["of somebody who said no long ago", { isGranted: false }, days(9), ended("no_consent", "refused")],
    [
      "of somebody who said nothing",
      { isGranted: null },
      5,
      { kind: "wait", until: START + 5 + days(1), reason: "no_consent" },
    ],
    ["of somebody who said nothing for a week", { isGranted: null }, oldest + 1, ended("no_consent", "missing")],
    ["that Meta may have", { maybeSentAt: new Date(START) }, knownAgain, { kind: "send" }],
    ["that Meta may have and not know again", { maybeSentAt: new Date(START) }, knownAgain + 1, unknown],
  ])("%s", (_, more, later, verdict) => {
    expect(judgeEvent({ ...event, ...more }, rules, START + later)).toEqual(verdict);
  });

  it("of somebody who said nothing goes where no word is asked for", () => {
    expect(judgeEvent({ ...event, isGranted: null }, { ...rules, requiresConsent: false }, START)).toEqual({
      kind: "send",
    });
  });

  it("waits for a dataset", () => {
    expect(judgeEvent(event, { ...rules, datasetId: null }, START)).toEqual({
      kind: "wait",
      until: START + hours(1),
      reason: "no_dataset",
    });
  });

  it("is never sent to Meta too old, too early, without a word or about a test", () => {
    fc.assert(
      fc.property(
        fc.record({
          at: fc.integer({ min: -days(9), max: days(2) }),
          isTest: fc.boolean(),
          isMerged: fc.boolean(),
          isGranted: fc.constantFrom(true, false, null),
        }),
        fc.boolean(),
        ({ at, ...more }, requiresConsent) => {
          const verdict = judgeEvent(
            { ...event, ...more, occurredAt: new Date(START + at) },
            { ...rules, requiresConsent },
            START,
          );
          const isFit = at <= 0 && at > -days(7) && !more.isTest && !more.isMerged && more.isGranted !== false;
          const isAllowed = more.isGranted === true || !requiresConsent;
          expect(verdict.kind !== "send" || (isFit && isAllowed)).toBe(true);
          expect(verdict.kind !== "wait" || verdict.until > START).toBe(true);
        },
      ),
    );
  });
});

describe("what Meta is sent", () => {
  const context = { wabaId: "55", dataProcessing: null };

  it("of a lead of a form", async () => {
    expect(await toMetaEvent({ ...event, occurredAt: new Date(START + 999) }, context)).toEqual({
      event_name: "qualified_lead",
      event_time: START / 1000,
      event_id: "lead:1:qualified",
      action_source: "system_generated",
      user_data: { lead_id: 233370042045345, em: [expect.stringMatching(/^[\da-f]{64}$/)] },
      custom_data: { event_source: "crm", lead_event_source: "Marketing Hub CRM" },
    });
  });

  it("of a click to WhatsApp: its account and its click, nothing of the person", async () => {
    const sale = { ...event, kind: "ctwa" as const, ctwaClid: "Aff-1", value: "15000.50", currency: "ARS" };
    const dataProcessing = { options: ["LDU"], country: 1, state: 1000 };
    expect(await toMetaEvent({ ...sale, eventName: "Purchase" }, { wabaId: "55", dataProcessing })).toEqual({
      event_name: "Purchase",
      event_time: START / 1000,
      event_id: "lead:1:qualified",
      action_source: "business_messaging",
      messaging_channel: "whatsapp",
      user_data: { whatsapp_business_account_id: "55", ctwa_clid: "Aff-1" },
      custom_data: { value: 15000.5, currency: "ARS" },
      data_processing_options: ["LDU"],
      data_processing_options_country: 1,
      data_processing_options_state: 1000,
    });
  });

  test.each<[string, Partial<KnownEvent>, string | null]>([
    ["nothing but a name", { leadgenId: null, person: { fn: "Ana", external_id: "1" } }, "55"],
    ["an id that is none", { leadgenId: "12", person: {} }, "55"],
    ["no click", { kind: "ctwa", ctwaClid: null }, "55"],
    ["no account", { kind: "ctwa", ctwaClid: "Aff-1" }, null],
  ])("is nothing where there is %s", async (_, more, wabaId) => {
    expect(await toMetaEvent({ ...event, ...more }, { wabaId, dataProcessing: null })).toBeUndefined();
  });

  test.each([{ ph: "5491122334455" }, { em: "a@b.co" }])("%o alone is enough", async (person) => {
    expect(await toMetaEvent({ ...event, leadgenId: null, person }, context)).toBeDefined();
  });
});

describe("what happens has a name", () => {
  const map: EventMap = {
    events: { lost: { on: false }, won: { name: "closed", whatsapp: "OrderCreated" }, created: { on: true } },
    stages: { Turno: "appointment", "En espera": null, Cerrado: "own_word" },
    wonStages: ["Ganado", "Cerrado"],
    lostStages: ["Perdido"],
    qualifiedStages: ["Calificado"],
  };
  const told = { kind: "lead.status_changed", leadId: "L", saleId: null, details: {} };
  const to = (stage: unknown) => ({ ...told, details: { to: stage } });
  const named = (word: string, name: string, whatsapp: string | null = null) => ({
    eventId: `lead:L:${word}`,
    name,
    whatsapp,
  });
  test.each<[string, Parameters<typeof nameEvent>[1], object | undefined]>([
    ["a lead", { ...told, kind: "lead.created" }, named("created", "Lead", "LeadSubmitted")],
    [
      "a sale",
      { ...told, kind: "sale.completed", saleId: "S" },
      { eventId: "sale:S", name: "Purchase", whatsapp: "Purchase" },
    ],
    [
      "a sale of no lead",
      { ...told, kind: "sale.completed", leadId: null, saleId: "S" },
      { eventId: "sale:S", name: "Purchase", whatsapp: "Purchase" },
    ],
    ["no sale", { ...told, kind: "sale.completed" }, undefined],
    ["nobody", { ...to("won"), leadId: null }, undefined],
    ["a won stage", { ...to("Ganado"), kind: "opportunity.stage_changed" }, named("won", "closed", "OrderCreated")],
    ["a won stage with its own word", to("Cerrado"), named("won", "own_word", "OrderCreated")],
    [
      "a qualified stage",
      { ...to("Calificado"), kind: "opportunity.created" },
      named("qualified", "qualified_lead", "QualifiedLead"),
    ],
    ["a stage that is named as Meta does", to("Qualified"), named("qualified", "qualified_lead", "QualifiedLead")],
    ["a disqualified one", to("disqualified"), named("disqualified", "disqualified")],
    ["a milestone that is off", to("Perdido"), undefined],
    ["a named stage", to("Turno"), named("stage:turno", "appointment")],
    ["a stage that is off", to("En espera"), undefined],
    ["any stage", to(" ¿Llamó 2 veces? "), named("stage:llamó_2_veces", "llamó_2_veces")],
    ["a long stage", to("x".repeat(64)), named(`stage:${"x".repeat(64)}`, "x".repeat(40))],
    ["a stage that is called as a milestone of ours is", to("created"), named("stage:created", "created")],
    ["a stage without a word", to("?!"), undefined],
    ["no stage", to(7), undefined],
    ["what is no stage", { ...to("won"), kind: "message.received" }, undefined],
  ])("%s", (_, happening, name) => {
    expect(nameEvent(map, happening)).toEqual(name);
  });

  it("is no property that every object has", () => {
    expect(nameEvent(map, to("constructor"))).toMatchObject({ name: "constructor" });
  });
});

describe("defect 19: one bad event", () => {
  const bad = (more: Record<string, unknown> = { metaCode: 100, metaSubcode: 2804019 }) =>
    new AppError("meta.bad_request", "no", { details: more });
  const count = async (events: readonly number[], isBad: (event: number) => boolean, mostCalls: number) => {
    const taken: number[] = [];
    let calls = 0;
    const parts = await sendInParts(
      events,
      async (batch) => {
        calls += 1;
        if (batch.some(isBad)) throw bad();
        taken.push(...batch);
        return { fbtraceId: "A" };
      },
      mostCalls,
    );
    return { taken, calls, parts };
  };

  it("is refused alone, and every good one is sent exactly once, in few calls", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(499), { maxLength: 12 }),
        fc.integer({ min: 1, max: 500 }),
        async (wrong, size) => {
          const events = Array.from({ length: size }, (_, index) => index);
          const isBad = (one: number) => wrong.includes(one);
          const { taken, calls, parts } = await count(events, isBad, 1_000);
          expect(taken).toEqual(events.filter((one) => !isBad(one)));
          expect(parts.flatMap((part) => (part.kind === "refused" ? [part.event] : []))).toEqual(events.filter(isBad));
          const some = events.filter(isBad).length;
          expect(calls).toBeLessThanOrEqual(1 + 2 * some * Math.ceil(Math.log2(size || 1)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("costs no more calls than there are; what is not reached is untried, and nothing is lost", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(300), fc.nat(7), fc.integer({ min: 1, max: 12 }), async (size, every, mostCalls) => {
        const events = Array.from({ length: size }, (_, index) => index);
        const { calls, parts } = await count(events, (one) => one % (every + 1) === 0, mostCalls);
        expect(calls).toBeLessThanOrEqual(mostCalls);
        const all = parts.flatMap((part) => (part.kind === "refused" ? [part.event] : part.events));
        expect(all).toEqual(events);
        expect(calls > 0).toBe(size > 0);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ["Meta does not answer", new AppError("meta.transient", "no")],
    ["the app is at fault", bad({ metaCode: 3 })],
    ["the token is", new AppError("connection.needs_reauth", "no", { details: { metaCode: 100 } })],
    ["we are", new Error("no")],
  ])("is none where %s: nothing is halved", async (_, thrown) => {
    let calls = 0;
    const send = async () => {
      calls += 1;
      throw thrown;
    };
    expect(await sendInParts([1, 2], send, 9)).toEqual([{ kind: "failed", events: [1, 2], thrown }]);
    expect(calls).toBe(1);
  });

  it("keeps what was sent before a failure, and what comes after it for later", async () => {
    const thrown = new AppError("meta.transient", "no");
    const answers = [bad(), undefined, thrown];
    const send = async () => {
      const next = answers.shift();
      if (next) throw next;
      return { fbtraceId: "A" };
    };
    expect(await sendInParts([1, 2, 3, 4], send, 9)).toEqual([
      { kind: "sent", events: [1, 2], fbtraceId: "A" },
      { kind: "failed", events: [3, 4], thrown },
    ]);
    const broken = [bad(), thrown];
    const parts = await sendInParts([1, 2, 3, 4], () => Promise.reject(broken.shift() ?? thrown), 9);
    expect(parts).toEqual([
      { kind: "failed", events: [1, 2], thrown },
      { kind: "untried", events: [3, 4] },
    ]);
  });

  it("that Meta calls too old says so", async () => {
    const tooOld = bad({ metaCode: 2804003, metaReason: "event_too_old", reason: "event_too_old" });
    const [part] = await sendInParts([1], () => Promise.reject(tooOld), 9);
    expect(part).toEqual({ kind: "refused", event: 1, reason: "event_too_old" });
    const [other] = await sendInParts([1], () => Promise.reject(bad()), 9);
    expect(other).toEqual({ kind: "refused", event: 1, reason: "refused_by_meta" });
  });

  it("is none of no events: nothing is asked", async () => {
    expect(await sendInParts([], () => Promise.reject(bad()), 9)).toEqual([]);
  });
});

test.each([
  [1, undefined, minutes(1)],
  [2, undefined, minutes(2)],
  [3, 10, minutes(4)],
  [7, undefined, hours(1)],
  [500, undefined, hours(1)],
  [1, 7200, hours(2)],
  [1, 61, seconds(61)],
])("after attempt %d, asked for %s seconds, it waits %d ms", (attempts, asked, ms) => {
  expect(waitAfter(attempts, asked)).toBe(ms);
});
