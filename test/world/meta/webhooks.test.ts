import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createClock, hours, minutes } from "../../support/clock.ts";
import { createMetaSimulator } from "./simulator.ts";
import type { Notification } from "./webhook-body.ts";

type Post = { url: string; body: string; headers: Record<string, string> };

function aMeta(statuses: number[] = []) {
  const clock = createClock();
  const posts: Post[] = [];
  const meta = createMetaSimulator({
    now: clock.now,
    appSecret: "the-app-secret-of-this-test",
    webhooks: {
      url: "https://app.test/hook",
      send: async (url, { body, headers }) => {
        posts.push({ url, body: body as string, headers: headers as Post["headers"] });
        return new Response(null, { status: statuses.shift() ?? 200 });
      },
    },
  });
  return { clock, meta, posts };
}

const change = (id: string, value: unknown): Notification => ({
  object: "page",
  entry: [{ id, time: 1, changes: [{ field: "leadgen", value }] }],
});

describe("simulated Meta", () => {
  it("signs the bytes on the wire, which are ASCII whatever they say, with both algorithms", async () => {
    const { meta, posts } = aMeta();
    await meta.notify(change("1", { text: "äöå 🌵", url: "https://x", id: 120_210_000_000_000_333n }));
    const [{ body, headers } = { body: "", headers: {} as Post["headers"] }] = posts;
    expect(body).toContain(
      String.raw`"text":"\u00e4\u00f6\u00e5 \ud83c\udf35","url":"https:\/\/x","id":120210000000000333`,
    );
    for (const [name, algorithm] of [
      ["x-hub-signature-256", "sha256"],
      ["x-hub-signature", "sha1"],
    ] as const)
      expect(headers[name]).toBe(
        `${algorithm}=${createHmac(algorithm, "the-app-secret-of-this-test").update(body).digest("hex")}`,
      );
  });

  it("tells again until it hears 200, later each time", async () => {
    const { clock, meta, posts } = aMeta([500, 404, 503]);
    await meta.notify(change("1", 1));
    const told: number[] = [];
    for (let minute = 0; meta.webhooksWaiting() > 0; minute += 1, clock.advance(minutes(1))) {
      const before = posts.length;
      await meta.deliverWebhooks();
      if (posts.length > before) told.push(minute);
    }
    expect(told).toEqual([1, 3, 7]);
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
  });

  it("gives up after a day and a half", async () => {
    const { clock, meta } = aMeta(Array.from({ length: 100 }, () => 500));
    await meta.notify(change("1", 1));
    for (let hour = 0; meta.webhooksWaiting() > 0 && hour < 100; hour += 1, clock.advance(hours(1)))
      await meta.deliverWebhooks();
    expect(meta.webhooksLost).toEqual([change("1", 1)]);
  });

  it("puts several changes into a POST, and sends the latest first, twice, or under another secret on demand", async () => {
    const { meta, posts } = aMeta();
    for (const [id, value] of [
      ["1", 1],
      ["2", 2],
      ["1", 3],
    ] as const)
      await meta.notify(change(id, value), { isHeld: true });
    await meta.deliverWebhooks({ reversed: true, perPost: 2 });
    const told = posts.map(({ body }) =>
      (JSON.parse(body) as Notification).entry.map(({ id, changes }) => [id, changes.length]),
    );
    expect(told).toEqual([
      [
        ["1", 1],
        ["2", 1],
      ],
      [["1", 1]],
    ]);
    await meta.notify(change("3", 1), { copies: 3, secret: "another" });
    expect(new Set(posts.slice(2).map(({ headers }) => headers["x-hub-signature-256"])).size).toBe(1);
    expect(posts).toHaveLength(5);
  });

  it("sends a sample at a click on its board", async () => {
    const { meta, posts } = aMeta();
    const click = (body: object) =>
      meta.app.request("/__sim/webhook", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    expect(await (await click({ sample: "opt_out" })).json()).toEqual({ status: 200, waiting: 0 });
    expect((await click({ sample: "none of them" })).status).toBe(400);
    await click({ body: JSON.stringify(change("9", "any")) });
    expect(posts.map(({ body }) => (JSON.parse(body) as Notification).object)).toEqual([
      "whatsapp_business_account",
      "page",
    ]);
    expect(await (await meta.app.request("/__sim")).text()).toContain('name="sample" value="leadgen"');
  });
});
