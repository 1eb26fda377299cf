import type { Day } from "../../src/lib/dates.ts";
import { parseDecimal } from "../../src/lib/money.ts";
import type { House } from "../support/house.ts";
import type { CampaignRoi } from "./campaign-roi.ts";

type Row = {
  n: number;
  campaign_id: string;
  campaign_name: string;
  total_spend: string;
  total_revenue: string;
  leads_count: string;
  opportunities_count: string;
  roi_percentage: string | null;
};

type Asked = { tenantId: number; since: Day; until: Day; campaignIds: string[] };

/** calculate_campaign_roi for many tenants in one statement; for each of them its campaigns by id. */
export async function readCampaignRoi(sql: House["sql"], asked: readonly Asked[]): Promise<Map<string, CampaignRoi>[]> {
  const rows = await sql<Row>(
    `SELECT q.n, roi.* FROM jsonb_to_recordset($1) AS q (n integer, tenant integer, campaign text, since date, until date)
     CROSS JOIN LATERAL calculate_campaign_roi(q.tenant, q.campaign, q.since, q.until) AS roi`,
    [
      JSON.stringify(
        asked.flatMap(({ tenantId, since, until, campaignIds }, n) =>
          campaignIds.map((campaign) => ({ n, tenant: tenantId, campaign, since, until })),
        ),
      ),
    ],
  );
  return asked.map((_, n) => new Map(rows.filter((row) => row.n === n).map((row) => [row.campaign_id, toRoi(row)])));
}

const toRoi = (row: Row): CampaignRoi => ({
  name: row.campaign_name,
  spend: parseDecimal(row.total_spend),
  revenue: parseDecimal(row.total_revenue),
  leads: parseDecimal(row.leads_count),
  opportunities: parseDecimal(row.opportunities_count),
  roiPercentage: row.roi_percentage === null ? null : parseDecimal(row.roi_percentage),
});
