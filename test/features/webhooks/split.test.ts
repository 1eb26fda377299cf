import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { readExactJson } from "../../../src/lib/exact-json.ts";
import { split, type WebhookEvent } from "../../../src/features/webhooks/split.ts";
import { writeBody } from "../../world/meta/webhook-body.ts";
import { sampleIds, type SampleName, samples } from "../../world/meta/webhook-samples.ts";

const NOW = Date.parse("2026-11-23T15:00:00Z");
const TIME = NOW / 1000 - 60;

const received = (notification: unknown) => split(readExactJson(writeBody(notification))?.value, NOW);
const sample = (name: SampleName) => received(samples(TIME)[name]);
const page = (value: object, field = "leadgen") => ({
  object: "page",
  entry: [{ id: "1", time: TIME, changes: [{ field, value }] }],
});
const whatsapp = (field: string, value: unknown, entry: object = {}) => ({
  object: "whatsapp_business_account",
  entry: [{ id: "2", time: TIME, changes: [{ field, value }], ...entry }],
});

describe("Meta's samples", () => {
  const { waba, phoneNumber } = sampleIds;
  const time = new Date(TIME * 1000).toISOString();

  test.each<[SampleName, Partial<WebhookEvent>]>([
    ["leadgen", { topic: "leadgen", kind: "page", assetId: sampleIds.page, natural: "233370042045345", at: time }],
    ["message", { topic: "message", kind: "waba", assetId: waba, numberId: phoneNumber, field: "messages" }],
    ["referral", { topic: "message", natural: "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQTRC" }],
    ["status", { topic: "status", natural: ["wamid.HBgLOUTGOING", "delivered"], numberId: phoneNumber }],
    ["status_failed", { topic: "status", natural: ["wamid.HBgLFAILED", "failed"] }],
    [
      "template_status",
      {
        topic: "template",
        natural: ["message_template_status_update", "1689556908129835", "REJECTED", sampleIds.waba, TIME],
        assetId: waba,
      },
    ],
    ["template_quality", { topic: "template", field: "message_template_quality_update" }],
    ["number_quality", { topic: "number", numberId: undefined }],
    ["account_update", { topic: "account", field: "account_update" }],
    ["opt_out", { topic: "preference", field: "user_preferences" }],
  ])("%s becomes one event", (name, expected) => {
    const { events, dropped } = sample(name);
    expect([events.length, dropped]).toEqual([1, 0]);
    expect(events[0]).toMatchObject(expected);
  });

  test.each<SampleName>(["ad_issue", "permission_revoked"])("%s is taken and is nobody's", (name) => {
    expect(sample(name)).toEqual({ events: [], dropped: 1 });
  });

  it("defect 128: keeps form, ad and Meta's own time of a lead form, ids whole", () => {
    expect(sample("leadgen").events[0]).toMatchObject({
      value: { form_id: "172036835026334", ad_id: "120210000000000333", adgroup_id: "120210000000000333" },
      happenedAt: (TIME - 1) * 1000,
    });
  });
});

describe("splitting", () => {
  it("cuts a change down to one message or status, each with its own contact and the metadata", () => {
    const value = {
      messaging_product: "whatsapp",
      metadata: { phone_number_id: "9" },
      contacts: [
        { wa_id: "11", profile: { name: "A" } },
        { user_id: "US.2", profile: { name: "B" } },
      ],
      messages: [
        { id: "m1", from: "11", timestamp: String(TIME) },
        { id: "m2", from_user_id: "US.2" },
        { id: "m3", from: "unknown" },
      ],
      statuses: [{ id: "m0", status: "sent", recipient_id: "11" }],
    };
    const { events } = received(whatsapp("messages", value));
    expect(events.map(({ topic, natural }) => [topic, natural])).toEqual([
      ["message", "m1"],
      ["message", "m2"],
      ["message", "m3"],
      ["status", ["m0", "sent"]],
    ]);
    expect(events.map(({ value: cut }) => cut)).toEqual([
      {
        messaging_product: "whatsapp",
        metadata: value.metadata,
        contacts: [value.contacts[0]],
        messages: [value.messages[0]],
      },
      {
        messaging_product: "whatsapp",
        metadata: value.metadata,
        contacts: [value.contacts[1]],
        messages: [value.messages[1]],
      },
      { messaging_product: "whatsapp", metadata: value.metadata, contacts: [], messages: [value.messages[2]] },
      {
        messaging_product: "whatsapp",
        metadata: value.metadata,
        contacts: [value.contacts[0]],
        statuses: value.statuses,
      },
    ]);
    expect(events.every(({ numberId }) => numberId === "9")).toBe(true);
  });

  it("knows the same event again, whether ids are numbers or texts and whatever else is said", () => {
    const naturals = [
      page({ leadgen_id: 120_210_000_000_000_333n }),
      page({ leadgen_id: "120210000000000333", form_id: "7" }),
    ].map((sent) => received(sent).events[0]?.natural);
    expect(naturals).toEqual(["120210000000000333", "120210000000000333"]);
    const template = (id: unknown) =>
      whatsapp("message_template_status_update", { event: "PAUSED", message_template_id: id });
    expect(received(template(5)).events[0]?.natural).toEqual(received(template("5")).events[0]?.natural);
  });

  it("tells apart what only looks the same: another day, another status, another event", () => {
    const natural = (sent: unknown) => JSON.stringify(received(sent).events[0]?.natural);
    const flagged = { event: "FLAGGED", display_phone_number: "1" };
    expect(natural(whatsapp("phone_number_quality_update", flagged))).not.toBe(
      natural(whatsapp("phone_number_quality_update", flagged, { time: TIME + 86_400 })),
    );
    const status = (word: string) => natural(whatsapp("messages", { statuses: [{ id: "m", status: word }] }));
    expect(new Set(["sent", "delivered", "read"].map(status)).size).toBe(3);
  });

  it("tells two accounts of one tenant apart, and two templates, and what else is said of either", () => {
    const naturals = [
      whatsapp("account_update", { event: "X" }),
      whatsapp("account_update", { event: "X" }, { id: "3" }),
      whatsapp("account_update", { event: "X", more: 1 }),
      whatsapp("account_review_update", { event: "X" }),
      whatsapp("message_template_status_update", { event: "X", message_template_id: "1" }),
      whatsapp("message_template_status_update", { event: "X", message_template_id: "2" }),
      whatsapp("message_template_status_update", { message_template_id: "2", new_quality_score: "RED" }),
      whatsapp("message_template_status_update", { message_template_id: "2", new_quality_score: "GREEN" }),
    ].map((sent) => JSON.stringify(received(sent).events[0]?.natural));
    expect(new Set(naturals).size).toBe(naturals.length);
  });

  test.each<[string, object, unknown]>([
    ["a message without an id", { messages: [{ from: "1" }] }, { from: "1" }],
    ["a status without an id", { statuses: [{ status: "sent" }] }, { status: "sent" }],
    ["a status that says none", { statuses: [{ id: "m" }] }, { id: "m" }],
    ["a preference", { user_preferences: [{ id: "m", status: "s" }] }, { id: "m", status: "s" }],
  ])("knows %s by all it says", (_, value, natural) => {
    const field = "user_preferences" in value ? "user_preferences" : "messages";
    expect(received(whatsapp(field, value)).events.map((event) => event.natural)).toEqual([natural]);
  });

  test.each(["from", "recipient_id", "wa_id", "from_user_id", "recipient_user_id", "user_id"])(
    "finds the contact by what the event names in %s",
    (name) => {
      const contacts = [{ wa_id: "1" }, { user_id: "US.2" }, { wa_id: "3" }];
      const ownOf = (id: string) =>
        received(whatsapp("messages", { contacts, messages: [{ id: "m", [name]: id }] })).events[0]?.value;
      expect([ownOf("1"), ownOf("US.2"), ownOf("4")]).toMatchObject([
        { contacts: [{ wa_id: "1" }] },
        { contacts: [{ user_id: "US.2" }] },
        { contacts: [] },
      ]);
    },
  );

  it("leaves the only contact with an event that names nobody, and none where there are several without a name", () => {
    const contactsOf = (...contacts: object[]) =>
      received(whatsapp("messages", { contacts, messages: [{ id: "m" }] })).events[0]?.value;
    expect([contactsOf({ wa_id: "1" }), contactsOf({}, { wa_id: "1" }), contactsOf()]).toMatchObject([
      { contacts: [{ wa_id: "1" }] },
      { contacts: [] },
      { contacts: [] },
    ]);
  });

  test.each<[string, string]>([
    ["message_template_status_update", "template"],
    ["message_template_quality_update", "template"],
    ["template_category_update", "template"],
    ["message_template_components_update", "template"],
    ["phone_number_quality_update", "number"],
    ["phone_number_name_update", "number"],
    ["business_capability_update", "number"],
    ["account_update", "account"],
    ["account_review_update", "account"],
    ["account_alerts", "account"],
  ])("%s is of the topic %s", (field, topic) => {
    expect(received(whatsapp(field, {})).events).toMatchObject([{ topic, field }]);
  });

  it("takes a message's own time for when it happened, else the entry's, else now", () => {
    const at = (one: object, entry: object) =>
      received(whatsapp("messages", { messages: [{ id: "m", ...one }] }, entry)).events[0]?.happenedAt;
    expect([at({ timestamp: String(TIME - 5) }, {}), at({}, {}), at({}, { time: undefined })]).toEqual([
      (TIME - 5) * 1000,
      TIME * 1000,
      NOW,
    ]);
  });

  test.each([
    [99_999_999_999, "5138-11-16T09:46:39.000Z"],
    [100_000_000_000, "5138-11-16T09:46:40.000Z"],
    [100_000_000_001, "1973-03-03T09:46:40.001Z"],
    [100_000_000_000_000, "5138-11-16T09:46:40.000Z"],
    [100_000_000_000_001, new Date(NOW).toISOString()],
  ])("reads %i as %s", (time, at) => {
    expect(received(whatsapp("account_update", {}, { time })).events[0]?.at).toBe(at);
  });

  test.each([
    ["x".repeat(200), 1],
    ["x".repeat(201), 0],
    ["", 0],
    [0, 1],
    [null, 0],
    [{}, 0],
    [true, 0],
  ])("of the id %j makes %i events", (id, count) => {
    expect(received(page({ leadgen_id: id })).events).toHaveLength(count);
  });

  test.each<[string, unknown]>([
    ["seconds", TIME],
    ["seconds as text", String(TIME)],
    ["milliseconds", TIME * 1000],
  ])("reads an entry's time in %s", (_, time) => {
    expect(received(whatsapp("account_update", {}, { time })).events[0]?.at).toBe(new Date(TIME * 1000).toISOString());
  });

  test.each([undefined, null, 0, -1, "soon", 1e300, {}, true, [TIME]])(
    "takes the moment it came where the time is %j",
    (time) => {
      expect(received(whatsapp("account_update", {}, { time })).events[0]?.at).toBe(new Date(NOW).toISOString());
    },
  );

  test.each<[string, unknown, number]>([
    ["no object", null, 0],
    ["a list", [], 0],
    ["no entries", { object: "page" }, 0],
    [
      "an entry without an id",
      { object: "page", entry: [{ changes: [{ field: "leadgen", value: { leadgen_id: "1" } }] }] },
      1,
    ],
    ["a lead form without an id", page({}), 1],
    ["another field of a page", page({ leadgen_id: "1" }, "feed"), 1],
    ["messages of another platform", { ...whatsapp("messages", { messages: [{ id: "m" }] }), object: "instagram" }, 1],
    ["a field with the name of a method", whatsapp("constructor", {}), 1],
    ["an unknown object", { object: "instagram", entry: [{ id: "1", changes: [{ field: "x", value: 1 }] }] }, 1],
    ["an unknown field", whatsapp("smb_message_echoes", { messages: [{ id: "m" }] }), 1],
    ["messages of none", whatsapp("messages", { errors: [{ code: 131_000 }] }), 1],
    ["a value that is a text", whatsapp("messages", "text"), 1],
  ])("drops %s, and counts it", (_, sent, dropped) => {
    expect(received(sent)).toEqual({ events: [], dropped });
  });

  it("throws at nothing, and every event of anything has a key, an asset and an instant", () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom("messages", "page", "whatsapp_business_account", "leadgen"));
    const record = (shape: Record<string, fc.Arbitrary<unknown>>) => fc.record(shape, { requiredKeys: [] });
    const change = record({
      field: fc.constantFrom("messages", "leadgen", "user_preferences", "account_update", 5),
      value: fc.oneof(
        odd,
        record({ messages: fc.oneof(odd, fc.array(odd)), statuses: fc.array(odd), leadgen_id: odd, contacts: odd }),
      ),
    });
    const entry = record({ id: fc.oneof(fc.constant("1"), odd), time: odd, changes: fc.oneof(odd, fc.array(change)) });
    fc.assert(
      fc.property(
        record({
          object: fc.constantFrom("page", "whatsapp_business_account", 1),
          entry: fc.oneof(odd, fc.array(entry)),
        }),
        (sent) => {
          for (const { natural, assetId, at, happenedAt } of split(sent, NOW).events) {
            expect(JSON.stringify(natural)).toMatch(/./);
            expect(assetId).not.toBe("");
            expect([new Date(at).toISOString(), Number.isFinite(happenedAt)]).toEqual([at, true]);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
