// What CRM Ventas' views do with an answer, written down from frontend-contract.md: the fields they read, in their order
// of preference, and what they then show. They throw where the view would (a text has no toFixed) and blank the app.
import type { as } from "../support/people.ts";
import type { Json } from "../support/json.ts";

export type Client = ReturnType<typeof as>;

/** Every view's `data.data || data`. */
export const unwrap = (body: Json): Json => body["data"] || body;

type Row = {
  ad_id?: string;
  id?: string;
  ad_name?: string;
  name?: string;
  campaign_name?: string;
  channel_type?: string;
  spend?: number;
  cost?: number;
  leads?: number;
  conversions?: number;
  opportunities?: number;
  roi: number;
  status: string;
};

const shades: Record<string, string> = {
  active: "green",
  enabled: "green",
  paused: "amber",
  archived: "amber",
};

/** A row of the hub's two tables. */
const showRow = (row: Row, symbol: string) => ({
  key: row.ad_id || row.id,
  title: row.ad_name || row.name,
  subtitle: row.campaign_name || row.channel_type,
  spend: `${symbol}${(row.spend || row.cost || 0).toFixed(2)}`,
  leads: row.leads || row.conversions || 0,
  opportunities: row.opportunities || Math.floor((row.conversions ?? 0) * 0.3),
  roi: `${(row.roi * 100).toFixed(0)}%`,
  shade: shades[row.status] ?? "grey",
});

/** The hub: its banner, its two tables and its card, of combined-stats or else of stats. */
export const showHub = (body: Json) => {
  const stats = unwrap(body);
  // A table knows pesos and calls everything else dollars.
  const symbol = stats["meta"].currency === "ARS" ? "ARS " : "$";
  const { campaigns, creatives } = stats["meta"].campaigns;
  return {
    banner: stats["meta"].meta_connected ? "Conectado" : "Desconectado",
    campaigns: campaigns.map((row: Row) => showRow(row, symbol)),
    creatives: creatives.map((row: Row) => showRow(row, symbol)),
    card: showCard(stats["roi"]),
  };
};

/** The Google tab. */
export const showGoogle = (body: Json) => {
  const { google } = unwrap(body);
  return { banner: google.connected ? "Conectado" : "Desconectado", rows: google.campaigns.length };
};

/** The card: it computes its return itself. A bare number in the place of `roi` would show zeros. */
export const showCard = (roi: Json) => {
  const [spend, revenue] = [roi["total_spend"] ?? 0, roi["total_revenue"] ?? 0];
  const percent = spend > 0 ? ((revenue - spend) / spend) * 100 : 0;
  const cpa: number | null = roi["cpa"];
  return {
    roi: `${percent >= 0 ? "+" : ""}${percent.toFixed(1)}%`,
    spend: `${roi["currency"] ?? "$"} ${spend.toLocaleString("en")}`,
    revenue: `${roi["currency"] ?? "$"} ${revenue.toLocaleString("en")}`,
    cpa: cpa ? (cpa < 1000 ? cpa.toFixed(1) : cpa.toLocaleString("en")) : "–",
    leads: roi["leads"],
    customers: roi["patients_converted"],
  };
};

/** Asks as the hub does: combined-stats, and stats when that fails. */
export async function openHub(client: Client, range = "all") {
  const combined = await client.get(`/crm/marketing/combined-stats?time_range=${range}&google_date_range=${range}`);
  if (combined.ok) return showHub((await combined.json()) as Json);
  return showHub((await (await client.get(`/crm/marketing/stats?range=${range}`)).json()) as Json);
}

/** The card's own call. */
export async function openCard(client: Client, range = "all") {
  return showCard(unwrap((await (await client.get(`/crm/marketing/stats/roi?range=${range}`)).json()) as Json));
}

/** The typed client's dashboard (api/marketing.ts): flat figures with their changes. */
export const showDashboard = (body: Json) => {
  const stats = unwrap(body);
  const figure = (name: string, change: string) => `${stats[name].toFixed(0)} (${stats[change].toFixed(1)}%)`;
  return {
    leads: figure("leads", "leads_change"),
    opportunities: figure("opportunities", "opportunities_change"),
    revenue: figure("sales_revenue", "revenue_change"),
    spend: figure("marketing_spend", "spend_change"),
    roi: figure("roi_percentage", "roi_change"),
  };
};

/** The typed client's list: `roi` is percent, coloured from 0, 100 and 300 on. */
export const showCampaign = (row: Json) => ({
  name: row["name"],
  status: row["status"],
  roi: `${row["roi"].toFixed(0)}%`,
  colour: row["roi"] >= 300 ? "green" : row["roi"] >= 100 ? "blue" : row["roi"] >= 0 ? "yellow" : "red",
});

/** The token banner reads beside `data`. */
export const showTokenBanner = (body: Json) => {
  if (body["needs_reconnect"]) return "Reconectar";
  const days: number | null = body["days_left"];
  return days !== null && days <= 7 ? `Vence en ${days} días` : "";
};

/** What a view shows of an error. */
export const showError = (body: Json): string => body["detail"];
