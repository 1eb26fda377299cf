// Writes businesses as the main CRM and a sync would: one statement for each table, for any number of tenants.
import type { House } from "../support/house.ts";
import type { Amount, Business, Instant } from "./business.ts";
import { toText } from "./clock.ts";
import { ofAmount, toDecimal } from "./fraction.ts";

type Sql = House["sql"];
type Row = Record<string, unknown>;

export type OfTenant = { tenantId: number; business: Business };

const AN_ID = "00000000-0000-4000-8000-000000000000";

/** All rows have the columns of the first one. */
async function insertRows(sql: Sql, table: string, rows: readonly Row[], conflict = ""): Promise<void> {
  if (rows.length === 0) return;
  const columns = Object.keys(rows[0] ?? {}).join(", ");
  const records = `jsonb_populate_recordset(NULL::${table}, $1::jsonb)`;
  await sql(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${records} ${conflict}`, [JSON.stringify(rows)]);
}

const decimal = (amount: Amount) => toDecimal(ofAmount(amount), 6);
const time = (at: Instant | null) => (at === null ? null : toText(at));

const rowsOf = (tenants: readonly OfTenant[], rows: (business: Business, tenantId: number) => Row[]) =>
  tenants.flatMap(({ tenantId, business }) => rows(business, tenantId).map((row) => ({ tenant_id: tenantId, ...row })));

/** What is there before any lead: the tenant, its settings, what Meta told of it, rates. */
export async function insertSurroundings(sql: Sql, tenants: readonly OfTenant[]): Promise<void> {
  const insert = (table: string, rows: (business: Business, tenantId: number) => Row[]) =>
    insertRows(sql, table, rowsOf(tenants, rows));
  await insert("tenants", (_, tenantId) => [{ name: `Empresa ${tenantId}` }]);
  await insert("tenant_settings", ({ timezone, reportingCurrency, wonStages, lostStages, defaultView }) => [
    {
      timezone,
      reporting_currency: reportingCurrency,
      won_stages: wonStages,
      lost_stages: lostStages,
      default_model: defaultView.model,
      default_window: defaultView.window,
    },
  ]);
  await insert("connections", () => [{ id: AN_ID, kind: "user", status: "active", connected_by: "user:test" }]);
  await insert("ad_accounts", ({ accounts }) =>
    accounts.map(({ id, currency }, index) => ({
      account_id: id,
      connection_id: AN_ID,
      name: `Cuenta ${id}`,
      currency,
      timezone_name: "UTC",
      account_status: 1,
      is_primary: index === 0,
    })),
  );
  await insert("meta_ads_campaigns", ({ campaigns }) =>
    campaigns.map(({ id, accountId, name }) => ({
      meta_campaign_id: id,
      meta_account_id: accountId,
      name,
      status: "ACTIVE",
      effective_status: "ACTIVE",
    })),
  );
  await insert("ads", ({ ads }) =>
    ads.map(({ id, accountId, campaignId, adSetId }) => ({
      ad_id: id,
      account_id: accountId,
      campaign_id: campaignId,
      ad_set_id: adSetId,
      name: `Anuncio ${id}`,
    })),
  );
  await insertInsights(sql, tenants);
  await insert("sync_coverage", ({ accounts }) =>
    accounts.flatMap(({ id }) =>
      ["account", "campaign", "ad"].map((level) => ({
        account_id: id,
        level,
        covered: "{[2020-01-01,2027-12-31)}",
        wanted_from: "2020-01-01",
        last_synced_at: "2026-11-23T14:00:00Z",
      })),
    ),
  );
  await insert("fx_rates", ({ rates }) => rates.map((rate) => ({ ...rate, source: "test" })));
}

async function insertInsights(sql: Sql, tenants: readonly OfTenant[]): Promise<void> {
  const rows = rowsOf(tenants, ({ accounts, insights }) =>
    insights.map(({ level, entityId, accountId, day, spend }) => ({
      account_id: accountId,
      level,
      date: day,
      entity_id: entityId,
      attribution_setting: "default",
      currency: accounts.find(({ id }) => id === accountId)?.currency,
      spend: decimal(spend),
      impressions: 0,
      clicks: 0,
      inline_link_clicks: 0,
      meta_leads: 0,
      conversations: 0,
      actions: [],
      action_values: [],
      is_final: true,
      synced_at: "2026-11-23T14:00:00Z",
      sync_run_id: AN_ID,
    })),
  );
  await insertRows(sql, "meta_ads_insights", rows);
}

export const insertLeads = (sql: Sql, tenants: readonly OfTenant[]) =>
  insertRows(
    sql,
    "leads",
    rowsOf(tenants, ({ leads }) =>
      leads.map(({ id, createdAt, source, campaignId, adId }) => ({
        id,
        created_at: time(createdAt),
        lead_source: source,
        meta_campaign_id: campaignId,
        meta_ad_id: adId,
      })),
    ),
  );

/** One that is there already, by its own id or by its form's, is passed over. */
export const insertTouches = (sql: Sql, tenants: readonly OfTenant[]) =>
  insertRows(
    sql,
    "touchpoints",
    rowsOf(tenants, ({ touches }) =>
      touches.map(({ id, leadId, at, channel, isPaid, campaignId, adSetId, adId, leadgenId, ctwaClid }) => ({
        id,
        lead_id: leadId,
        occurred_at: time(at),
        channel,
        is_paid: isPaid,
        campaign_id: campaignId,
        ad_set_id: adSetId,
        ad_id: adId,
        leadgen_id: leadgenId,
        ctwa_clid: ctwaClid,
      })),
    ),
    "ON CONFLICT DO NOTHING",
  );

export const insertOpportunities = (sql: Sql, tenants: readonly OfTenant[]) =>
  insertRows(
    sql,
    "opportunities",
    rowsOf(tenants, ({ opportunities }) =>
      opportunities.map(({ id, leadId, value, currency, stage, probability, createdAt, closedAt }) => ({
        id,
        lead_id: leadId,
        name: "Tratamiento",
        value: decimal(value),
        currency,
        stage,
        probability,
        created_at: time(createdAt),
        closed_at: time(closedAt),
      })),
    ),
  );

export const insertSales = (sql: Sql, tenants: readonly OfTenant[]) =>
  insertRows(
    sql,
    "sales_transactions",
    rowsOf(tenants, ({ sales }) =>
      sales.map(({ id, leadId, opportunityId, amount, currency, day, soldAt, status }) => ({
        id,
        lead_id: leadId,
        opportunity_id: opportunityId,
        kind: "sale",
        amount: decimal(amount),
        currency,
        transaction_date: day,
        sold_at: time(soldAt),
        payment_status: status,
      })),
    ),
  );

export const insertRefunds = (sql: Sql, tenants: readonly OfTenant[]) =>
  insertRows(
    sql,
    "sales_transactions",
    rowsOf(tenants, ({ refunds, sales }) =>
      refunds.map(({ id, kind, saleId, amount, day }) => ({
        id,
        parent_id: saleId,
        kind,
        amount: decimal(-amount),
        currency: sales.find((sale) => sale.id === saleId)?.currency,
        transaction_date: day,
        payment_status: "completed",
      })),
    ),
  );

export async function insertBusinesses(sql: Sql, tenants: readonly OfTenant[]): Promise<void> {
  for (const insert of [
    insertSurroundings,
    insertLeads,
    insertTouches,
    insertOpportunities,
    insertSales,
    insertRefunds,
  ])
    await insert(sql, tenants);
  await sql("SELECT rebuild_facts(tenant_id) FROM unnest($1::integer[]) AS tenant_id", [
    tenants.map(({ tenantId }) => tenantId),
  ]);
}
