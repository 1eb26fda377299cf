import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import { deliver } from "../../../src/features/messages/deliver.ts";
import { claimDue } from "../../../src/features/messages/outbox.queries.ts";
import { sealKey } from "../../../src/features/messages/provider-key.ts";
import { hours, minutes } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { createYCloudSimulator, serveYCloud } from "../../world/ycloud/simulator.ts";
import { aSender, type Sender } from "./scene.ts";

const API_KEY = "ycloud-key-for-tests";
const ycloud = createYCloudSimulator({ apiKey: API_KEY });
let house: House;
let server: Awaited<ReturnType<typeof serveYCloud>>;
let sender: Sender;

beforeAll(async () => {
  server = await serveYCloud(ycloud);
  house = await aHouse({ variables: { YCLOUD_BASE_URL: server.url } });
  sender = await aSender(house);
});
afterAll(() => Promise.all([house.stop(), server.stop()]));
afterEach(() => house.meta.faults.clear());

const digits = (phone: string) => phone.slice(1);
const SENDING = /\/messages$/;

/** Both providers keep one contract: what was taken is accepted, what was refused was not sent, what proves nothing is unknown. */
const providers = {
  cloud: {
    aSender: () => aSender(house),
    timesSent: (id: string) => house.meta.whatsapp.timesSent(id),
    refuse: (phone: string, code: number) => house.meta.whatsapp.script(digits(phone), { code }),
    fail: (phone: string) => house.meta.whatsapp.script(digits(phone), { code: 131000, status: 500 }),
    truncate: () => house.meta.faults.add({ match: SENDING, times: 1, fault: { kind: "truncate" } }),
  },
  ycloud: {
    aSender: async () => {
      const made = await aSender(house);
      const keySealed = await sealKey(made.ctx(), API_KEY);
      await house.sql(
        "INSERT INTO message_providers (tenant_id, provider, sender, key_sealed) VALUES ($1, 'ycloud', '+5491100000000', $2)",
        [made.tenantId, keySealed],
      );
      return made;
    },
    timesSent: (id: string) => ycloud.timesSent(id),
    refuse: (phone: string, code: number) => ycloud.script(phone, { whatsappCode: code }),
    fail: (phone: string) => ycloud.script(phone, { html: true, status: 502 }),
    truncate: (phone: string) => ycloud.script(phone, { truncated: true }),
  },
};

describe.each(Object.entries(providers))("through %s", (name, provider) => {
  let its: Sender;
  beforeAll(async () => {
    its = await provider.aSender();
  });

  it("a message is taken once, with our id on it and an attempt that was written (defect 147)", async () => {
    const { id } = await its.plan();
    expect(await deliver(its.ctx(), id)).toBe("accepted");
    expect(await deliver(its.ctx(), id)).toBe("not_planned");
    expect(provider.timesSent(id)).toBe(1);
    expect(await its.row(id)).toMatchObject({
      state: "accepted",
      attempts: 1,
      provider: name,
      provider_message_id: expect.any(String),
    });
    expect(await its.attempts(id)).toMatchObject([{ number: 1, outcome: "accepted" }]);
    expect(await its.log(id)).toMatchObject({ status: "sent", template_name: "turno" });
  });

  it("a BSUID goes where the provider wants it", async () => {
    const bsuid = `US.${name}1`;
    const { id } = await its.plan({ recipient: { bsuid } });
    expect(await deliver(its.ctx(), id)).toBe("accepted");
    const taken = name === "cloud" ? house.meta.whatsapp.sent.at(-1)?.recipient : ycloud.sent.at(-1)?.body["recipient"];
    expect(taken).toBe(bsuid);
  });

  it("a refusal that passes is tried again later, as an attempt of its own", async () => {
    const { id, phone } = await its.plan();
    provider.refuse(phone, 131056);
    expect(await deliver(its.ctx(), id)).toBe("retried");
    const row = await its.row(id);
    expect(row).toMatchObject({ state: "planned", reason: "retry", error_code: 131056 });
    expect(row?.due_at.getTime()).toBe(house.clock.now() + 6_000);
    expect(await deliver(its.ctx(), id)).toBe("retried");
    expect((await its.row(id))?.due_at.getTime()).toBe(house.clock.now() + 12_000);
    expect(await its.attempts(id)).toMatchObject([{ outcome: "refused" }, { outcome: "refused", error_code: 131056 }]);
  });

  it("a refusal that stays ends it, with a text for people", async () => {
    const { id, phone } = await its.plan();
    provider.refuse(phone, 131026);
    expect(await deliver(its.ctx(), id)).toBe("failed");
    expect(await its.row(id)).toMatchObject({ state: "failed", reason: "drop", error_code: 131026 });
    expect(await its.log(id)).toMatchObject({
      status: "failed",
      error_message: expect.stringContaining("no tiene WhatsApp"),
    });
    expect(provider.timesSent(id)).toBe(0);
  });

  test.each(["fail", "truncate"] as const)(
    "an answer that proves nothing (%s) is unknown and never sent again",
    async (fault) => {
      const { id, phone } = await its.plan();
      provider[fault](phone);
      expect(await deliver(its.ctx(), id)).toBe("unknown");
      house.meta.faults.clear();
      house.clock.advance(hours(2));
      const claimed = await claimDue(its.ctx(), { limit: 100, leaseSeconds: 1 });
      expect(claimed.map((one) => one.id)).not.toContain(id);
      expect(await deliver(its.ctx(), id)).toBe("not_planned");
      expect(await its.row(id)).toMatchObject({ state: "unknown", attempts: 1 });
      expect(provider.timesSent(id)).toBeLessThanOrEqual(1);
      expect(house.logs.some((line) => line.includes("message.unknown") && line.includes(id))).toBe(true);
      expect(await its.log(id)).toMatchObject({
        status: "unknown",
        error_message: expect.stringContaining("No sabemos"),
      });
    },
  );

  it("who opted out at the provider gets no more promotions", async () => {
    const { id, phone } = await its.plan();
    provider.refuse(phone, 131050);
    expect(await deliver(its.ctx(), id)).toBe("failed");
    const again = await its.plan({ recipient: { phone } });
    expect(await deliver(its.ctx(), again.id)).toBe("suppressed");
    expect(await its.row(again.id)).toMatchObject({ state: "dropped", reason: "suppressed", attempts: 0 });
    const utility = await its.plan({
      recipient: { phone },
      template: { id: its.templateId, name: "turno", language: "es_AR", category: "UTILITY" },
    });
    expect(await deliver(its.ctx(), utility.id)).not.toBe("suppressed");
  });
});

describe("a call that breaks", () => {
  test.each([
    ["before it was executed", { kind: "reset" }],
    ["after it was executed", { kind: "reset-after-execute" }],
    ["with a redirect", { kind: "redirect", location: "https://evil.example/" }],
    ["with a page of HTML", { kind: "html", status: 502 }],
  ] as const)("%s leaves the message unknown", async (_, fault) => {
    const { id } = await sender.plan();
    house.meta.faults.add({ match: SENDING, times: 1, fault });
    expect(await deliver(sender.ctx(), id)).toBe("unknown");
    expect(house.meta.whatsapp.timesSent(id)).toBeLessThanOrEqual(1);
  });
});

describe("who dies while sending", () => {
  it("leaves a message that becomes unknown when its time is over, and is sent at most once", async () => {
    const ids: string[] = [];
    for (let at = 1; at < 12; at += 1) {
      for (const when of ["before", "after"] as const) {
        const { id } = await sender.plan();
        ids.push(id);
        await house.crash({ at, when }, ({ tools }) =>
          deliver({ ...sender.ctx(), ...withTools(tools) }, id).catch(() => undefined),
        );
      }
    }
    house.clock.advance(minutes(3));
    for (let round = 0; round < 3; round += 1) {
      for (const { id } of await claimDue(sender.ctx(), { limit: 100, leaseSeconds: 60 }))
        await deliver(sender.ctx(), id);
    }
    const states = await Promise.all(ids.map(async (id) => (await sender.row(id))?.state));
    expect(new Set(states)).toEqual(new Set(["accepted", "unknown"]));
    for (const id of ids) expect(house.meta.whatsapp.timesSent(id)).toBeLessThanOrEqual(1);
    const accepted = ids.filter((_, index) => states[index] === "accepted");
    expect(accepted.map((id) => house.meta.whatsapp.timesSent(id))).toEqual(accepted.map(() => 1));
  });
});

const withTools = ({ tenantDb, meta, vault, ycloud: other }: House["tools"]) => ({
  db: tenantDb(sender.tenantId),
  meta,
  vault,
  ycloud: other,
});

describe("what stops more than one message", () => {
  it("a number that may not send is marked, and its message waits", async () => {
    const its = await aSender(house);
    house.meta.whatsapp.levers.stopped.set(its.phoneNumberId, 131042);
    const { id } = await its.plan();
    expect(await deliver(its.ctx(), id)).toBe("retried");
    expect(await house.sql("SELECT problem FROM meta_assets WHERE asset_id = $1", [its.phoneNumberId])).toEqual([
      { problem: "send.131042" },
    ]);
    house.meta.whatsapp.levers.stopped.clear();
    expect(await deliver(its.ctx(), id)).toBe("accepted");
  });

  it("a template that Meta paused is no longer approved here", async () => {
    const its = await aSender(house);
    const { id, phone } = await its.plan();
    house.meta.whatsapp.script(digits(phone), { code: 132015 });
    expect(await deliver(its.ctx(), id)).toBe("failed");
    expect(await its.counts()).toMatchObject({ status: "PAUSED", sent_count: 0 });
  });

  it("a dead token ends the attempt, is told to the connection, and the message waits without a call", async () => {
    const its = await aSender(house);
    const { id } = await its.plan();
    house.meta.faults.add({ match: SENDING, times: 1, fault: { kind: "graph-error", code: 190, subcode: 460 } });
    expect(await deliver(its.ctx(), id)).toBe("retried");
    expect(await house.sql("SELECT status FROM connections WHERE tenant_id = $1", [its.tenantId])).toEqual([
      { status: "needs_reauth" },
    ]);
    expect(await deliver(its.ctx(), id)).toBe("not_ready");
    expect(await its.row(id)).toMatchObject({ state: "planned", reason: "connection.needs_reauth", attempts: 1 });
    expect((await its.log(id))?.status).toBe("pending");
  });

  it("without a number, a permission or a key nothing is tried, and the log says why (defect 144)", async () => {
    const its = await aSender(house, { scopes: ["ads_read"] });
    const { id } = await its.plan();
    expect(await deliver(its.ctx(), id)).toBe("not_ready");
    expect(await its.row(id)).toMatchObject({ reason: "connection.missing_scope", attempts: 0 });
    await house.sql("UPDATE meta_assets SET released_at = now() WHERE tenant_id = $1", [its.tenantId]);
    expect(await deliver(its.ctx(), id)).toBe("not_ready");
    expect(await its.row(id)).toMatchObject({ reason: "no_number" });
    await house.sql(
      "INSERT INTO message_providers (tenant_id, provider, sender) VALUES ($1, 'ycloud', '+5491100000000')",
      [its.tenantId],
    );
    expect(await deliver(its.ctx(), id)).toBe("not_ready");
    expect(await its.log(id)).toMatchObject({ status: "pending", error_message: "connection.missing" });
  });

  it("a number of another tenant is none of ours", async () => {
    const [its, other] = [await aSender(house), await aSender(house)];
    const { id } = await its.plan({ phoneNumberId: other.phoneNumberId });
    expect(await deliver(its.ctx(), id)).toBe("not_ready");
    expect(house.meta.whatsapp.timesSent(id)).toBe(0);
  });
});
