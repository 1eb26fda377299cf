// The Conversions API (§J): takes a batch whole or not at all, knows an event again for 48 hours, and has a dataset for every
// WhatsApp account.
import { Hono } from "hono";
import { authenticate } from "./caller.ts";
import type { SimContext, SimEnv } from "./context.ts";
import { forbidden, GraphError } from "./envelope.ts";
import { isRecord, jsonParam } from "./params.ts";

export interface ReceivedEvent {
  datasetId: string;
  event: Record<string, unknown>;
  isTest: boolean;
  /** How often it came: only the first counts. */
  times: number;
  at: number;
}

const [MOST, OLDEST_MS, KNOWN_MS] = [1_000, 7 * 86_400_000, 48 * 3_600_000];
const NAMES_OF_MESSAGING =
  /^(LeadSubmitted|QualifiedLead|Purchase|AddToCart|InitiateCheckout|ViewContent|Order(Created|Shipped|Delivered|Canceled|Returned)|CartAbandoned|RatingProvided|ReviewProvided)$/;
const HASH = /^[\da-f]{64}$/;

const invalid = (userMessage: string, subcode = 2_804_019): GraphError =>
  new GraphError({
    code: subcode === 2_804_003 ? 2_804_003 : 100,
    subcode,
    message: "Invalid parameter",
    userTitle: "Invalid event",
    userMessage,
  });

export const createDatasets = (sim: SimContext) => {
  const received: ReceivedEvent[] = [];
  const datasets = new Map<string, string>();

  const check = (event: unknown): Record<string, unknown> => {
    if (!isRecord(event)) throw invalid("An event must be an object.");
    const { event_name: name, event_time: time, action_source: source, user_data: user, custom_data: custom } = event;
    if (typeof name !== "string" || name === "") throw invalid("event_name is required.");
    if (typeof time !== "number" || !Number.isInteger(time)) throw invalid("event_time must be unix seconds.");
    const age = sim.clock.now() - time * 1000;
    if (age > OLDEST_MS) throw invalid("event_time is too far in the past.", 2_804_003);
    if (age < -60_000) throw invalid("event_time is in the future.");
    if (source !== "system_generated" && source !== "business_messaging") throw invalid("action_source is unknown.");
    if (!isRecord(user)) throw invalid("user_data is required.");
    for (const key of ["em", "ph", "fn", "ln", "external_id"]) {
      const values = user[key] ?? [];
      if (!Array.isArray(values) || values.some((value) => typeof value !== "string" || !HASH.test(value)))
        throw invalid(`user_data.${key} must be hashed.`);
    }
    const leadId = user["lead_id"];
    if (leadId !== undefined && !/^\d{15,17}$/.test(String(leadId))) throw invalid("user_data.lead_id is invalid.");
    if (source === "business_messaging") {
      if (event["messaging_channel"] !== "whatsapp" || !NAMES_OF_MESSAGING.test(name)) throw invalid("unknown event.");
      if (!user["ctwa_clid"] || !user["whatsapp_business_account_id"]) throw invalid("ctwa_clid is required.");
    } else if (!["lead_id", "em", "ph", "external_id"].some((key) => user[key] !== undefined))
      throw invalid("user_data matches nobody.");
    if (name === "Purchase" && !(isRecord(custom) && typeof custom["value"] === "number" && custom["currency"]))
      throw invalid("Purchase needs value and currency.");
    return event;
  };

  const app = new Hono<SimEnv>()
    .post("/:id{[0-9]+}/events", (c) => {
      const caller = authenticate(c, sim);
      if (!caller.scopes.has("ads_management") && !caller.scopes.has("whatsapp_business_manage_events"))
        throw forbidden("ads_management is required to send events.");
      const params = c.get("params");
      const events = jsonParam(params, "data");
      if (!Array.isArray(events) || events.length === 0) throw invalid("data must be a list of events.");
      if (events.length > MOST) throw invalid(`data may hold ${MOST} events.`);
      const checked = events.map(check);
      const now = sim.clock.now();
      const isTest = params["test_event_code"] !== undefined;
      for (const event of checked) {
        const known = received.find(
          (one) =>
            one.datasetId === c.req.param("id") &&
            one.isTest === isTest &&
            one.event["event_id"] === event["event_id"] &&
            one.event["event_name"] === event["event_name"] &&
            now - one.at < KNOWN_MS,
        );
        if (known) known.times += 1;
        else received.push({ datasetId: c.req.param("id"), event, isTest, times: 1, at: now });
      }
      return c.json({ events_received: events.length, messages: [], fbtrace_id: `A${received.length}sim` });
    })
    .on(["GET", "POST"], "/:id{[0-9]+}/dataset", (c) => {
      authenticate(c, sim);
      const id = c.req.param("id");
      if (c.req.method === "POST" && !datasets.has(id)) datasets.set(id, `77${id.slice(0, 12)}`);
      const dataset = datasets.get(id);
      return c.json(dataset === undefined ? {} : { id: dataset });
    });

  return {
    app,
    /** What was taken by the Conversions API. */
    conversions: {
      received: received as readonly ReceivedEvent[],
      forget: (): void => {
        received.length = 0;
        datasets.clear();
      },
    },
  };
};
