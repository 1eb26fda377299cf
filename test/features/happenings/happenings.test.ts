import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { minutes } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aPerson } from "../../support/people.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
afterEach(async () => {
  house.queue.lose();
  house.logs.length = 0;
  await house.sql("ALTER TABLE notification_deliveries DROP CONSTRAINT IF EXISTS planted");
});

/** Somebody who is told of everything, at an address where nobody is. */
async function aListener() {
  const { tenantId } = await aPerson(house);
  await house.sql(
    `INSERT INTO notification_endpoints (tenant_id, id, url, events, secret_sealed)
     VALUES ($1, gen_random_uuid(), 'https://a.example', '{lead.created,lead.status_changed}', $2)`,
    [
      tenantId,
      await house.tools.vault.seal("whsec_AAAA", { tenantId, connectionId: "elsewhere", kind: "notification" }),
    ],
  );
  const lead = async () => {
    const [made] = await house.sql<{ id: string }>(
      "INSERT INTO leads (tenant_id, first_name) VALUES ($1, 'A') RETURNING id",
      [tenantId],
    );
    return made?.id ?? "";
  };
  return {
    tenantId,
    lead,
    told: async () =>
      (
        await house.sql("SELECT lead_id FROM notification_deliveries WHERE tenant_id = $1 ORDER BY happening_id", [
          tenantId,
        ])
      ).map(({ lead_id: id }) => id),
    open: () =>
      house.sql<{ failures: number; lead_id: string }>(
        "SELECT failures, lead_id FROM happenings WHERE tenant_id = $1 AND handled_at IS NULL",
        [tenantId],
      ),
  };
}

const work = async (copies = 1) => {
  await house.tick();
  while ((await house.queue.deliverDue({ copies })) > 0);
};
const told = (event: string) => house.logs.filter((line) => line.includes(`"event":"${event}"`));

describe("what happened", () => {
  it("is handled once, however often it is said, side by side and one after the other", async () => {
    const own = await aListener();
    const leads = [await own.lead(), await own.lead()];
    await house.tick();
    for (const { body } of house.queue.waiting()) house.queue.add(body);
    await house.queue.deliverDue({ atOnce: true });
    await house.sql("UPDATE happenings SET handled_at = NULL WHERE tenant_id = $1", [own.tenantId]);
    await work(3);
    expect(await own.told()).toEqual(leads);
    expect(await own.open()).toEqual([]);
  });

  it("comes again when the database goes away in the middle, and that is no failure of its own", async () => {
    const own = await aListener();
    const lead = await own.lead();
    await house.tick();
    house.neon.setFault({ kind: "reset-before" });
    await house.queue.deliverDue();
    house.neon.setFault(undefined);
    expect(await own.open()).toEqual([{ failures: 0, lead_id: lead }]);
    house.clock.advance(minutes(11));
    await work();
    expect(await own.told()).toEqual([lead]);
  });

  it("that fails for itself keeps no other; it is tried twelve times, then left alone and told of", async () => {
    const own = await aListener();
    const [first, broken, last] = [await own.lead(), await own.lead(), await own.lead()];
    await house.sql(
      `ALTER TABLE notification_deliveries ADD CONSTRAINT planted CHECK (lead_id <> '${broken}') NOT VALID`,
    );
    await work();
    expect(await own.told()).toEqual([first, last]);
    expect(await own.open()).toEqual([{ failures: 1, lead_id: broken }]);
    const later = await own.lead();
    for (let tick = 0; tick < 14; tick += 1) {
      house.clock.advance(minutes(1));
      await work();
    }
    expect(await own.told()).toEqual([first, last, later]);
    expect(await own.open()).toEqual([{ failures: 12, lead_id: broken }]);
    expect([told("happening.failed").length, told("happening.given_up").length]).toEqual([11, 1]);
    expect(told("happening.given_up")[0]).toContain('"happening":"lead.created"');
  });

  it("is not even written where nobody listens, and what was handled is forgotten after a month", async () => {
    const { tenantId } = await aPerson(house);
    await house.sql("INSERT INTO leads (tenant_id, first_name) VALUES ($1, 'A')", [tenantId]);
    expect(await house.sql("SELECT FROM happenings WHERE tenant_id = $1", [tenantId])).toEqual([]);

    const own = await aListener();
    await own.lead();
    await work();
    await house.sql("UPDATE happenings SET handled_at = handled_at - interval '31 days' WHERE tenant_id = $1", [
      own.tenantId,
    ]);
    await own.lead();
    await work();
    expect(await house.sql("SELECT FROM happenings WHERE tenant_id = $1", [own.tenantId])).toHaveLength(1);
  });
});
