// A sale given back whole, by its status alone, and what is left of it.
import type { House } from "../support/house.ts";
import type { Business, Sale } from "./business.ts";
import type { OfTenant } from "./insert-business.ts";
import { difference } from "./read-credits.ts";
import { readTotals } from "./read-totals.ts";
import { wholeCrm } from "./whole-crm.ts";

type Sql = House["sql"];

export type WholeRefund = { sale: Sale | undefined; failure: Error | undefined };

const always = { since: "2024-01-01", until: "2027-12-31" };

const withoutSale = (business: Business, sale: Sale | undefined): Business => ({
  ...business,
  sales: business.sales.filter(({ id }) => id !== sale?.id),
});

const net = (totals: Iterable<readonly [string, string]>, levels: readonly string[]) => {
  const sums = new Map<string, number>();
  for (const [name, amount] of totals) {
    const [level = "", measure = "", currency = ""] = name.split(" ");
    if (!levels.includes(level)) continue;
    const key = measure === "sales" || measure === "refunds" ? `revenue ${currency}` : `${measure} ${currency}`;
    sums.set(key, (sums.get(key) ?? 0) + Math.round(Number(amount) * 1e6));
  }
  return [...sums].filter(([, sum]) => sum !== 0).map(([name, sum]) => `${name} ${sum}`);
};

/** Of each tenant the first completed sale, if there is one: its parts and the whole CRM's, on cohort basis. */
export async function refundWhole(sql: Sql, tenants: readonly OfTenant[]): Promise<WholeRefund[]> {
  const sales = tenants.map(({ business }) => business.sales.find(({ status }) => status === "completed"));
  const chosen = tenants.flatMap(({ tenantId }, i) => {
    const id = sales[i]?.id;
    return id === undefined ? [] : [{ tenant_id: tenantId, id }];
  });
  await sql(
    `UPDATE sales_transactions s SET payment_status = 'refunded', updated_at = '2026-11-20T12:00:00Z'
     FROM jsonb_to_recordset($1) AS r (tenant_id integer, id uuid) WHERE s.tenant_id = r.tenant_id AND s.id = r.id`,
    [JSON.stringify(chosen)],
  );
  await sql("SELECT settle_outcomes(tenant_id) FROM unnest($1::integer[]) AS tenant_id", [
    tenants.map(({ tenantId }) => tenantId),
  ]);
  const asked = tenants.map(({ tenantId, business: { defaultView } }) => {
    return { tenantId, view: defaultView, basis: "cohort" as const, ...always };
  });
  const totals = await readTotals(sql, asked);
  const left = await readLeft(sql, chosen);
  return tenants.map(({ tenantId, business }, i) => {
    const sale = sales[i];
    const whole = [...wholeCrm(withoutSale(business, sale), "cohort", always)];
    const expected = net(
      whole.map(([name, amount]) => [`campaign ${name}`, amount] as const),
      ["campaign"],
    );
    const failure = difference(expected, net(totals[i] ?? [], ["campaign", "outside"]));
    return { sale, failure: failure ?? difference([], left.get(tenantId) ?? []) };
  });
}

/** Where anything of the sale is left: days and places. */
async function readLeft(
  sql: Sql,
  chosen: readonly { tenant_id: number; id: string }[],
): Promise<Map<number, string[]>> {
  const rows = await sql<{ tenant_id: number; line: string }>(
    `SELECT r.tenant_id, concat(o.day, ' ', v.level, ':', v.entity_id, ' ', sum(o.sales + o.refunds)) AS line
     FROM jsonb_to_recordset($1) AS r (tenant_id integer, id uuid)
     CROSS JOIN LATERAL attributed_outcomes(r.tenant_id, '2024-01-01', '2027-12-31', attribution_view('linear', NULL), 'cohort') o
     CROSS JOIN LATERAL outcome_levels(o.account_id, o.campaign_id, o.ad_set_id, o.ad_id, o.ad_account_id, o.outside) v
     WHERE o.subject_id = r.id GROUP BY r.tenant_id, o.day, v.level, v.entity_id HAVING sum(o.sales + o.refunds) <> 0`,
    [JSON.stringify(chosen)],
  );
  const ofTenant = Map.groupBy(rows, ({ tenant_id: id }) => id);
  return new Map([...ofTenant].map(([id, own]) => [id, own.map(({ line }) => line)]));
}
