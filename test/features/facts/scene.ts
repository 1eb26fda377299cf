// Businesses with figures, written straight into the tables: what a sync and a CRM would have left there.
import type { House } from "../../support/house.ts";

type Sql = House["sql"];

export type Insight = {
  day: string;
  spend: string;
  campaign?: string;
  ad?: string;
  impressions?: number;
  clicks?: number;
  metaLeads?: number;
};
export type Sale = { day: string; amount: string; currency?: string; status?: string };
export type Lead = {
  at: string;
  campaign?: string | null;
  ad?: string | null;
  source?: "META_ADS" | "ORGANIC";
  opportunityAt?: string;
  wonAt?: string;
  sales?: Sale[];
};
export type Campaign = {
  id: string;
  name?: string;
  status?: string;
  effectiveStatus?: string;
  isDeleted?: boolean;
  dailyBudget?: string;
};

export type Account = {
  id: string;
  currency?: string;
  timezone?: string;
  isPrimary?: boolean;
  isConnected?: boolean;
  campaigns?: Campaign[];
  ads?: { id: string; campaign: string; name?: string }[];
  /** Insights without a campaign are the account's own. */
  insights?: Insight[];
  /** Days known at each level; none: never synced. */
  covered?: {
    account?: string;
    campaign?: string;
    ad?: string;
    lastSyncedAt?: string;
    wantedFrom?: string;
    completeThrough?: string;
  };
};

const insertRow = async (sql: Sql, table: string, row: Record<string, unknown>) => {
  const names = Object.keys(row);
  const places = names.map((_, index) => `$${index + 1}`);
  const [made] = await sql<{ id?: string }>(
    `INSERT INTO ${table} (${names.join(", ")}) VALUES (${places.join(", ")}) RETURNING *`,
    Object.values(row),
  );
  return made?.id ?? "";
};

export async function aConnection(sql: Sql, tenantId: number, { status = "active" } = {}): Promise<string> {
  return insertRow(sql, "connections", { tenant_id: tenantId, kind: "user", status, connected_by: "user:test" });
}

export async function anAccount(sql: Sql, tenantId: number, connectionId: string, account: Account): Promise<void> {
  const {
    id,
    currency = "ARS",
    timezone = "America/Argentina/Buenos_Aires",
    isPrimary = false,
    isConnected = true,
    covered,
  } = account;
  const own = { tenant_id: tenantId, account_id: id };
  await insertRow(sql, "ad_accounts", {
    ...own,
    connection_id: connectionId,
    name: `Cuenta ${id}`,
    currency,
    timezone_name: timezone,
    account_status: 1,
    is_primary: isPrimary,
    disconnected_at: isConnected ? null : "2026-11-01T00:00:00Z",
  });
  for (const {
    id: campaignId,
    name = `Campaña de ${campaignId}`,
    status = "ACTIVE",
    effectiveStatus = status,
    isDeleted,
    dailyBudget,
  } of account.campaigns ?? []) {
    await insertRow(sql, "meta_ads_campaigns", {
      tenant_id: tenantId,
      meta_campaign_id: campaignId,
      meta_account_id: id,
      name,
      status,
      effective_status: effectiveStatus,
      objective: "OUTCOME_LEADS",
      daily_budget: dailyBudget ?? null,
      deleted_at: isDeleted ? "2026-11-01T00:00:00Z" : null,
    });
  }
  for (const { id: adId, campaign, name = `Anuncio de ${adId}` } of account.ads ?? []) {
    await insertRow(sql, "ads", {
      ...own,
      ad_id: adId,
      campaign_id: campaign,
      ad_set_id: `set-${campaign}`,
      name,
      status: "ACTIVE",
      effective_status: "ACTIVE",
    });
  }
  for (const { day, spend, campaign, ad, impressions = 0, clicks = 0, metaLeads = 0 } of account.insights ?? []) {
    await insertRow(sql, "meta_ads_insights", {
      ...own,
      level: ad ? "ad" : campaign ? "campaign" : "account",
      date: day,
      entity_id: ad ?? campaign ?? id,
      attribution_setting: "7d_click_or_1d_view",
      meta_campaign_id: campaign ?? null,
      currency,
      spend,
      impressions,
      clicks,
      inline_link_clicks: clicks,
      meta_leads: metaLeads,
      conversations: 0,
      actions: "[]",
      action_values: "[]",
      is_final: true,
      synced_at: "2026-11-23T14:00:00Z",
      sync_run_id: crypto.randomUUID(),
    });
  }
  const {
    lastSyncedAt = "2026-11-23T14:00:00Z",
    wantedFrom = "2023-10-24",
    completeThrough = null,
    ...levels
  } = covered ?? {};
  for (const [level, days] of Object.entries(levels)) {
    await insertRow(sql, "sync_coverage", {
      ...own,
      level,
      covered: days,
      wanted_from: wantedFrom,
      complete_through: completeThrough,
      last_synced_at: lastSyncedAt,
    });
  }
}

export async function aLead(
  sql: Sql,
  tenantId: number,
  { at, campaign = null, ad = null, source, opportunityAt, wonAt, sales = [] }: Lead,
): Promise<string> {
  const leadSource = source ?? (campaign || ad ? "META_ADS" : "ORGANIC");
  const leadId = await insertRow(sql, "leads", {
    tenant_id: tenantId,
    created_at: at,
    meta_campaign_id: campaign,
    meta_ad_id: ad,
    lead_source: leadSource,
  });
  if (opportunityAt ?? wonAt) {
    await insertRow(sql, "opportunities", {
      tenant_id: tenantId,
      lead_id: leadId,
      name: "Tratamiento",
      value: "1",
      currency: "ARS",
      stage: wonAt ? "closed_won" : "proposal",
      created_at: opportunityAt ?? at,
      closed_at: wonAt ?? null,
    });
  }
  for (const sale of sales) await aSale(sql, tenantId, { ...sale, leadId });
  return leadId;
}

export async function aSale(
  sql: Sql,
  tenantId: number,
  { day, amount, currency = "ARS", status = "completed", leadId = null }: Sale & { leadId?: string | null },
): Promise<void> {
  const kind = amount.startsWith("-") ? "refund" : "sale";
  await insertRow(sql, "sales_transactions", {
    tenant_id: tenantId,
    lead_id: leadId,
    kind,
    amount,
    currency,
    transaction_date: day,
    payment_status: status,
  });
}

export async function refreshFacts(sql: Sql, tenantId: number): Promise<void> {
  await sql("SELECT rebuild_facts($1)", [tenantId]);
}
