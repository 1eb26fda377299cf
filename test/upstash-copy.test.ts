// Upstash's driver and limiter in the bundle are copies cut to what we use (.upstash.mjs): they must send and read as the
// packages do, and have all that we call.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as wholeLimiter from "@upstash/ratelimit";
import * as wholeDriver from "@upstash/redis/cloudflare";
import { afterAll, afterEach, beforeAll, expect, it, test, vi } from "vitest";
import { root } from "./world/root.ts";

type Packages = { Redis: typeof wholeDriver.Redis; Ratelimit: typeof wholeLimiter.Ratelimit };
type Redis = InstanceType<Packages["Redis"]>;

const cut = (cwd: string) => execFileSync(process.execPath, [join(root, ".upstash.mjs")], { cwd, stdio: "pipe" });

const whole: Packages = { ...wholeDriver, ...wholeLimiter };
let ours: Packages;
let door: Server;
let sent: unknown[];
let answers: [number, unknown][];

beforeAll(async () => {
  cut(root);
  const copy = join(root, "node_modules/.cache/upstash");
  ours = { ...(await import(join(copy, "redis.mjs"))), ...(await import(join(copy, "ratelimit.mjs"))) } as Packages;
  door = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      const { authorization, "content-type": type } = request.headers;
      sent.push({ path: request.url, method: request.method, body, authorization, type });
      const [status, answer] = answers.shift() ?? [500, {}];
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => door.close(resolve)));
afterEach(() => vi.useRealTimers());

async function ask({ Redis, Ratelimit }: Packages, told: typeof answers, use: (redis: Redis, limit: Limit) => unknown) {
  sent = [];
  answers = [...told];
  const redis = new Redis({
    url: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
    token: "token",
    retry: { retries: 0 },
    enableAutoPipelining: false,
    automaticDeserialization: false,
    enableTelemetry: false,
  });
  const limit = (ephemeralCache: false | Map<string, number>) =>
    new Ratelimit({ redis, limiter: Ratelimit.slidingWindow(10, "60 s"), prefix: "limit", ephemeralCache }).limit("me");
  const got = await Promise.resolve(use(redis, limit)).catch((thrown: Error) => [thrown.name, thrown.message]);
  return { sent, got };
}
type Limit = (ephemeralCache: false | Map<string, number>) => Promise<unknown>;

test.each([
  ["ping", [[200, { result: "UE9ORw==" }]], (redis) => redis.ping()],
  ["get", [[200, { result: "eyJhIjoxfQ==" }]], (redis) => redis.get("key")],
  ["a get of nothing", [[200, { result: null }]], (redis) => redis.get("key")],
  ["set", [[200, { result: "T0s=" }]], (redis) => redis.set("key", "value", { nx: true, ex: 60 })],
  ["del", [[200, { result: 1 }]], (redis) => redis.del("one", "two")],
  ["a refusal", [[400, { error: "WRONGPASS" }]], (redis) => redis.get("key")],
  ["a broken door", [[502, "away"]], (redis) => redis.ping()],
  ["a yes", [[200, { result: [9, 10] }]], (_, limit) => limit(false)],
  ["a no", [[200, { result: [-1, 10] }]], (_, limit) => limit(new Map())],
  [
    "a limit whose script is not known",
    [
      [400, { error: "NOSCRIPT No matching script" }],
      [200, { result: [3, 10] }],
    ],
    (_, limit) => limit(false),
  ],
  ["a limit that fails", [[500, { error: "ERR" }]], (_, limit) => limit(false)],
] as [string, [number, unknown][], (redis: Redis, limit: Limit) => unknown][])(
  "%s is sent and read as by the packages",
  async (_, told, use) => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
    const [mine, theirs] = [await ask(ours, told, use), await ask(whole, told, use)];
    expect(mine.sent).toHaveLength(told.length);
    expect(JSON.stringify(mine)).toBe(JSON.stringify(theirs));
  },
);

it("has every command that we or the limiter call, and few others", () => {
  const adapter = join(root, "src/adapters/redis");
  const texts = [
    ...readdirSync(adapter).map((file) => readFileSync(join(adapter, file), "utf8")),
    /var safeEval[\s\S]*?\n\};/.exec(
      readFileSync(join(root, "node_modules/.cache/upstash/ratelimit.mjs"), "utf8"),
    )?.[0] ?? "",
  ];
  const called = new Set(
    texts.flatMap((text) => [...text.matchAll(/(?:driver|ctx\.redis)\.(\w+)/g)].map(([, it]) => it)),
  );
  const redis = new ours.Redis({ url: "http://127.0.0.1", token: "token", enableAutoPipelining: false });
  const methods = Object.keys(redis).filter((name) => typeof redis[name as keyof Redis] === "function");
  expect(methods).toEqual(expect.arrayContaining([...called]));
  expect([called.has("evalsha"), methods.length < 12]).toEqual([true, true]);
});

it("says at once that something is left out", () => {
  const redis = new ours.Redis({ url: "http://127.0.0.1", token: "token", enableAutoPipelining: false });
  const limiter = ours.Ratelimit.slidingWindow(10, "60 s");
  for (const more of [{ analytics: true }, { enableProtection: true }, { dynamicLimits: true }])
    expect(() => new ours.Ratelimit({ redis, limiter, ...more })).toThrow("Left out");
  const { limit, ...others } = new ours.Ratelimit({ redis, limiter });
  expect([typeof limit, others.getRemaining, others.resetUsedTokens]).toEqual(["function", undefined, undefined]);
  expect(() => redis.incr("key")).toThrow("incr is not a function");
});

test.each([
  ["a command of another name", "redis", /\n {2}evalsha = /g, "\n  evalSha = ", "Redis.evalsha"],
  [
    "a way of counting of another name",
    "ratelimit/dist/index.mjs",
    /static slidingWindow/g,
    "static sliding",
    "sliding",
  ],
  ["another way to limit", "ratelimit/dist/index.mjs", /submitAnalytics\(timed/g, "submit(timed", "submitAnalytics"],
])("%s is refused", (_, place, find, word, complaint) => {
  const elsewhere = mkdtempSync(join(tmpdir(), "upstash-"));
  try {
    for (const part of ["redis", "ratelimit/dist/index.mjs"]) {
      const to = join(elsewhere, "node_modules/@upstash", part);
      mkdirSync(dirname(to), { recursive: true });
      cpSync(join(root, "node_modules/@upstash", part), to, { recursive: true });
    }
    expect(() => cut(elsewhere)).not.toThrow();
    const folder = join(elsewhere, "node_modules/@upstash", place);
    const file =
      place === "redis" ? join(folder, readdirSync(folder).find((name) => name.startsWith("chunk")) ?? "") : folder;
    writeFileSync(file, readFileSync(file, "utf8").replace(find, word));
    expect(() => cut(elsewhere)).toThrow(complaint);
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});
