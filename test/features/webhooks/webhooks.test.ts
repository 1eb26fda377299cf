import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import { days, hours, minutes, seconds } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { as } from "../../support/people.ts";
import { metaApp } from "../../world/settings.ts";
import { type Notification, signedPost, writeBody } from "../../world/meta/webhook-body.ts";
import { anAccountEvent, aListener, anOwner, effectsOf, inboxOf, someId } from "./scene.ts";

const formerSecret = "the-secret-before-this-one-00000";
let house: House;
beforeAll(async () => {
  house = await aHouse({ variables: { META_APP_SECRET: `${metaApp.secret},${formerSecret}` } });
});
afterAll(() => house.stop());
afterEach(() => {
  house.neon.setFault(undefined);
  house.upstash.setFault(undefined);
  house.queue.setDown(false);
  house.queue.lose();
  house.logs.length = 0;
});

const now = () => Math.floor(house.clock.now() / 1000);
const work = async () => {
  await house.tick();
  while ((await house.queue.deliverDue()) > 0);
};
const told = (event: string) =>
  house.logs.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line["event"] === event);

describe("the handshake", () => {
  const verify = (query: Record<string, string>, path = "/webhooks/meta") =>
    house.request(`${path}?${new URLSearchParams(query)}`);
  const right = {
    "hub.mode": "subscribe",
    "hub.verify_token": "local-webhook-verify-token",
    "hub.challenge": "1158201444",
  };

  test.each(["/webhooks/meta", "/webhooks/meta/leadgen", "/webhooks/meta/7", "/webhooks/meta/nobody"])(
    "is answered with the challenge as plain text at %s",
    async (path) => {
      const answer = await verify(right, path);
      expect([answer.status, await answer.text(), answer.headers.get("content-type")]).toEqual([
        200,
        "1158201444",
        expect.stringMatching(/^text\/plain/),
      ]);
    },
  );

  test.each([
    ["another mode", { "hub.mode": "unsubscribe" }],
    ["no mode", { "hub.mode": "" }],
    ["a wrong token", { "hub.verify_token": "local-webhook-verify-toker" }],
    ["a part of the token", { "hub.verify_token": "local" }],
    ["no token", { "hub.verify_token": "" }],
    ["markup for a challenge", { "hub.challenge": "<script>" }],
    ["no challenge", { "hub.challenge": "" }],
    ["a challenge of 129", { "hub.challenge": "1".repeat(129) }],
    ["a challenge in two lines", { "hub.challenge": "1\n2" }],
  ])("defect 114: is refused with 403 for %s", async (_, wrong) => {
    const answer = await verify({ ...right, ...wrong });
    expect([answer.status, await answer.json()]).toEqual([
      403,
      expect.objectContaining({ error: expect.objectContaining({ code: "webhook.not_verified" }) }),
    ]);
  });
});

describe("defect 111: a signature", () => {
  const post = (init: RequestInit, path = "/webhooks/meta") => house.request(path, init);
  const body = () => writeBody(anAccountEvent("1", now()));
  const flipped = (text: string) => text.replace(/.$/, (last) => (last === "0" ? "1" : "0"));

  test.each([
    ["the app secret", () => metaApp.secret],
    ["the secret before it", () => formerSecret],
  ])("with %s holds", async (_, secret) => {
    expect((await post(signedPost(secret(), body()))).status).toBe(200);
  });

  test.each<[string, (right: string, init: Record<string, string>) => Record<string, string> | Headers]>([
    ["is missing", () => ({})],
    ["is empty", () => ({ "x-hub-signature-256": "" })],
    ["has no prefix", (right) => ({ "x-hub-signature-256": right.slice(7) })],
    ["has the prefix of another algorithm", (right) => ({ "x-hub-signature-256": right.replace("sha256", "sha512") })],
    ["has its prefix in capitals", (right) => ({ "x-hub-signature-256": right.replace("sha", "SHA") })],
    ["is in capitals", (right) => ({ "x-hub-signature-256": `sha256=${right.slice(7).toUpperCase()}` })],
    ["is a digit short", (right) => ({ "x-hub-signature-256": right.slice(0, -1) })],
    ["is a digit long", (right) => ({ "x-hub-signature-256": `${right}0` })],
    ["differs in one digit", (right) => ({ "x-hub-signature-256": flipped(right) })],
    ["holds no hex", (right) => ({ "x-hub-signature-256": right.replace(/.$/, "g") })],
    ["is the SHA-1 one alone", (_, all) => ({ "x-hub-signature": all["x-hub-signature"] ?? "" })],
    ["is the SHA-1 one under the other's name", (_, all) => ({ "x-hub-signature-256": all["x-hub-signature"] ?? "" })],
    [
      "came twice",
      (right) => {
        const headers = new Headers({ "x-hub-signature-256": right });
        headers.append("x-hub-signature-256", right);
        return headers;
      },
    ],
  ])("that %s is refused before anything is read", async (_, headersOf) => {
    const init = signedPost(metaApp.secret, "this is no JSON");
    const answer = await post({ ...init, headers: headersOf(init.headers["x-hub-signature-256"] ?? "", init.headers) });
    expect([answer.status, await answer.json()]).toEqual([
      401,
      expect.objectContaining({ error: expect.objectContaining({ code: "signature.invalid" }) }),
    ]);
    expect(told("webhook.refused")).toHaveLength(1);
  });

  it("of another secret, or of a body that differs in one byte, is refused", async () => {
    const right = signedPost(metaApp.secret, body());
    expect((await post(signedPost("another-secret-another-secret-00", body()))).status).toBe(401);
    for (let at = 0; at < 40; at += 1) {
      const bytes = new TextEncoder().encode(body());
      bytes[at * 2] = (bytes[at * 2] ?? 0) ^ 1;
      expect((await post({ ...right, body: bytes })).status).toBe(401);
    }
  });

  it("that holds lets nothing in that is no JSON: 422, and Meta's limit of 3 MiB instead of 1", async () => {
    expect((await post(signedPost(metaApp.secret, "{"))).status).toBe(422);
    expect((await post(signedPost(metaApp.secret, `${"[".repeat(500)}${"]".repeat(500)}`))).status).toBe(422);
    expect((await post(signedPost(metaApp.secret, JSON.stringify({ pad: "x".repeat(2 ** 21) })))).status).toBe(200);
    expect((await post(signedPost(metaApp.secret, JSON.stringify({ pad: "x".repeat(3 * 2 ** 20) })))).status).toBe(413);
  });

  it("that does not hold is counted by address, one that holds is not", async () => {
    const from = (init: RequestInit) =>
      post({ ...init, headers: { ...(init.headers as object), "cf-connecting-ip": "203.0.113.9" } });
    const wrong = signedPost("another-secret-another-secret-00", body());
    for (let call = 0; call < 60; call += 1) expect((await from(wrong)).status).toBe(401);
    expect((await from(wrong)).status).toBe(429);
    expect((await from(signedPost(metaApp.secret, body()))).status).toBe(200);
  });
});

describe("what Meta tells", () => {
  it("defect 116: is stored before it is answered, worked on by the queue, and leaves its mark once", async () => {
    const owner = await anOwner(house);
    await aListener(house, owner);
    expect((await house.meta.notify(anAccountEvent(owner.waba, now())))?.status).toBe(200);
    expect(await inboxOf(house, owner)).toMatchObject([{ state: "pending", topic: "account", tries: 0 }]);
    await work();
    expect(await inboxOf(house, owner)).toMatchObject([{ state: "done", tries: 1, last_error: null }]);
    expect(await effectsOf(house, owner)).toBe(1);
    const [asset] = await house.sql("SELECT details FROM meta_assets WHERE tenant_id = $1 AND kind = 'waba'", [
      owner.tenantId,
    ]);
    expect(asset?.["details"]).toMatchObject({ account_event: { event: "ACCOUNT_RESTRICTION" } });
  });

  it("is stored once however often it comes: ten times, together and one after the other", async () => {
    const owner = await anOwner(house);
    await aListener(house, owner);
    const notification = anAccountEvent(owner.waba, now());
    await Promise.all(Array.from({ length: 5 }, () => house.meta.notify(notification)));
    await work();
    await house.meta.notify(notification, { copies: 5 });
    await work();
    expect(await inboxOf(house, owner)).toHaveLength(1);
    expect(await effectsOf(house, owner)).toBe(1);
  });

  it("defect 104, defect 113: belongs to whom the asset belongs, whatever the path says; to nobody, where it is nobody's", async () => {
    const [owner, neighbour] = [await anOwner(house), await anOwner(house)];
    const leadgen = (page: string): Notification => ({
      object: "page",
      entry: [
        { id: page, time: now(), changes: [{ field: "leadgen", value: { leadgen_id: someId(), page_id: page } }] },
      ],
    });
    for (const path of ["", "/leadgen", `/${neighbour.tenantId}`, "/0"]) {
      const init = signedPost(metaApp.secret, writeBody(leadgen(owner.page)));
      expect((await house.request(`/webhooks/meta${path}`, init)).status).toBe(200);
    }
    expect((await house.meta.notify(leadgen(someId())))?.status).toBe(200);
    expect(await inboxOf(house, owner)).toHaveLength(4);
    expect(await inboxOf(house, neighbour)).toEqual([]);
    expect(told("webhook.received").at(-1)).toMatchObject({ events: 1, stored: 0, unrouted: 1 });
    await house.sql("UPDATE meta_assets SET released_at = now() WHERE tenant_id = $1", [owner.tenantId]);
    await house.meta.notify(leadgen(owner.page));
    expect(await inboxOf(house, owner)).toHaveLength(4);
  });

  it("goes by the number before the account: two tenants may share one", async () => {
    const [owner, other] = [await anOwner(house), await anOwner(house)];
    const message = (number: string): Notification => ({
      object: "whatsapp_business_account",
      entry: [
        {
          id: owner.waba,
          changes: [
            {
              field: "messages",
              value: { metadata: { phone_number_id: number }, messages: [{ id: `wamid.${someId()}`, from: "1" }] },
            },
          ],
        },
      ],
    });
    await house.meta.notify(message(other.number));
    await house.meta.notify(message(someId()));
    expect([(await inboxOf(house, other)).length, (await inboxOf(house, owner)).length]).toEqual([1, 1]);
  });

  it("that is of no use to anybody is taken and counted", async () => {
    for (const odd of [
      {
        object: "ad_account",
        entry: [{ id: "111", time: now(), changes: [{ field: "with_issues_ad_objects", value: {} }] }],
      },
      {
        object: "permissions",
        entry: [{ id: "1", time: now(), changes: [{ field: "ads_read", value: { verb: "revoke" } }] }],
      },
      { object: "a new one", entry: [{ id: "1", changes: [{ field: "x", value: 1 }] }] },
    ])
      expect((await house.meta.notify(odd))?.status).toBe(200);
    expect(told("webhook.received").map(({ events, dropped }) => [events, dropped])).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
  });

  it("comes again, with nothing lost, while the database is away; the queue's absence costs time only", async () => {
    const owner = await anOwner(house);
    await aListener(house, owner);
    house.neon.setFault({ kind: "reset-before" });
    expect((await house.meta.notify(anAccountEvent(owner.waba, now())))?.status).toBe(503);
    house.neon.setFault(undefined);
    expect(await inboxOf(house, owner)).toEqual([]);
    house.clock.advance(minutes(1));
    house.queue.setDown(true);
    expect(await house.meta.deliverWebhooks()).toBe(0);
    expect(told("webhook.not_posted")).toHaveLength(1);
    expect(await inboxOf(house, owner)).toMatchObject([{ state: "pending" }]);
    house.queue.setDown(false);
    await work();
    expect(await effectsOf(house, owner)).toBe(0);
    house.clock.advance(minutes(2));
    await work();
    expect(await effectsOf(house, owner)).toBe(1);
  });

  it("says so when it is older than a week", async () => {
    const owner = await anOwner(house);
    await house.meta.notify(anAccountEvent(owner.waba, now() - 8 * 86_400));
    await house.meta.notify(anAccountEvent(owner.waba, now() - 6 * 86_400));
    expect((await inboxOf(house, owner)).map(({ is_late }) => is_late).toSorted()).toEqual([false, true]);
  });

  it("holds U+0000, halves of letters and ids that no double can tell apart, and none of it stops the others", async () => {
    const owner = await anOwner(house);
    const body = `{"object":"page","entry":[{"id":${owner.page},"changes":[{"field":"leadgen","value":
      {"leadgen_id":120210000000000333,"ad_id":120210000000000334,"note\\u0000":"a\\u0000b\\ud800"}}]}]}`;
    expect((await house.request("/webhooks/meta", signedPost(metaApp.secret, body))).status).toBe(200);
    const [stored] = await inboxOf(house, owner);
    expect(JSON.parse(stored?.payload ?? "")).toMatchObject({
      leadgen_id: "120210000000000333",
      ad_id: "120210000000000334",
    });
  });
});

describe("an event that fails", () => {
  /** Of a topic that this deployment does not know: what a newer one has stored. */
  async function aFailing() {
    const owner = await anOwner(house);
    await house.meta.notify(anAccountEvent(owner.waba, now()));
    await house.sql("UPDATE webhook_inbox SET topic = 'newer' WHERE tenant_id = $1", [owner.tenantId]);
    return owner;
  }

  it("is tried again later and later, twelve times, and keeps nobody from their turn", async () => {
    const owner = await aFailing();
    const time = now();
    for (let event = 0; event < 3; event += 1) await house.meta.notify(anAccountEvent(owner.waba, time + event + 1));
    const begun = house.clock.now();
    let state: string | undefined;
    for (let hour = 0; hour < 60 && state !== "failed"; hour += 1) {
      await work();
      house.clock.advance(hours(1));
      state = (await inboxOf(house, owner)).find(({ topic }) => topic === "newer")?.state;
    }
    expect(
      (await inboxOf(house, owner)).map(({ state: end, tries, last_error: error }) => [end, tries, error]).toSorted(),
    ).toEqual([
      ["done", 1, null],
      ["done", 1, null],
      ["done", 1, null],
      ["failed", 12, "webhook.unhandled"],
    ]);
    expect(house.clock.now() - begun).toBeGreaterThan(hours(3));
    expect(house.queue.dead).toEqual([]);
  });

  it("fails at once where trying again cannot help", async () => {
    const owner = await anOwner(house);
    const strange: Notification = {
      object: "whatsapp_business_account",
      entry: [
        { id: owner.waba, time: now(), changes: [{ field: "account_update", value: { event: { of: "no shape" } } }] },
      ],
    };
    await house.meta.notify(strange);
    await work();
    expect(await inboxOf(house, owner)).toMatchObject([{ state: "failed", tries: 1, last_error: "request.invalid" }]);
  });

  it("is shown without what it said, and is worked on again by hand: once, audited, its repetition answered the same", async () => {
    const owner = await aFailing();
    await house.sql("UPDATE webhook_inbox SET state = 'failed', due_at = NULL WHERE tenant_id = $1", [owner.tenantId]);
    await aListener(house, owner);
    const me = as(house, owner);
    const shown = await (await me.get("/crm/marketing/webhooks/events?state=failed")).text();
    expect(JSON.parse(shown)).toMatchObject({
      data: {
        counts: [{ topic: "newer", state: "failed", count: 1 }],
        events: [{ topic: "newer", asset_id: owner.waba, can_replay: true }],
      },
      next_cursor: null,
    });
    expect(shown).not.toContain("ACCOUNT_RESTRICTION");
    await house.sql("UPDATE webhook_inbox SET topic = 'account' WHERE tenant_id = $1", [owner.tenantId]);
    house.queue.lose();
    const again = () => me.post("/crm/marketing/webhooks/replay", { failed: true }, { "idempotency-key": "r1" });
    const [first, second] = [await again(), await again()];
    expect([first.status, await first.json()]).toMatchObject([200, { data: { replayed: 1, complete: true } }]);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(house.queue.waiting()).toHaveLength(1);
    await work();
    expect(await inboxOf(house, owner)).toMatchObject([{ state: "done", tries: 1 }]);
    const audited = await house.sql(
      "SELECT diff FROM audit_log WHERE tenant_id = $1 AND action LIKE '%replay' ORDER BY seq",
      [owner.tenantId],
    );
    expect(audited[0]?.["diff"]).toEqual({ failed: true });
    // What was done may be done again, and nothing comes of it.
    const [{ id } = { id: "" }] = await inboxOf(house, owner);
    await me.post("/crm/marketing/webhooks/replay", { ids: [id] });
    await work();
    expect(await effectsOf(house, owner)).toBe(1);
    const span = { since: "2026-01-01T00:00:00Z", until: "2027-12-31T00:00:00Z" };
    expect(await (await me.post("/crm/marketing/webhooks/replay", span)).json()).toMatchObject({
      data: { replayed: 1 },
    });
    expect((await me.post("/crm/marketing/webhooks/replay", { ids: [id], failed: true })).status).toBe(422);
    const neighbour = as(house, await anOwner(house));
    expect(await (await neighbour.post("/crm/marketing/webhooks/replay", { ids: [id] })).json()).toMatchObject({
      data: { replayed: 0 },
    });
  });

  it("comes in pages, newest first", async () => {
    const owner = await anOwner(house);
    for (let event = 0; event < 5; event += 1, house.clock.advance(seconds(1)))
      await house.meta.notify(anAccountEvent(owner.waba, now()));
    type Page = { data: { events: { id: string }[] }; next_cursor: string | null };
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const answer = await as(house, owner).get(
        `/crm/marketing/webhooks/events?limit=2${cursor && `&cursor=${cursor}`}`,
      );
      const page = (await answer.json()) as Page;
      seen.push(...page.data.events.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual((await inboxOf(house, owner)).map(({ id }) => id).toReversed());
  });
});

describe("time", () => {
  it("forgets what an event said a week after it was done, and after a month that it came", async () => {
    const owner = await anOwner(house);
    await house.meta.notify(anAccountEvent(owner.waba, now()));
    await work();
    house.clock.advance(days(7) - minutes(5));
    await work();
    expect((await inboxOf(house, owner))[0]?.payload).not.toBeNull();
    house.clock.advance(minutes(10));
    await work();
    expect(await inboxOf(house, owner)).toMatchObject([{ state: "done", payload: null }]);
    house.clock.advance(days(23));
    await work();
    expect(await inboxOf(house, owner)).toEqual([]);
  });

  it("shows in /readyz how long the oldest event has been waiting", async () => {
    const owner = await anOwner(house);
    await house.meta.notify(anAccountEvent(owner.waba, now()));
    house.clock.advance(minutes(20));
    const { checks } = (await (await house.request("/readyz")).json()) as { checks: { name: string }[] };
    expect(checks).toContainEqual({ name: "webhook_lag", ok: false, seconds: 1_200 });
    await work();
  });

  it("a dead message's events are claimed again by cron", async () => {
    const owner = await anOwner(house);
    await aListener(house, owner);
    await house.meta.notify(anAccountEvent(owner.waba, now()));
    const [message] = house.queue.waiting();
    house.queue.lose();
    house.neon.setFault({ kind: "status", status: 500, match: /update "webhook_inbox"/ });
    house.queue.add(message?.body);
    for (let tries = 0; house.queue.dead.length === 0 && tries < 40; tries += 1) {
      await house.queue.deliverDue();
      house.clock.advance(minutes(11));
    }
    expect(house.queue.dead).toHaveLength(1);
    house.queue.dead.length = 0;
    house.neon.setFault(undefined);
    await work();
    expect(await inboxOf(house, owner)).toMatchObject([{ state: "done", tries: 1 }]);
    expect(await effectsOf(house, owner)).toBe(1);
  });
});
