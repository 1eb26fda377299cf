// Writes as a CRM might send them, over so few ids, days and amounts that they collide all the time; many are refused.
import fc from "fast-check";
import type { Crm } from "../leads/crm.ts";
import type { Json } from "../../support/json.ts";

const among = <T>(...values: T[]) => fc.constantFrom(...values);

const aLead = among("L0", "L1", "L2");
const anOpportunity = among("O0", "O1", "O2");
const aSale = among("S0", "S1", "S2");
const aRefund = among("R0", "R1");
// Around midnights, where zones disagree about the day.
const anInstant = fc
  .tuple(fc.integer({ min: 1, max: 12 }), among(0, 2, 4, 12, 23), among(0, 15, 59))
  .map(([day, hour, minute]) => new Date(Date.UTC(2026, 10, day, hour, minute)).toISOString());
const aDay = fc.integer({ min: 1, max: 12 }).map((day) => `2026-11-${String(day).padStart(2, "0")}`);
const anAmount = among("10", "0.01", "33.33", "100", "7.5");

const aTouch = fc.record(
  {
    occurred_at: anInstant,
    channel: among("ctwa", "meta_lead_form", "organic", "referral", "email", "utm_paid"),
    campaign_id: among("c1", "c2"),
    ad_id: among("a1", "a2"),
    is_paid: fc.boolean(),
    leadgen_id: among("g1", "g2", "g3"),
  },
  { requiredKeys: ["occurred_at", "channel"] },
);

const leadFields = {
  meta_campaign_id: among("c1", "c2"),
  meta_ad_id: among("a1", "a3"),
  lead_source: among("META_ADS", "ORGANIC", "REFERRAL"),
  status: among("new", "hot"),
};
const lead = fc.record(
  { external_id: aLead, ...leadFields, created_at: anInstant, touchpoints: fc.array(aTouch, { maxLength: 3 }) },
  { requiredKeys: ["external_id"] },
);

const opportunityFields = {
  lead_external_id: aLead,
  value: anAmount,
  currency: among("ARS", "USD"),
  stage: among("open", "closed_won", "closed_won", "closed_lost"),
  closed_at: anInstant,
  probability: among(0, 33, 50),
};
const opportunity = fc.record(
  { external_id: anOpportunity, name: fc.constant("x"), ...opportunityFields, created_at: anInstant },
  { requiredKeys: ["external_id", "name", "lead_external_id", "value", "stage"] },
);

const saleFields = {
  lead_external_id: aLead,
  opportunity_external_id: anOpportunity,
  currency: among("ARS", "ARS", "USD"),
  transaction_date: aDay,
  sold_at: anInstant,
  payment_status: among("completed", "completed", "pending", "refunded", "failed"),
};
const sale = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record(
      { external_id: aSale, amount: anAmount, ...saleFields },
      { requiredKeys: ["external_id", "amount", "transaction_date"] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        external_id: aRefund,
        kind: among("refund", "chargeback", "adjustment"),
        parent_external_id: aSale,
        amount: anAmount,
        transaction_date: aDay,
        payment_status: among("completed", "pending"),
      },
      { requiredKeys: ["external_id", "kind", "parent_external_id", "amount", "transaction_date"] },
    ),
  },
);

type Write = { method: "post" | "patch"; path: string; body: unknown };

const write = (method: Write["method"], path: fc.Arbitrary<string>, body: fc.Arbitrary<unknown>): fc.Arbitrary<Write> =>
  fc.record({ method: fc.constant(method), path, body });
const listOf = <T extends Json>(one: fc.Arbitrary<T>) =>
  fc.uniqueArray(one, { minLength: 1, maxLength: 3, selector: (row) => row["external_id"] as string });
const at = (room: string, id: fc.Arbitrary<string>, rest = "") =>
  id.map((one) => `/crm/${room}/external:${one}${rest}`);
const filled = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(fields, { requiredKeys: [] }).filter((change) => Object.keys(change).length > 0);

const aWrite = fc.oneof(
  { weight: 4, arbitrary: write("post", fc.constant("/crm/leads"), listOf(lead)) },
  {
    weight: 2,
    arbitrary: write("post", at("leads", aLead, "/touchpoints"), fc.array(aTouch, { minLength: 1, maxLength: 2 })),
  },
  { weight: 1, arbitrary: write("patch", at("leads", aLead), filled(leadFields)) },
  { weight: 3, arbitrary: write("post", fc.constant("/crm/opportunities"), listOf(opportunity)) },
  { weight: 2, arbitrary: write("patch", at("opportunities", anOpportunity), filled(opportunityFields)) },
  { weight: 5, arbitrary: write("post", fc.constant("/crm/sales"), listOf(sale)) },
  {
    weight: 3,
    arbitrary: write("patch", at("sales", fc.oneof(aSale, aRefund)), filled({ amount: anAmount, ...saleFields })),
  },
  {
    weight: 2,
    arbitrary: write(
      "post",
      at("sales", aSale, "/refund"),
      fc.record({ amount: anAmount, date: aDay }, { requiredKeys: [] }),
    ),
  },
);

const day = "2026-11-02";
/** So that what follows has something to speak of. */
const beginning: Write[] = [
  {
    method: "post",
    path: "/crm/leads",
    body: ["L0", "L1", "L2"].map((external_id) => ({ external_id, created_at: `${day}T12:00:00Z` })),
  },
  {
    method: "post",
    path: "/crm/opportunities",
    body: ["O0", "O1"].map((external_id) => ({
      external_id,
      lead_external_id: "L0",
      name: "x",
      value: 50,
      stage: "open",
      created_at: `${day}T12:00:00Z`,
    })),
  },
  {
    method: "post",
    path: "/crm/sales",
    body: ["S0", "S1"].map((external_id) => ({ external_id, amount: 100, transaction_date: day })),
  },
];

export const someWrites = fc.array(aWrite, { minLength: 1, maxLength: 8 }).map((writes) => [...beginning, ...writes]);

export const someSettings = fc.record({
  timezone: among("America/Argentina/Buenos_Aires", "America/New_York", "Pacific/Kiritimati", "UTC"),
  model: among("first_touch", "last_touch", "last_paid_touch", "linear", "position"),
  window: fc.option(among(7, 28, 90)),
});

export const send = (crm: Crm, { method, path, body }: Write) => crm[method](path, body);
