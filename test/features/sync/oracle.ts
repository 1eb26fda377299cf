// The oracle of sync tests: what the simulator's own model says a perfect sync holds at this instant, and what is there.
import { expect } from "vitest";
import type { House } from "../../support/house.ts";

type Compared = {
  level: string;
  entityId: string;
  date: string;
  spend: number;
  impressions: number;
  clicks: number;
  leads: number;
  conversations: number;
  attribution: string;
};

const byKey = (a: Compared, b: Compared) => key(a).localeCompare(key(b));
const key = ({ level, entityId, date }: Compared) => `${level} ${date} ${entityId}`;

export const levels = ["account", "campaign", "ad"] as const;

/** What Meta holds now. */
export function modelRows(house: House, accountId: string, range: { since: string; until: string }): Compared[] {
  return levels
    .flatMap((level) =>
      house.meta.model.rows({ accountId, level, ...range, includeDeleted: true }).map((row) => ({
        level,
        entityId: row.entityId,
        date: row.dateStart,
        spend: Number(row.spend),
        impressions: row.impressions,
        clicks: row.clicks,
        leads: row.leads,
        conversations: row.conversations,
        attribution: row.attributionSetting ?? "default",
      })),
    )
    .sort(byKey);
}

/** What we hold. */
export async function storedRows(
  house: House,
  tenantId: number,
  accountId: string,
  range: { since: string; until: string },
): Promise<Compared[]> {
  const rows = await house.sql(
    `SELECT level, entity_id, date::text, spend::float8, impressions::int, clicks::int, meta_leads, conversations, attribution_setting
     FROM meta_ads_insights WHERE tenant_id = $1 AND account_id = $2 AND date BETWEEN $3 AND $4`,
    [tenantId, accountId, range.since, range.until],
  );
  return rows
    .map((row) => ({
      level: String(row["level"]),
      entityId: String(row["entity_id"]),
      date: String(row["date"]),
      spend: Number(row["spend"]),
      impressions: Number(row["impressions"]),
      clicks: Number(row["clicks"]),
      leads: Number(row["meta_leads"]),
      conversations: Number(row["conversations"]),
      attribution: String(row["attribution_setting"]),
    }))
    .sort(byKey);
}

/** Row for row, also in the daily facts. */
export async function expectModel(
  house: House,
  tenantId: number,
  accountId: string,
  range: { since: string; until: string },
): Promise<void> {
  const expected = modelRows(house, accountId, range);
  expect(expected.length).toBeGreaterThan(0);
  expect(await storedRows(house, tenantId, accountId, range)).toEqual(expected);
  const [difference] = await house.sql(
    `SELECT count(*)::int AS rows FROM (
       SELECT level, date AS day, entity_id, spend, impressions, clicks FROM meta_ads_insights WHERE tenant_id = $1 AND account_id = $2
       EXCEPT ALL
       SELECT level, day, entity_id, spend, impressions, clicks FROM daily_spend WHERE tenant_id = $1 AND account_id = $2
     ) AS missing`,
    [tenantId, accountId],
  );
  expect(difference).toEqual({ rows: 0 });
}

/** No day of the window is unknown at any level, and the cursor stands at its end. */
export async function expectCovered(
  house: House,
  tenantId: number,
  accountId: string,
  range: { since: string; until: string },
): Promise<void> {
  const rows = await house.sql(
    `SELECT level, covered @> daterange($3::date, $4::date, '[]') AS whole, complete_through >= $4::date AS passed
     FROM sync_coverage WHERE tenant_id = $1 AND account_id = $2 ORDER BY level`,
    [tenantId, accountId, range.since, range.until],
  );
  expect(rows).toEqual(["account", "ad", "campaign"].map((level) => ({ level, whole: true, passed: true })));
}
