// One POST of Meta's holds up to a thousand changes. Each that we know becomes an event of its own: with the asset that tells
// whose it is, and a key by which the same event is recognised whenever it comes again. Everything else falls off, counted.
// https://developers.facebook.com/docs/graph-api/webhooks/reference and …/whatsapp/cloud-api/webhooks/components

export const topics = ["leadgen", "message", "status", "preference", "number", "template", "account"] as const;

export type Topic = (typeof topics)[number];

/** What a handler is given: `value` as Meta sent it, cut down to one message, status or preference. */
export type WebhookChange = {
  field: string;
  /** Of the entry: a page, or a WhatsApp account. */
  assetId: string;
  /** ISO: when Meta made the entry, or when it came. */
  at: string;
  value: unknown;
};

export type WebhookEvent = WebhookChange & {
  topic: Topic;
  kind: "page" | "waba";
  numberId: string | undefined;
  /** Names the event within its topic, before it is hashed: ids in it may say who somebody is. */
  natural: unknown;
  /** When it happened, in ms, as far as anything says so. */
  happenedAt: number;
};

type Fields = Record<string, unknown>;
type Part = Pick<WebhookEvent, "topic" | "natural"> & { value: Fields; time?: number | undefined };

const ofWhatsApp = new Map<string, Topic>(
  Object.entries({
    message_template_status_update: "template",
    message_template_quality_update: "template",
    template_category_update: "template",
    message_template_components_update: "template",
    phone_number_quality_update: "number",
    phone_number_name_update: "number",
    business_capability_update: "number",
    account_update: "account",
    account_review_update: "account",
    account_alerts: "account",
  }),
);

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const idOf = (value: unknown): string | undefined => {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text.length > 0 && text.length <= 200 ? text : undefined;
};

/** Seconds (or ms, as some topics have it) as ms. */
const timeOf = (value: unknown): number | undefined => {
  const time = typeof value === "string" ? Number(value) : value;
  if (typeof time !== "number" || !(time > 0) || time > 1e14) return undefined;
  return time > 1e11 ? time : time * 1000;
};

/** The events of a notification, and how many changes were of no use. */
export function split(notification: unknown, now: number): { events: WebhookEvent[]; dropped: number } {
  const { object, entry } = fieldsOf(notification);
  const events: WebhookEvent[] = [];
  let dropped = 0;
  for (const one of listOf(entry).map(fieldsOf)) {
    const assetId = idOf(one["id"]);
    for (const change of listOf(one["changes"]).map(fieldsOf)) {
      const [field, value] = [idOf(change["field"]), fieldsOf(change["value"])];
      const parts = assetId && field ? partsOf(object, field, value, [assetId, one["time"]]) : [];
      if (!assetId || !field || parts.length === 0) {
        dropped += 1;
        continue;
      }
      for (const { topic, natural, value: cut, time = timeOf(one["time"]) } of parts) {
        events.push({
          topic,
          natural,
          field,
          assetId,
          kind: topic === "leadgen" ? "page" : "waba",
          numberId: idOf(fieldsOf(value["metadata"])["phone_number_id"]),
          at: new Date(timeOf(one["time"]) ?? now).toISOString(),
          happenedAt: time ?? now,
          value: cut,
        });
      }
    }
  }
  return { events, dropped };
}

function partsOf(object: unknown, field: string, value: Fields, entry: readonly unknown[]): Part[] {
  if (object === "page") {
    const id = field === "leadgen" && idOf(value["leadgen_id"]);
    return id ? [{ topic: "leadgen", natural: id, value, time: timeOf(value["created_time"]) }] : [];
  }
  if (object !== "whatsapp_business_account") return [];
  if (field === "messages") return [...eachOf("message", value), ...eachOf("status", value)];
  if (field === "user_preferences") return eachOf("preference", value);
  const topic = ofWhatsApp.get(field);
  if (!topic) return [];
  const [id, event] = [idOf(value["message_template_id"]), idOf(value["event"])];
  // The same may happen to another account, and again a week later.
  const natural = id && event ? [field, id, event, ...entry] : [field, value, ...entry];
  return [{ topic, natural, value }];
}

const lists = { message: "messages", status: "statuses", preference: "user_preferences" } as const;

function eachOf(topic: keyof typeof lists, value: Fields): Part[] {
  const { messages, statuses, user_preferences: preferences, ...rest } = value;
  const list = { messages, statuses, user_preferences: preferences }[lists[topic]];
  return listOf(list)
    .map(fieldsOf)
    .map((one) => ({
      topic,
      natural: naturalOf(topic, one),
      value: { ...rest, ...contactOf(rest["contacts"], one), [lists[topic]]: [one] },
      time: timeOf(one["timestamp"]),
    }));
}

function naturalOf(topic: keyof typeof lists, one: Fields): unknown {
  const [id, status] = [idOf(one["id"]), idOf(one["status"])];
  if (topic === "message") return id ?? one;
  return topic === "status" && id && status ? [id, status] : one;
}

/** Of the contacts that came along, the one that this is about. */
function contactOf(contacts: unknown, one: Fields): { contacts?: unknown[] } {
  if (!Array.isArray(contacts)) return {};
  const names = ["from", "recipient_id", "wa_id", "from_user_id", "recipient_user_id", "user_id"];
  const ids = new Set<unknown>(names.flatMap((name) => idOf(one[name]) ?? []));
  const own = contacts
    .map(fieldsOf)
    .filter((contact) => ["wa_id", "user_id"].some((name) => ids.has(idOf(contact[name]))));
  return { contacts: contacts.length > 1 ? own : contacts };
}
