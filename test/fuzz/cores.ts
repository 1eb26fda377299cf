// Bodies that are taken for sure: from the schema alone, where one field asks for another, hardly one ever would be.
import fc from "fast-check";
import { nameOf, type Route } from "../openapi/routes.ts";
import { leadNames, opportunityNames } from "./words.ts";

const lead = fc.constantFrom(...leadNames);
const opportunity = fc.constantFrom(...opportunityNames);
const day = fc.constantFrom("2026-11-02", "2026-10-31", "2026-07-01");
const money = fc.constantFrom("100", "0.01", "999999999999.99", "1500.5");
/** Replaced by one of those that come again. */
const external_id = fc.constant("");
const currency = fc.constantFrom("USD", "ARS");
const notes = fc.option(fc.string({ unit: "grapheme", maxLength: 40 }).filter(isStorable), { nil: null });

const cores: Readonly<Record<string, fc.Arbitrary<object>>> = {
  "POST /crm/leads": fc.record({ external_id, first_name: notes, email: fc.emailAddress() }),
  "PATCH /crm/leads/:id": fc.record({ last_name: notes }),
  "POST /crm/opportunities": fc.record({
    external_id,
    lead_external_id: lead,
    name: fc.constant("Implante"),
    value: money,
    currency,
    stage: fc.constantFrom("proposal", "closed_won", "closed_lost"),
  }),
  "PATCH /crm/opportunities/:id": fc.oneof(
    fc.record({ stage: fc.constantFrom("proposal", "closed_won", "closed_lost") }),
    fc.record({ value: money }),
  ),
  "POST /crm/sales": fc.oneof(
    fc.record({ external_id, lead_external_id: lead, amount: money, currency, transaction_date: day, notes }),
    fc.record({ external_id, opportunity_external_id: opportunity, amount: money, currency, transaction_date: day }),
  ),
  "PATCH /crm/sales/:id": fc.oneof(
    fc.record({ notes }),
    fc.record({ payment_status: fc.constantFrom("completed", "pending") }),
  ),
  "POST /crm/sales/:id/refund": fc.record({ amount: fc.constantFrom("0.01", "1") }),
  "POST /admin/core/crm/hsm-templates": fc.record({
    name: fc.stringMatching(/^[a-z0-9_]{3,12}$/),
    category: fc.constantFrom("UTILITY", "marketing"),
    language: fc.constantFrom("es", "es_AR"),
    body_text: fc.constantFrom("Tu turno es mañana.", "Hola {{1}}, te esperamos."),
    example: fc.constant(["Ana"]),
  }),
  "POST /crm/marketing/automation/rules": fc.record({
    name: fc.string({ minLength: 1, maxLength: 20 }).filter((name) => name.trim() !== ""),
    trigger_type: fc.constant("lead_created"),
    action_type: fc.constant("update_field"),
    action_config: fc.constant({ text: "a" }),
  }),
  "PUT /crm/marketing/automation/rules/:id": fc.record({ is_active: fc.boolean() }),
  "PATCH /crm/marketing/automation/rules/:id": fc.record({ is_active: fc.boolean() }),
};

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

export const coreOf = (route: Route): fc.Arbitrary<object> | undefined => cores[nameOf(route)];
