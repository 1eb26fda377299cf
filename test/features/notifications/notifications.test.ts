import { createHmac } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { days, hours, minutes } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import type { Json } from "../../support/json.ts";
import { aPerson, as } from "../../support/people.ts";
import { aReceiver, type Received } from "./receiver.ts";

const PATH = "/crm/marketing/notifications";
let house: House;
let receiver: Awaited<ReturnType<typeof aReceiver>>;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
beforeEach(async () => {
  receiver = await aReceiver();
});
afterEach(async () => {
  receiver.stop();
  house.queue.lose();
  await house.sql("DELETE FROM notification_endpoints");
});

const tell = async (rounds = 2) => {
  for (let round = 0; round < rounds; round += 1) {
    await house.tick();
    while ((await house.queue.deliverDue({ atOnce: true })) > 0);
  }
};

let serial = 0;
async function anOwner(events: string[] | null = ["lead.created"], url = receiver.url) {
  const person = await aPerson(house);
  const client = as(house, person);
  const ask = async (answer: Response) => ({ status: answer.status, ...((await answer.json()) as Json) }) as Json;
  const data = (answer: Json) => answer["data"] as Json;
  const make = async (of: string[], to: string) =>
    data(await ask(await client.post(`${PATH}/endpoints`, { url: to, events: of })));
  const endpoint = events ? await make(events, url) : {};
  return {
    ...person,
    client,
    ask,
    make,
    endpoint,
    secret: String(endpoint["secret"]),
    lead: async (more: Json = {}) => {
      const made = await ask(
        await client.post("/crm/leads", { first_name: "Ana", external_id: `n-${(serial += 1)}`, ...more }),
      );
      return String(data(made)["id"]);
    },
    deliveries: async (query = "") => (await ask(await client.get(`${PATH}/deliveries${query}`)))["data"] as Json[],
    patch: async (change: Json, id = endpoint["id"]) =>
      ask(await client.patch(`${PATH}/endpoints/${String(id)}`, change)),
    shown: async () => ((await ask(await client.get(`${PATH}/endpoints`)))["data"] as Json[])[0],
  };
}

const isSignedBy = (secret: string, { headers, text }: Received) => {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${text}`;
  const signature = `v1,${createHmac("sha256", key).update(content).digest("base64")}`;
  return (headers["webhook-signature"] ?? "").split(" ").includes(signature);
};

describe("an endpoint", () => {
  it("is made, shown, changed and removed by its tenant alone; its secret is shown once and sealed", async () => {
    const own = await anOwner();
    expect(own.endpoint).toMatchObject({ url: receiver.url, events: ["lead.created"], is_active: true });
    expect(own.secret).toMatch(/^whsec_[\w+/]{43}=$/);
    expect(await own.shown()).not.toHaveProperty("secret");
    const [row] = await house.sql("SELECT secret_sealed FROM notification_endpoints WHERE tenant_id = $1", [
      own.tenantId,
    ]);
    expect(row?.["secret_sealed"]).toMatch(/^v2\./);
    expect(await own.patch({ description: "Tablero" })).toMatchObject({
      data: { description: "Tablero", secret: null },
    });

    const stranger = as(house, await aPerson(house));
    const id = String(own.endpoint["id"]);
    expect((await stranger.patch(`${PATH}/endpoints/${id}`, { is_active: false })).status).toBe(404);
    expect((await stranger.delete(`${PATH}/endpoints/${id}`)).status).toBe(404);
    expect((await own.client.delete(`${PATH}/endpoints/${id}`)).status).toBe(200);
    expect((await own.client.delete(`${PATH}/endpoints/${id}`)).status).toBe(404);
    const audit = await house.sql("SELECT diff::text FROM audit_log WHERE tenant_id = $1", [own.tenantId]);
    expect(JSON.stringify(audit)).not.toContain(own.secret);
  });

  it("defect 121: is at no address inside, however it is written", async () => {
    const own = await anOwner(null);
    for (const url of ["https://169.254.169.254/", "https://0xa.1/", "http://example.com/", "https://db.internal/"]) {
      const answer = await own.ask(await own.client.post(`${PATH}/endpoints`, { url, events: ["lead.created"] }));
      expect([url, answer["status"]]).toEqual([url, 422]);
    }
    expect(await own.shown()).toBeUndefined();
  });

  it("that nobody listens with leaves nothing written", async () => {
    const own = await anOwner(null);
    await own.lead();
    expect(await house.sql("SELECT FROM happenings WHERE tenant_id = $1", [own.tenantId])).toEqual([]);
  });
});

describe("a lead that comes", () => {
  it("is told once, signed, with what the board of the main CRM reads (row 11)", async () => {
    const own = await anOwner();
    const other = await own.make(["sale.completed"], receiver.url);
    const lead = await own.lead({
      last_name: "Gómez",
      phone_number: "+5491122334455",
      touchpoints: [
        {
          occurred_at: new Date(house.clock.now()).toISOString(),
          channel: "meta_lead_form",
          leadgen_id: "233370042045399",
          campaign_id: "c1",
          ad_id: "a1",
        },
      ],
    });
    await tell();
    await tell();
    expect(receiver.received).toHaveLength(1);
    const [told] = receiver.received as [Received];
    expect(isSignedBy(own.secret, told)).toBe(true);
    expect(isSignedBy(String(other["secret"]), told)).toBe(false);
    expect(told.body).toMatchObject({
      type: "lead.created",
      timestamp: expect.stringMatching(/^2026-/),
      data: {
        tenant_id: own.tenantId,
        lead_id: lead,
        phone_number: "+5491122334455",
        name: "Ana Gómez",
        source: "META_ADS",
        campaign_id: "c1",
        ad_id: "a1",
        meta_lead_id: "233370042045399",
        timestamp: expect.stringMatching(/^2026-/),
      },
    });
    expect(await own.deliveries("?state=delivered")).toMatchObject([
      { id: told.id, event: "lead.created", attempts: 1, status: 204, next_try_at: null },
    ]);
    const replayed = await own.client.post(`${PATH}/deliveries/${told.id}/replay`);
    expect(replayed.status).toBe(200);
    await tell();
    expect(receiver.received.map(({ id }) => id)).toEqual([told.id, told.id]);
    expect(house.logs.join("\n")).not.toMatch(/5491122334455|whsec/);
  });

  it("is signed with both secrets for a day after a change, then with the new one", async () => {
    const own = await anOwner();
    const { data } = (await own.patch({ rotate_secret: true })) as { data: Json };
    const fresh = String(data["secret"]);
    await own.lead();
    await tell();
    house.clock.advance(hours(24));
    await own.lead();
    await tell();
    expect(receiver.received.map((one) => [isSignedBy(own.secret, one), isSignedBy(fresh, one)])).toEqual([
      [true, true],
      [false, true],
    ]);
  });

  it("comes again under its id after a failure, later each time, and in the end no more", async () => {
    const own = await anOwner();
    receiver.always({ status: 503 });
    await own.lead();
    await tell();
    await tell();
    expect(receiver.received).toHaveLength(1);
    expect(await own.deliveries()).toMatchObject([{ state: "pending", attempts: 1, status: 503, problem: "http_503" }]);
    for (let hour = 0; hour < 11; hour += 1) {
      house.clock.advance(hours(12));
      // It would be switched off after five days.
      await house.sql("UPDATE notification_endpoints SET failing_since = NULL WHERE tenant_id = $1", [own.tenantId]);
      await tell(1);
    }
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
    expect(receiver.received).toHaveLength(12);
    expect(await own.deliveries()).toMatchObject([{ state: "failed", attempts: 12 }]);
  });

  it("follows no redirect", async () => {
    const own = await anOwner();
    const elsewhere = await aReceiver();
    receiver.answer({ status: 307, headers: { location: elsewhere.url } });
    await own.lead();
    await tell();
    expect([receiver.received.length, elsewhere.received.length]).toEqual([1, 0]);
    expect(await own.deliveries()).toMatchObject([{ state: "pending", problem: "http_307" }]);
    elsewhere.stop();
  });
});

describe("an endpoint that fails", () => {
  it("is off at once when it says that it is gone; what waits goes when it is on again", async () => {
    const own = await anOwner();
    receiver.answer({ status: 410 });
    await own.lead();
    await own.lead();
    await tell();
    expect(receiver.received).toHaveLength(1);
    expect(await own.shown()).toMatchObject({ is_active: false, disabled_reason: "gone" });
    await own.patch({ is_active: true });
    await tell();
    expect(receiver.received).toHaveLength(2);
    expect(await own.shown()).toMatchObject({ is_active: true, disabled_reason: null, failing_since: null });
  });

  it("is off after five days without a delivery, and not before", async () => {
    const own = await anOwner();
    receiver.always({ status: 500 });
    await own.lead();
    await tell();
    house.clock.advance(days(5) - minutes(5));
    await tell(1);
    expect(await own.shown()).toMatchObject({ is_active: true });
    house.clock.advance(minutes(5) + hours(12));
    await tell(1);
    expect(await own.shown()).toMatchObject({ is_active: false, disabled_reason: "failing" });
  });

  it("defect 122: delays no other, be it slow, be its secret lost", async () => {
    const slow = await anOwner();
    const quick = await aReceiver();
    const lost = await slow.make(["lead.created"], quick.url);
    await house.sql(
      "UPDATE notification_endpoints SET secret_sealed = (SELECT secret_sealed FROM notification_endpoints WHERE id = $1) WHERE id = $2",
      [slow.endpoint["id"], lost["id"]],
    );
    const neighbour = await anOwner(["lead.created"], quick.url);
    receiver.answer({ status: 204, afterMs: 600 });
    await slow.lead();
    const lead = await neighbour.lead();
    await house.tick();
    await house.queue.deliverDue({ atOnce: true });
    await house.tick();
    const delivering = house.queue.deliverDue({ atOnce: true });
    await expect.poll(() => quick.received.map(({ body }) => (body["data"] as Json)["lead_id"])).toEqual([lead]);
    expect((await slow.deliveries("?state=delivered")).length).toBe(0);
    await delivering;
    expect(await slow.deliveries(`?endpoint_id=${String(lost["id"])}`)).toMatchObject([
      { state: "pending", problem: "vault.unsealable", attempts: 1 },
    ]);
    expect(await slow.deliveries("?state=delivered")).toHaveLength(1);
    quick.stop();
  });
});

it("a connection that breaks is told once", async () => {
  const own = await anOwner(["connection.error"]);
  const entry = `INSERT INTO audit_log (tenant_id, actor, action, outcome, occurred_at, request_id)
    VALUES ($1, 'system:test', 'connection.needs_reauth', 'success', $2, 'r')`;
  await house.sql(entry, [own.tenantId, new Date(house.clock.now())]);
  await tell();
  await tell();
  expect(receiver.received.map(({ body }) => body["type"])).toEqual(["connection.error"]);
  expect(receiver.received[0]?.body["data"]).toMatchObject({ details: { event: "connection.needs_reauth" } });
});
