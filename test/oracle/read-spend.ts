// daily_spend as lines, and its refresh as a sync does it: slice by slice.
import type { House } from "../support/house.ts";
import type { Business } from "./business.ts";
import { ofAmount, toDecimal } from "./fraction.ts";
import type { RandomBusiness } from "./random-business.ts";
import { shuffled } from "./shuffle.ts";
import { spendsOf } from "./totals.ts";

type Sql = House["sql"];

/** "2026-03-01 ad:a1@2 USD 3.5" */
export async function readSpend(sql: Sql, tenantIds: readonly number[]): Promise<Map<number, string[]>> {
  const rows = await sql<{ tenant_id: number; line: string }>(
    `SELECT tenant_id, concat(day, ' ', level, ':', entity_id, '@', account_id, ' ', currency, ' ', trim_scale(spend)) AS line
     FROM daily_spend WHERE tenant_id = ANY ($1)`,
    [tenantIds],
  );
  const ofTenant = Map.groupBy(rows, ({ tenant_id: id }) => id);
  return new Map([...ofTenant].map(([id, own]) => [id, own.map(({ line }) => line).sort()]));
}

export function expectedSpend(business: Business): string[] {
  const sums = new Map<string, bigint>();
  for (const { place, day, spend, from } of spendsOf(business)) {
    const line = `${day} ${place.level}:${place.entityId}@${place.accountId} ${from}`;
    sums.set(line, (sums.get(line) ?? 0n) + spend);
  }
  return [...sums].map(([line, spend]) => `${line} ${toDecimal(ofAmount(spend), 6)}`).sort();
}

type Tenant = { tenantId: number; business: RandomBusiness & { order: number } };

/** Every day of every level and account at least once, some of them twice, over rows that are out of date. */
export async function refreshInSlices(sql: Sql, tenants: readonly Tenant[]): Promise<void> {
  await sql(
    `INSERT INTO daily_spend SELECT tenant_id, level, day, 'gone', '1', 'ARS', 1, 0, 0, 0
     FROM jsonb_to_recordset($1) AS r (tenant_id integer, day date), unnest(ARRAY['account', 'campaign', 'ad_set', 'ad']) AS level`,
    [JSON.stringify(tenants.map(({ tenantId, business }) => ({ tenant_id: tenantId, day: business.days[4] })))],
  );
  await sql(
    `SELECT refresh_daily_spend(tenant, since, until, level, account) FROM (
       SELECT * FROM jsonb_to_recordset($1) AS r (n integer, tenant integer, since date, until date, level text, account text) ORDER BY n
     ) AS slices`,
    [JSON.stringify(tenants.flatMap(slicesOf).map((slice, n) => ({ n, ...slice })))],
  );
}

function slicesOf({ tenantId, business: { accounts, days, order } }: Tenant) {
  const cut = 1 + (order % 8);
  const stretches = [
    [days[0], days[cut]],
    [days[cut], days[9]],
  ];
  const slices = accounts.flatMap(({ id }) =>
    ["account", "campaign", "ad"].flatMap((level) =>
      stretches.map(([since, until]) => ({ tenant: tenantId, since, until, level, account: id })),
    ),
  );
  return [...shuffled(slices, order), ...shuffled(slices, order + 1).slice(0, 4)];
}
