// Businesses of any shape, small enough that ids, days and amounts collide, and a way to write one into the database.
import fc from "fast-check";
import { parseDecimal } from "../../../src/lib/money.ts";
import type { House } from "../../support/house.ts";
import type { Business } from "./campaign-roi.ts";

const accounts = [
  { id: "1", currency: "ARS" },
  { id: "2", currency: "USD" },
];
const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const aDay = fc.integer({ min: 1, max: 9 }).map((day) => `2026-03-0${day}`);
// Minutes around midnights, where zones disagree about the day; New York's clocks jump on the 8th.
const anInstant = fc
  .tuple(fc.integer({ min: 0, max: 10 }), fc.constantFrom(0, 1, 3, 4, 5, 12, 23), fc.constantFrom(0, 59))
  .map(([day, hour, minute]) => Date.parse("2026-02-28T00:00:00Z") + ((day * 24 + hour) * 60 + minute) * 60_000);
const anAmount = fc
  .oneof(
    fc.constantFrom("0", "1", "3", "8", "800", "0.01", "100"),
    fc.integer({ min: 0, max: 10_000_000 }).map((cents) => (cents / 100).toFixed(2)),
  )
  .map(parseDecimal);
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { freq: 3 });
const many = <T>(one: fc.Arbitrary<T>, maxLength: number) => fc.array(one, { minLength: 0, maxLength });

export const campaignIds = ids("c", 3);
const campaign = fc.constantFrom(...campaignIds, "unknown");
const ad = fc.constantFrom(...ids("a", 3), "unknown");

const withIds = <T extends object>(rows: T[]) => rows.map((row) => ({ ...row, id: crypto.randomUUID() }));
const uniqueBy = <T>(rows: T[], key: (row: T) => string) => [...new Map(rows.map((row) => [key(row), row])).values()];

export const aRandomBusiness: fc.Arbitrary<Business> = fc
  .record({
    timezone: fc.constantFrom("America/Argentina/Buenos_Aires", "America/New_York", "Asia/Kolkata", "UTC"),
    campaigns: fc.tuple(
      ...campaignIds.map((id) =>
        fc.record({
          id: fc.constant(id),
          accountId: fc.constantFrom("1", "2"),
          name: fc.constantFrom("Otoño", "O'Higgins"),
        }),
      ),
    ),
    ads: fc.tuple(...ids("a", 3).map((id) => fc.record({ id: fc.constant(id), campaignId: campaign }))),
    spends: many(fc.record({ entityId: fc.constantFrom(...campaignIds), day: aDay, spend: anAmount }), 20),
    leads: many(fc.record({ campaignId: maybe(campaign), adId: maybe(ad), createdAt: anInstant }), 12).map(withIds),
    deals: many(fc.record({ lead: fc.nat(), createdAt: anInstant }), 8),
    payments: many(
      fc.record({
        lead: maybe(fc.nat()),
        deal: maybe(fc.nat()),
        day: aDay,
        amount: anAmount,
        currency: fc.constantFrom("ARS", "ARS", "USD"),
        status: fc.constantFrom("completed", "completed", "pending", "failed"),
        isRefund: fc.boolean(),
      }),
      12,
    ),
  })
  .map(({ timezone, campaigns, ads, spends, leads, deals, payments }) => {
    const leadAt = (index: number | null) => (index === null ? undefined : leads[index % (leads.length || 1)]);
    const opportunities = withIds(
      deals.flatMap(({ lead, createdAt }) => {
        const leadId = leadAt(lead)?.id;
        return leadId === undefined ? [] : [{ leadId, createdAt }];
      }),
    );
    const accountOf = new Map(campaigns.map(({ id, accountId }) => [id, accountId]));
    const insights = uniqueBy(spends, ({ entityId, day }) => `${entityId} ${day}`).map((spend) => ({
      ...spend,
      level: "campaign" as const,
      accountId: accountOf.get(spend.entityId) ?? "",
    }));
    const sales = payments.map(({ lead, deal, amount, isRefund, ...rest }) => ({
      ...rest,
      leadId: leadAt(lead)?.id ?? null,
      opportunityId: deal === null ? null : (opportunities[deal % (opportunities.length || 1)]?.id ?? null),
      amount: isRefund && amount !== "0" ? parseDecimal(`-${amount}`) : amount,
    }));
    return { timezone, accounts, campaigns, ads, insights, leads, opportunities, sales };
  });

/** One statement for each table: rows travel as JSON. */
export async function insertBusiness(sql: House["sql"], tenantId: number, business: Business): Promise<void> {
  const insert = (table: string, columns: string, types: string, rows: readonly object[]) =>
    sql(
      `INSERT INTO ${table} (tenant_id, ${columns}) SELECT $1, ${columns} FROM jsonb_to_recordset($2) AS r (${types})`,
      [tenantId, JSON.stringify(rows)],
    );
  const connectionId = crypto.randomUUID();
  const at = (ms: number) => new Date(ms).toISOString();
  await sql("INSERT INTO tenants (tenant_id, name) VALUES ($1, 'x')", [tenantId]);
  await sql("INSERT INTO tenant_settings (tenant_id, timezone) VALUES ($1, $2)", [tenantId, business.timezone]);
  await sql(
    "INSERT INTO connections (tenant_id, id, kind, status, connected_by) VALUES ($1, $2, 'user', 'active', 'test')",
    [tenantId, connectionId],
  );
  await insert(
    "ad_accounts",
    "account_id, connection_id, name, currency, timezone_name, account_status",
    "account_id text, connection_id uuid, name text, currency text, timezone_name text, account_status int",
    business.accounts.map(({ id, currency }) => ({
      account_id: id,
      connection_id: connectionId,
      name: id,
      currency,
      timezone_name: "UTC",
      account_status: 1,
    })),
  );
  await insert(
    "meta_ads_campaigns",
    "meta_campaign_id, meta_account_id, name",
    "meta_campaign_id text, meta_account_id text, name text",
    business.campaigns.map(({ id, accountId, name }) => ({ meta_campaign_id: id, meta_account_id: accountId, name })),
  );
  await insert(
    "ads",
    "ad_id, account_id, campaign_id, ad_set_id, name",
    "ad_id text, account_id text, campaign_id text, ad_set_id text, name text",
    business.ads.map(({ id, campaignId }) => ({
      ad_id: id,
      account_id: "1",
      campaign_id: campaignId,
      ad_set_id: "s",
      name: id,
    })),
  );
  const currencyOf = new Map(business.accounts.map(({ id, currency }) => [id, currency]));
  await sql(
    `INSERT INTO meta_ads_insights (tenant_id, account_id, level, date, entity_id, attribution_setting, currency, spend, impressions, clicks,
       inline_link_clicks, meta_leads, conversations, actions, action_values, is_final, synced_at, sync_run_id)
     SELECT $1, account_id, level, date, entity_id, 'default', currency, spend, 0, 0, 0, 0, 0, '[]', '[]', true, now(), gen_random_uuid()
     FROM jsonb_to_recordset($2) AS r (account_id text, level text, date date, entity_id text, currency text, spend numeric)`,
    [
      tenantId,
      JSON.stringify(
        business.insights.map(({ day, entityId, accountId, ...rest }) => ({
          ...rest,
          date: day,
          entity_id: entityId,
          account_id: accountId,
          currency: currencyOf.get(accountId),
        })),
      ),
    ],
  );
  await insert(
    "leads",
    "id, meta_campaign_id, meta_ad_id, created_at",
    "id uuid, meta_campaign_id text, meta_ad_id text, created_at timestamptz",
    business.leads.map(({ id, campaignId, adId, createdAt }) => ({
      id,
      meta_campaign_id: campaignId,
      meta_ad_id: adId,
      created_at: at(createdAt),
    })),
  );
  await insert(
    "opportunities",
    "id, lead_id, name, value, currency, stage, created_at",
    "id uuid, lead_id uuid, name text, value numeric, currency text, stage text, created_at timestamptz",
    business.opportunities.map(({ id, leadId, createdAt }) => ({
      id,
      lead_id: leadId,
      name: "x",
      value: 1,
      currency: "ARS",
      stage: "open",
      created_at: at(createdAt),
    })),
  );
  await insert(
    "sales_transactions",
    "lead_id, opportunity_id, kind, amount, currency, transaction_date, payment_status",
    "lead_id uuid, opportunity_id uuid, kind text, amount numeric, currency text, transaction_date date, payment_status text",
    business.sales.map(({ leadId, opportunityId, day, amount, currency, status }) => ({
      lead_id: leadId,
      opportunity_id: opportunityId,
      kind: amount.startsWith("-") ? "refund" : "sale",
      amount,
      currency,
      transaction_date: day,
      payment_status: status,
    })),
  );
}
