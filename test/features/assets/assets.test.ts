import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemCtx } from "../../../src/context.ts";
import { runBinding } from "../../../src/features/assets/assets.jobs.ts";
import { openPageToken } from "../../../src/features/connection/page-token.ts";
import { rewrapTokens } from "../../../src/features/key-rotation/rewrap.service.ts";
import { days, hours, minutes } from "../../support/clock.ts";
import { everyFeature } from "../../support/features.ts";
import { aHouse, type House } from "../../support/house.ts";
import type { Json } from "../../support/json.ts";
import { aBrowser, aConnectedTenant, aPerson, aSessionToken, as, consent, type Person } from "../../support/people.ts";
import {
  demoPageIds,
  demoPersonIds,
  demoPhoneNumberIds,
  demoSystemUserId,
  demoWabaIds,
} from "../../world/meta/demo-ids.ts";
import { aRing, vaultOf } from "../key-rotation/keys.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse({ variables: everyFeature });
});
afterAll(() => house.stop());
afterEach(async () => {
  house.meta.faults.clear();
  house.meta.state.forgetsSubscriptions = false;
  house.meta.state.grantedWabaIds = undefined;
  // What a test leaves bound would be taken for the next.
  await house.sql("UPDATE meta_assets SET released_at = now(), token_sealed = NULL WHERE released_at IS NULL");
  await house.sql("DELETE FROM asset_schedule");
  house.meta.state.subscriptions.clear();
});

const work = async () => {
  await house.tick();
  while ((await house.queue.deliverDue()) > 0);
};

const aBoundTenant = async (): Promise<Person> => {
  const person = await aConnectedTenant(house);
  await work();
  return person;
};

type Wire = Json;

const assetsOf = async (person: Person): Promise<Map<string, Wire>> => {
  const { data } = (await (await as(house, person).get("/crm/marketing/assets")).json()) as Json;
  return new Map((data.assets as Wire[]).map((asset) => [String(asset["id"]), asset]));
};

const ctxOf = ({ tenantId }: Person) => systemCtx(house.tools, { tenantId, requestId: "test-request", job: "test" });

const checksOf = async (person: Person): Promise<Wire[]> =>
  ((await (await as(house, person).get("/crm/auth/meta/test-connection")).json()) as Json)["data"].checks;

describe("after a login", () => {
  it("defect 34: pages, WhatsApp accounts and numbers are the tenant's, and Meta sends what happens there", async () => {
    const person = await aBoundTenant();
    const assets = await assetsOf(person);
    expect(
      Object.fromEntries([...assets].map(([id, { kind, state, parent_id: parent }]) => [id, [kind, state, parent]])),
    ).toEqual({
      [demoPageIds.clinic]: ["page", "ready", null],
      // Its people may look at its figures, and no more.
      [demoPageIds.miami]: ["page", "problem", null],
      [demoPageIds.optics]: ["page", "ready", null],
      [demoWabaIds.clinic]: ["waba", "ready", null],
      [demoWabaIds.optics]: ["waba", "ready", null],
      [demoPhoneNumberIds.clinic]: ["phone_number", "ready", demoWabaIds.clinic],
      [demoPhoneNumberIds.clinicSecond]: ["phone_number", "ready", demoWabaIds.clinic],
      [demoPhoneNumberIds.optics]: ["phone_number", "ready", demoWabaIds.optics],
    });
    expect(assets.get(demoPageIds.miami)).toMatchObject({
      problem: { code: "meta.permission", hint: expect.any(String) },
    });
    expect(house.meta.state.subscriptions.get(demoPageIds.clinic)).toEqual(["leadgen"]);
    expect(house.meta.state.subscriptions.has(demoWabaIds.optics)).toBe(true);
    expect(JSON.stringify([...assets.values()])).not.toMatch(/EAAG|v2\./);
  });

  it("the dialog asked for what the features need, and for nothing twice", async () => {
    const person = await aPerson(house);
    const { data } = (await (await as(house, person).get("/crm/auth/meta/url")).json()) as Json;
    const scopes = new URL(data.auth_url).searchParams.get("scope")?.split(",") ?? [];
    expect(scopes).toEqual([...new Set(scopes)]);
    expect(scopes).toEqual(
      expect.arrayContaining(["ads_read", "leads_retrieval", "pages_manage_metadata", "whatsapp_business_messaging"]),
    );
  });

  it("what was declined is named, asked for again, and the rest works", async () => {
    const person = await aPerson(house);
    const browser = aBrowser(house);
    browser.jar.set("access_token", await aSessionToken(person, { now: house.clock.now() }));
    const login = async () =>
      ((await (await browser.open("/crm/auth/meta/url")).json()) as Json)["data"].auth_url as string;
    const granted = "partial:ads_read,business_management,whatsapp_business_management,whatsapp_business_messaging";
    await browser.open(await consent(house, await login(), granted, demoPersonIds.reserved));
    const { data } = (await (await as(house, person).get("/crm/marketing/token-status")).json()) as Json;
    expect(data).toMatchObject({ status: "active", missing_scopes: expect.arrayContaining(["leads_retrieval"]) });
    expect(new URL(await login()).searchParams.get("auth_type")).toBe("rerequest");
    await work();
    expect([...(await assetsOf(person)).keys()].toSorted()).toEqual(
      [demoPhoneNumberIds.optics, demoWabaIds.optics].toSorted(),
    );
    house.meta.state.grants.clear();
  });

  it("a system user's pasted token finds its pages too, and WhatsApp only what it was granted by name", async () => {
    const person = await aPerson(house);
    const scopes = [
      "ads_read,business_management,leads_retrieval,pages_show_list,pages_read_engagement,pages_manage_metadata",
      "pages_manage_ads,whatsapp_business_management,whatsapp_business_messaging",
    ].flatMap((part) => part.split(","));
    const token = house.meta.issueToken({
      kind: "SYSTEM_USER",
      personId: demoSystemUserId,
      scopes,
      wabaIds: [demoWabaIds.optics],
    });
    const answer = await as(house, person).post("/crm/auth/meta/system-user-token", { token: token.value });
    expect(answer.status).toBe(200);
    await work();
    const assets = await assetsOf(person);
    expect(assets.get(demoPageIds.clinic)).toMatchObject({ state: "ready" });
    expect(assets.get(demoWabaIds.optics)).toMatchObject({ state: "ready" });
    expect(assets.has(demoWabaIds.clinic)).toBe(false);
  });

  it("without permissions for pages or WhatsApp nobody asks Meta for any", async () => {
    const person = await aConnectedTenant(house);
    await house.sql("DELETE FROM asset_schedule");
    const answer = await as(house, person).post("/crm/marketing/assets/refresh");
    expect(answer.status).toBe(409);
  });
});

describe("an asset that another tenant has", () => {
  it("defect 36: is told of and never stolen, and is the next one's when it is free", async () => {
    const first = await aBoundTenant();
    const second = await aBoundTenant();
    expect((await assetsOf(first)).get(demoPageIds.clinic)).toMatchObject({ state: "ready" });
    expect((await assetsOf(second)).get(demoPageIds.clinic)).toMatchObject({
      state: "taken",
      problem: { code: "asset.taken" },
    });
    expect((await as(house, first).post("/crm/auth/meta/disconnect")).status).toBe(200);
    house.clock.advance(days(1));
    await work();
    expect((await assetsOf(second)).get(demoPageIds.clinic)).toMatchObject({ state: "ready", problem: null });
    expect((await assetsOf(first)).size).toBe(0);
  });
});

describe("a subscription", () => {
  it("that Meta only says it made is not believed, and is made again soon", async () => {
    house.meta.state.forgetsSubscriptions = true;
    const person = await aBoundTenant();
    expect((await assetsOf(person)).get(demoPageIds.clinic)).toMatchObject({
      state: "problem",
      subscribed_at: null,
      problem: { code: "asset.not_subscribed" },
    });
    expect(await checksOf(person)).toContainEqual({
      name: "page_subscription",
      status: "fail",
      hint: expect.stringMatching(/Clínica Dental Aurora|Óptica Andina/),
    });
    house.meta.state.forgetsSubscriptions = false;
    house.clock.advance(minutes(11));
    await work();
    expect((await assetsOf(person)).get(demoPageIds.clinic)).toMatchObject({ state: "ready", problem: null });
  });

  it("that was lost is found lost and made again within a day and a night", async () => {
    const person = await aBoundTenant();
    house.meta.state.subscriptions.clear();
    house.clock.advance(days(1));
    await work();
    expect(house.meta.state.subscriptions.get(demoPageIds.clinic)).toEqual(["leadgen"]);
    expect((await assetsOf(person)).get(demoPageIds.clinic)).toMatchObject({ state: "ready" });
  });

  it("keeps the fields that somebody else asked for", async () => {
    house.meta.state.subscriptions.set(demoPageIds.clinic, ["feed"]);
    await aBoundTenant();
    expect(house.meta.state.subscriptions.get(demoPageIds.clinic)).toEqual(["feed", "leadgen"]);
  });

  it("of one page that fails keeps no other from its own", async () => {
    house.meta.faults.add({
      match: new RegExp(`${demoPageIds.clinic}/subscribed_apps`),
      fault: { kind: "graph-error", code: 2 },
    });
    const assets = await assetsOf(await aBoundTenant());
    expect(assets.get(demoPageIds.clinic)).toMatchObject({ problem: { code: "meta.transient" } });
    expect(assets.get(demoPageIds.optics)).toMatchObject({ state: "ready" });
  });
});

describe("test-connection", () => {
  it("names each check of pages, leads and WhatsApp, all well where all is", async () => {
    const person = await aBoundTenant();
    const choice = [demoPageIds.clinic, demoWabaIds.clinic];
    expect((await as(house, person).post("/admin/meta/select-channels", { asset_ids: choice })).status).toBe(200);
    await work();
    expect((await checksOf(person)).slice(-3)).toEqual(
      ["page_subscription", "lead_access", "whatsapp"].map((name) => ({ name, status: "ok", hint: null })),
    );
    await house.sql("UPDATE meta_assets SET released_at = now() WHERE tenant_id = $1", [person.tenantId]);
    expect((await checksOf(person)).slice(-3).map(({ status }) => status)).toEqual(["warn", "warn", "warn"]);
  });
});

describe("row 10: the panel", () => {
  it("shows channels and bindings, and chooses among them", async () => {
    const person = await aBoundTenant();
    const client = as(house, person);
    const panel = async () => ((await (await client.get("/admin/meta/status")).json()) as Json)["data"];
    expect(await panel()).toMatchObject({
      connected: true,
      channels: { facebook: { connected: true, count: 2 }, whatsapp: { connected: true, count: 3 } },
    });
    const answer = await client.post("/admin/meta/select-channels", { asset_ids: [demoPhoneNumberIds.clinic] });
    expect(answer.status).toBe(200);
    await work();
    const after = await panel();
    expect(after.channels).toEqual({
      facebook: { connected: false, count: 0 },
      whatsapp: { connected: true, count: 2 },
    });
    expect(after.bindings.map(({ asset_id: id }: Json) => id).toSorted()).toEqual(
      [demoWabaIds.clinic, demoPhoneNumberIds.clinic, demoPhoneNumberIds.clinicSecond].toSorted(),
    );
    // What was left is told to Meta, stays left in the night, and comes back when it is chosen again.
    expect(house.meta.state.subscriptions.has(demoPageIds.clinic)).toBe(false);
    house.clock.advance(days(1));
    await work();
    expect((await assetsOf(person)).get(demoPageIds.clinic)).toMatchObject({ state: "declined" });
    await client.post("/admin/meta/select-channels", { asset_ids: [demoPageIds.clinic] });
    await work();
    expect((await assetsOf(person)).get(demoPageIds.clinic)).toMatchObject({ state: "ready" });
  });
});

describe("a page's own token", () => {
  const sealedOf = async ({ tenantId }: Person) =>
    (await house.sql(
      "SELECT asset_id, token_sealed FROM meta_assets WHERE tenant_id = $1 AND token_sealed IS NOT NULL",
      [tenantId],
    )) as {
      asset_id: string;
      token_sealed: string;
    }[];

  it("opens at its page and nowhere else", async () => {
    const person = await aBoundTenant();
    const [one, other] = await sealedOf(person);
    const open = (assetId = "", tokenSealed = "") => openPageToken(ctxOf(person), { assetId, tokenSealed });
    expect(await open(one?.asset_id, one?.token_sealed)).toMatch(/^EAAG/);
    expect(await open(other?.asset_id, one?.token_sealed)).toBeUndefined();
  });

  it("comes under the first key of the ring with the others", async () => {
    const person = await aBoundTenant();
    const [k1, k2] = [aRing("k1"), aRing("k2")];
    const ctx = ctxOf(person);
    for (const { asset_id: id, token_sealed: sealed } of await sealedOf(person)) {
      const place = { tenantId: person.tenantId, connectionId: id, kind: "page" };
      const anew = await vaultOf(k1.key).seal((await ctx.vault.open(sealed, place)) ?? "", place);
      await house.sql("UPDATE meta_assets SET token_sealed = $3 WHERE tenant_id = $1 AND asset_id = $2", [
        person.tenantId,
        id,
        anew,
      ]);
    }
    const done = await rewrapTokens({ ...ctx, vault: vaultOf(k2.key, k1.key) });
    expect(done).toMatchObject({ renewed: 3, overtaken: 0 });
    const [sealed] = await sealedOf(person);
    const { asset_id: assetId = "", token_sealed: tokenSealed = "" } = sealed ?? {};
    expect(await openPageToken({ ...ctx, vault: vaultOf(k2.key) }, { assetId, tokenSealed })).toMatch(/^EAAG/);
  });

  it("is erased with the tenant's, and Meta sends no more, when the tenant disconnects", async () => {
    const person = await aBoundTenant();
    expect((await as(house, person).post("/crm/auth/meta/disconnect")).status).toBe(200);
    expect(await sealedOf(person)).toEqual([]);
    expect([...house.meta.state.subscriptions.keys()]).toEqual([]);
    expect(await house.sql("SELECT FROM asset_schedule WHERE tenant_id = $1", [person.tenantId])).toEqual([]);
  });

  it("is not written by a look that a disconnect has overtaken", async () => {
    const person = await aConnectedTenant(house);
    house.meta.faults.add({ match: /me\/accounts/, times: 1, fault: { kind: "latency", ms: 300 } });
    const binding = runBinding(ctxOf(person));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await as(house, person).post("/crm/auth/meta/disconnect")).status).toBe(200);
    await binding;
    expect(await sealedOf(person)).toEqual([]);
    expect((await assetsOf(person)).size).toBe(0);
  });
});

it("the work is done once by any number of messages, and a lost one is posted again", async () => {
  const person = await aConnectedTenant(house);
  await house.tick();
  await house.queue.deliverDue({ copies: 3 });
  expect(house.meta.recorder.requests().filter(({ path }) => path === "/me/accounts").length).toBeGreaterThan(0);
  const before = house.meta.recorder.count(/me\/accounts/);
  await as(house, person).post("/crm/marketing/assets/refresh");
  await house.tick();
  house.queue.lose();
  house.clock.advance(hours(1));
  await work();
  expect(house.meta.recorder.count(/me\/accounts/)).toBe(before + 1);
});
