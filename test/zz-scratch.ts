import pg from "pg";
import { createDatabase } from "../src/adapters/db/client.ts";
import { scopeToTenant } from "../src/adapters/db/scope.ts";
import { getCampaign, getCampaignInsights, listCampaigns } from "../src/features/campaigns/campaigns.service.ts";
import * as cc from "../src/features/campaigns/campaigns.contract.ts";
import * as ca from "../src/features/campaigns/campaign-answer.ts";
import * as ac from "../src/features/analytics/analytics.contract.ts";
import { readSnapshot } from "../src/features/analytics/analytics.service.ts";
import { describeStats } from "../src/features/analytics/stats-answer.ts";
import { describeRoiWithCampaigns } from "../src/features/analytics/roi-answer.ts";
import { startNeonDoor } from "./world/neon-door.ts";
import * as scene from "./features/facts/scene.ts";

const pool = new pg.Pool({ connectionString: "postgres://postgres@127.0.0.1:55999/reads_scratch", max: 2 });
const sql = async (t: string, v?: unknown[]) => (await pool.query(t, v)).rows as any;
await sql("ALTER ROLE app_rw LOGIN PASSWORD 'local-app-rw'");
const door = await startNeonDoor({ postgresPort: 55999 });
const db = createDatabase({ connectionString: "postgresql://app_rw:local-app-rw@scratch.local/reads_scratch", endpoint: door.url, fetch });
const T = 1000 + Math.floor(Math.random() * 1e9);
await sql("INSERT INTO tenants (tenant_id, name) VALUES ($1, 'x')", [T]);
await sql("INSERT INTO tenant_settings (tenant_id, timezone) VALUES ($1, 'America/Argentina/Buenos_Aires')", [T]);
const ctx: any = { db: scopeToTenant(db, T), now: () => Date.parse("2026-11-23T15:00:00Z"), log: console.log, tenantId: T };
const show = (x: unknown) => console.log(JSON.stringify(x, null, 1).slice(0, Number(process.env.N ?? 3000)));
const empty = await readSnapshot(ctx, { timeRange: { range: "all" }, withCreatives: true });
show(ac.stats.parse(describeStats(empty)));
const conn = await scene.aConnection(sql, T);
await scene.anAccount(sql, T, conn, { id: "111", isPrimary: true, campaigns: [{ id: "c1" }, { id: "c2", status: "PAUSED" }], ads: [{ id: "a1", campaign: "c1" }],
  insights: [{ day: "2026-11-20", spend: "100.50" }, { day: "2026-11-20", spend: "60.25", campaign: "c1", impressions: 1000, clicks: 10 }, { day: "2026-11-20", spend: "60.25", ad: "a1" }],
  covered: { account: "{[2023-10-24,2026-11-23)}", campaign: "{[2023-10-24,2026-11-20),[2026-11-20,2026-11-22)}", completeThrough: "2026-11-22" } });
await scene.aLead(sql, T, { at: "2026-11-20T15:00:00Z", campaign: "c1", wonAt: "2026-11-21T15:00:00Z", sales: [{ day: "2026-11-21", amount: "500" }, { day: "2026-11-21", amount: "7", currency: "USD" }] });
await scene.aLead(sql, T, { at: "2026-11-20T15:00:00Z", campaign: "ghost" });
await scene.aLead(sql, T, { at: "2026-11-20T15:00:00Z", sales: [{ day: "2026-11-21", amount: "900" }] });
await scene.refreshFacts(sql, T);
const t0 = door.requests();
for (const range of ["last_30d", "all", "this_year", "yearly"]) {
  const s = await readSnapshot(ctx, { timeRange: { range }, withCreatives: true });
  const a = ac.stats.parse(describeStats(s));
  console.log(range, a.period, a.roi.total_spend, a.roi.total_revenue, a.roi.roi_percentage, a.changes.spend);
  if (range === "last_30d") { show(a); show(ac.roiWithCampaigns.parse(describeRoiWithCampaigns(s))); }
}
console.log("round trips", door.requests() - t0);
const l = await listCampaigns(ctx, cc.listQuery.parse({ sort: "roi" }) as any);
show(cc.campaignList.parse(l.campaigns.map(ca.describeCampaign))); show(cc.listTotals.parse(ca.describeTotals(l.frame, l.totals)));
show(cc.campaignDetails.parse(ca.describeDetails(await getCampaign(ctx, { campaignId: "c1", timeRange: {} }))));
show(cc.campaignInsights.parse(ca.describeInsights(await getCampaignInsights(ctx, { campaignId: "c1", timeRange: { since: "2026-11-19", until: "2026-11-23" } }))));
show(cc.campaignDetails.parse(ca.describeDetails(await getCampaign(ctx, { campaignId: "ghost", timeRange: {} }))));
await getCampaign(ctx, { campaignId: "nope", timeRange: {} }).catch((e) => console.log(e.code));
await door.stop(); await pool.end();
