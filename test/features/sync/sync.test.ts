import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { demoAccountIds } from "../../world/meta/demo-ids.ts";
import { days, hours } from "../../support/clock.ts";
import { dayIn } from "../../../src/lib/dates.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aConnectedTenant, as, type Person } from "../../support/people.ts";
import { expectCovered, expectModel } from "./oracle.ts";

let house: House;
let person: Person;
const accountId = demoAccountIds.clinic;

beforeAll(async () => {
  house = await aHouse();
  person = await aConnectedTenant(house);
});
afterAll(() => house.stop());

type Run = {
  id: string;
  status: string;
  percent: number;
  since: string;
  slices: { status: string; method: string; level: string }[];
};
const getRun = async (id: string) =>
  ((await (await as(house, person).get(`/crm/marketing/sync/runs/${id}`)).json()) as { data: Run }).data;

describe("the first sync", () => {
  it("starts when an account is connected, reads all that Meta keeps, and equals Meta row for row", async () => {
    const answer = await as(house, person).post("/crm/marketing/connect", {
      account_id: accountId,
      account_name: "Cuenta Manual (x)",
    });
    expect(answer.status).toBe(200);
    const { data } = (await answer.json()) as { data: { sync_run_id: string; account_name: string; currency: string } };
    expect(data).toMatchObject({ currency: "ARS", account_name: expect.not.stringContaining("Manual") });

    const percents: number[] = [];
    for (let message = 0; message < 100; message += 1) {
      percents.push((await getRun(data.sync_run_id)).percent);
      house.clock.advance(15_000);
      await house.queue.deliverDue();
      if ((await getRun(data.sync_run_id)).status === "succeeded") break;
    }
    const run = await getRun(data.sync_run_id);
    expect(run).toMatchObject({ status: "succeeded", percent: 100 });
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(run.since).toBe("2023-10-24");
    expect(run.slices.some(({ method }) => method === "report")).toBe(true);
    const range = { since: run.since, until: "2026-11-22" };
    await expectModel(house, person.tenantId, accountId, range);
    await expectCovered(house, person.tenantId, accountId, range);
  });

  it("keeps campaigns, ad sets and ads of every status, deleted ones too", async () => {
    const statuses = await house.sql(
      "SELECT effective_status, count(*)::int FROM meta_ads_campaigns WHERE tenant_id = $1 GROUP BY 1 ORDER BY 1",
      [person.tenantId],
    );
    expect(statuses.map((row) => row["effective_status"])).toEqual(
      expect.arrayContaining(["ACTIVE", "ARCHIVED", "DELETED", "PAUSED"]),
    );
    const [orphans] = await house.sql(
      "SELECT count(*)::int AS orphans FROM ads a WHERE tenant_id = $1 AND NOT EXISTS (SELECT FROM ad_sets s WHERE s.tenant_id = a.tenant_id AND s.ad_set_id = a.ad_set_id)",
      [person.tenantId],
    );
    expect(orphans).toEqual({ orphans: 0 });
  });

  it("refuses a second run of the same account while one is under way", async () => {
    const first = await as(house, person).post("/crm/marketing/sync", { since: "2026-11-01" });
    expect(first.status).toBe(202);
    const { data } = (await first.json()) as { data: { run_id: string } };
    const second = await as(house, person).post("/crm/marketing/sync", { since: "2026-11-01" });
    expect(second.status).toBe(409);
    expect(await second.json()).toMatchObject({
      error: { code: "run.already_active", details: { run_id: data.run_id } },
    });
    await house.settle();
    expect(await getRun(data.run_id)).toMatchObject({ status: "succeeded" });
  });
});

describe("three more syncs", () => {
  it("follow Meta's restatements, and unchanged rows cost no write", async () => {
    for (let sync = 0; sync < 3; sync += 1) {
      house.clock.advance(days(1) + hours(1));
      await house.settle();
    }
    const range = { since: "2026-10-20", until: "2026-11-25" };
    await expectModel(house, person.tenantId, accountId, range);
    await expectCovered(house, person.tenantId, accountId, range);

    const written = () =>
      house.sql(
        "SELECT xmin::text, date::text, entity_id FROM meta_ads_insights WHERE tenant_id = $1 AND date < '2026-10-01' ORDER BY date, entity_id",
        [person.tenantId],
      );
    const before = await written();
    await as(house, person).post("/crm/marketing/sync", { since: "2026-08-01", until: "2026-09-30" });
    await house.settle();
    expect(await written()).toEqual(before);
  });

  it("mark a day as final once Meta restates it no more", async () => {
    const today = dayIn("America/Argentina/Buenos_Aires", house.clock.now());
    const [row] = await house.sql(
      "SELECT bool_and(is_final = (date <= $2::date - 28)) AS right FROM meta_ads_insights WHERE tenant_id = $1 AND account_id = $3",
      [person.tenantId, today, accountId],
    );
    expect(row).toEqual({ right: true });
  });
});

describe("days that are asked for", () => {
  it("are clamped to what Meta keeps, and the answer says so", async () => {
    const answer = await as(house, person).post("/crm/marketing/sync", { since: "2019-01-01", until: "2024-01-01" });
    expect(await answer.json()).toMatchObject({ data: { clamped_from: "2019-01-01" } });
    await house.settle();
  });

  it("must not be backwards, and must be days", async () => {
    expect(
      (await as(house, person).post("/crm/marketing/sync", { since: "2026-11-10", until: "2026-11-01" })).status,
    ).toBe(422);
    expect((await as(house, person).post("/crm/marketing/sync", { since: "2026-02-30" })).status).toBe(422);
  });
});
