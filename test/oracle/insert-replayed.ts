// The same businesses as insert-business.ts writes, as a stream of events would leave them: out of order, some of them
// twice, what is won first open, what is paid first pending, settled now and then.
import type { House } from "../support/house.ts";
import type { Business, Touch } from "./business.ts";
import { toText } from "./clock.ts";
import {
  insertLeads,
  insertOpportunities,
  insertRefunds,
  insertSales,
  insertSurroundings,
  insertTouches,
  type OfTenant,
} from "./insert-business.ts";
import { shuffled } from "./shuffle.ts";

type Sql = House["sql"];

/** `order` decides all that chance has a say in. */
export type Replayed = Business & { order: number };
type ReplayedTenant = OfTenant & { business: Replayed };

export async function insertReplayed(sql: Sql, tenants: readonly ReplayedTenant[]): Promise<void> {
  const part = (of: (business: Replayed) => Partial<Business>) =>
    tenants.map(({ tenantId, business }) => ({ tenantId, business: { ...business, ...of(business) } }));
  const settle = (some: (order: number) => boolean) =>
    sql("SELECT settle_outcomes(tenant_id) FROM unnest($1::integer[]) AS tenant_id", [
      tenants.filter(({ business }) => some(business.order)).map(({ tenantId }) => tenantId),
    ]);
  const undecided = part(({ opportunities, sales, order }) => ({
    opportunities: shuffled(opportunities, order).map((one) => ({ ...one, stage: "proposal", closedAt: null })),
    sales: shuffled(sales, order).map((one) => ({ ...one, status: "pending" })),
  }));

  await insertSurroundings(sql, tenants);
  await insertLeads(
    sql,
    part(({ leads, order }) => ({ leads: shuffled(leads, order) })),
  );
  await insertTouches(
    sql,
    part((business) => ({ touches: chunksOf(business)[0] })),
  );
  await settle((order) => order % 3 === 0);
  await insertOpportunities(sql, undecided);
  await insertTouches(
    sql,
    part((business) => ({ touches: chunksOf(business)[1] })),
  );
  await insertSales(sql, undecided);
  await settle((order) => order % 4 === 0);
  await insertTouches(
    sql,
    part((business) => ({ touches: chunksOf(business)[2] })),
  );
  await decide(sql, tenants);
  await insertRefunds(
    sql,
    part(({ refunds, order }) => ({ refunds: shuffled(refunds, order) })),
  );
  await settle(() => true);
}

/** Three parts that overlap. */
function chunksOf({ touches, order }: Replayed): [Touch[], Touch[], Touch[]] {
  const mixed = shuffled(touches, order);
  const third = Math.floor(mixed.length / 3);
  return [mixed.slice(0, third + 1), mixed.slice(third, 2 * third + 1), mixed.slice(Math.max(0, 2 * third - 1))];
}

async function decide(sql: Sql, tenants: readonly ReplayedTenant[]): Promise<void> {
  const rows = <T extends { id: string }>(of: (business: Business) => T[]) =>
    JSON.stringify(
      tenants.flatMap(({ tenantId, business }) => of(business).map((row) => ({ tenant_id: tenantId, ...row }))),
    );
  await sql(
    `UPDATE opportunities o SET stage = r.stage, closed_at = r.closed_at
     FROM jsonb_to_recordset($1) AS r (tenant_id integer, id uuid, stage text, closed_at timestamptz)
     WHERE o.tenant_id = r.tenant_id AND o.id = r.id`,
    [
      rows(({ opportunities }) =>
        opportunities.map(({ id, stage, closedAt }) => ({ id, stage, closed_at: closedAt && toText(closedAt) })),
      ),
    ],
  );
  await sql(
    `UPDATE sales_transactions s SET payment_status = r.status
     FROM jsonb_to_recordset($1) AS r (tenant_id integer, id uuid, status text)
     WHERE s.tenant_id = r.tenant_id AND s.id = r.id`,
    [rows(({ sales }) => sales.map(({ id, status }) => ({ id, status })))],
  );
}
