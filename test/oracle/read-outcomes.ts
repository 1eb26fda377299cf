// The outcomes of many tenants at once, from the database and from the oracle, as lines that can be compared.
import type { Day } from "../../src/lib/dates.ts";
import type { House } from "../support/house.ts";
import type { Business, View } from "./business.ts";
import { ofAmount, isZero, toDecimal } from "./fraction.ts";
import type { OfTenant } from "./insert-business.ts";
import { type Basis, type Outcome, outcomesOf } from "./outcomes.ts";
import { placesOf } from "./places.ts";
import { readViewBits, viewName } from "./read-credits.ts";

type Sql = House["sql"];
type Row = { n: number; line: string; amount: string };

export type OutcomesAsked = { since: Day; until: Day; view: View; basis: Basis };

const counts = ["leads", "matched_leads", "opportunities", "won"];
const money = ["sales", "refunds", "open_value", "weighted_value"];

// Each measure of a row of its own; what is money with its currency and the day of its rate.
const measures = (from: string) =>
  [
    ...counts.map((name) => `('${name}', ${from}.${name})`),
    ...money.map((name) => `(concat('${name} ', ${from}.currency, '@', ${from}.rate_on), ${from}.${name})`),
  ].join(", ");

const toLines = (rows: readonly Row[], count: number) => {
  const answers = Map.groupBy(rows, ({ n }) => n);
  return Array.from({ length: count }, (_, n) =>
    (answers.get(n) ?? []).map(({ line, amount }) => `${line} ${amount}`).sort(),
  );
};

/** "2026-03-01 campaign:c1@1 sales ARS@2026-03-01 of <subject> 33.34" */
export async function readOutcomes(sql: Sql, asked: readonly (OutcomesAsked & OfTenant)[]): Promise<string[][]> {
  const bits = await readViewBits(sql);
  const rows = await sql<Row>(
    `SELECT q.n, concat(o.day, ' ', v.level, ':', v.entity_id, '@', v.account_id, ' ', m.name, ' of ', o.event_id) AS line,
       trim_scale(sum(m.amount)) AS amount
     FROM jsonb_to_recordset($1) AS q (n integer, tenant integer, since date, until date, bit integer, basis text)
     CROSS JOIN LATERAL attributed_outcomes(q.tenant, q.since, q.until, q.bit, q.basis) o
     CROSS JOIN LATERAL outcome_levels(o.account_id, o.campaign_id, o.ad_set_id, o.ad_id, o.ad_account_id, o.outside) v
     CROSS JOIN LATERAL (VALUES ${measures("o")}) AS m (name, amount)
     GROUP BY q.n, line HAVING sum(m.amount) <> 0`,
    [
      JSON.stringify(
        asked.map(({ tenantId, since, until, view, basis }, n) => {
          return { n, tenant: tenantId, since, until, bit: bits.get(viewName(view)), basis };
        }),
      ),
    ],
  );
  return toLines(rows, asked.length);
}

export const expectedOutcomes = (business: Business, asked: OutcomesAsked): string[] =>
  expected(business, asked, ({ subjectId }) => ` of ${subjectId}`);

/** The ready sums, under each tenant's own view: the same lines without their subjects. */
export async function readDailyOutcomes(sql: Sql, tenants: readonly OfTenant[]): Promise<string[][]> {
  const rows = await sql<Row>(
    `SELECT q.place::integer - 1 AS n, concat(o.day, ' ', o.level, ':', o.entity_id, '@', o.account_id, ' ', m.name) AS line, trim_scale(sum(m.amount)) AS amount
     FROM unnest($1::integer[]) WITH ORDINALITY AS q (tenant_id, place) JOIN daily_outcomes o USING (tenant_id)
     CROSS JOIN LATERAL (VALUES ${measures("o")}) AS m (name, amount)
     GROUP BY 1, 2 HAVING sum(m.amount) <> 0`,
    [tenants.map(({ tenantId }) => tenantId)],
  );
  return toLines(rows, tenants.length);
}

export const expectedDailyOutcomes = (business: Business): string[] =>
  expected(business, { since: "0001", until: "9999", view: business.defaultView, basis: "cash" }, () => "");

function expected(
  business: Business,
  { since, until, view, basis }: OutcomesAsked,
  subject: (outcome: Outcome) => string,
): string[] {
  const sums = new Map<string, bigint>();
  for (const outcome of outcomesOf(business, basis, view)) {
    const { day, touch, leadId, amount, currency, rateOn } = outcome;
    if (day < since || day > until) continue;
    const name = outcome.measure.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const measure = currency === "" ? name : `${name} ${currency}@${rateOn}`;
    for (const { level, entityId, accountId } of placesOf(business, touch, leadId)) {
      const line = `${day} ${level}:${entityId}@${accountId} ${measure}${subject(outcome)}`;
      sums.set(line, (sums.get(line) ?? 0n) + amount);
    }
  }
  return [...sums]
    .map(([line, amount]) => ({ line, amount: ofAmount(amount) }))
    .filter(({ amount }) => !isZero(amount))
    .map(({ line, amount }) => `${line} ${toDecimal(amount, 6)}`)
    .sort();
}
