// Which day an outcome stands on, where clocks jump at midnight.
import { afterAll, beforeAll, expect, it } from "vitest";
import { aBusinessWith } from "../../oracle/by-hand.ts";
import { instant } from "../../oracle/clock.ts";
import { insertBusinesses } from "../../oracle/insert-business.ts";
import { aDatabase, type Database } from "../../support/database.ts";

let db: Database;
let lastTenant = 0;
beforeAll(async () => {
  db = await aDatabase();
});
afterAll(() => db.stop());

it.each([
  ["the first of two midnights", "Atlantic/Azores", "2026-10-25T00:00:00Z", "2026-10-25"],
  ["between two midnights", "Atlantic/Azores", "2026-10-25T00:30:00Z", "2026-10-25"],
  ["the second of them", "Atlantic/Azores", "2026-10-25T01:00:00Z", "2026-10-25"],
  ["just before both", "Atlantic/Azores", "2026-10-24T23:59:59.999999Z", "2026-10-24"],
  ["between two midnights in autumn", "America/Havana", "2026-11-01T04:30:00Z", "2026-11-01"],
  ["the end of a day whose midnight is left out", "America/Havana", "2026-03-08T04:59:59.999999Z", "2026-03-07"],
  ["the start of a day without a midnight", "America/Havana", "2026-03-08T05:00:00Z", "2026-03-08"],
  ["the last hour of a day of 25, again", "America/Santiago", "2026-04-05T03:30:00Z", "2026-04-04"],
  ["the start of the day after it", "America/Santiago", "2026-04-05T04:00:00Z", "2026-04-05"],
])("%s: %s %s is %s, asked for that day alone and for all", async (_, timezone, at, day) => {
  const tenantId = (lastTenant += 1);
  const lead = { id: crypto.randomUUID(), createdAt: instant(at), source: "ORGANIC", campaignId: null, adId: null };
  await insertBusinesses(db.sql, [{ tenantId, business: aBusinessWith({ timezone, leads: [lead] }) }]);
  const days = (since: string, until: string) =>
    db.sql(
      "SELECT day::text FROM attributed_outcomes($1, $2, $3, attribution_view('last_touch', NULL), 'cash') WHERE leads > 0",
      [tenantId, since, until],
    );
  expect(await days(day, day)).toEqual([{ day }]);
  expect(await days("2026-01-01", "2026-12-31")).toEqual([{ day }]);
  await db.sql("DELETE FROM daily_outcomes WHERE tenant_id = $1", [tenantId]);
  await db.sql("SELECT refresh_daily_outcomes($1, ARRAY[$2]::date[])", [tenantId, day]);
  expect(await db.sql("SELECT day::text, leads::integer FROM daily_outcomes WHERE tenant_id = $1", [tenantId])).toEqual(
    [{ day, leads: 1 }],
  );
});
