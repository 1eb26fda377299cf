import { Ratelimit } from "@upstash/ratelimit";
import { expect, test } from "vitest";
import { onEveryRedis } from "./contract.ts";

onEveryRedis((the) => {
  const { aKey, aClient, post } = the;
  const error = (message: string) => ({ error: expect.stringContaining(message) });

  test("scripts: an unknown hash is NOSCRIPT until the script was loaded or run", async () => {
    const script = `return {KEYS[1], ARGV[1], #ARGV} -- ${aKey()}`;
    const sha = the.client.createScript(script);
    const hash = await the.client.scriptLoad("return 'loaded'");
    expect(await the.client.evalsha(hash, [], [])).toBe("loaded");
    expect(await the.client.scriptExists(hash, "0".repeat(40))).toEqual([1, 0]);
    expect(await post("/", ["EVALSHA", "f".repeat(40), "0"])).toEqual([
      400,
      { error: expect.stringMatching(/^NOSCRIPT No matching script/) },
    ]);
    expect(await sha.exec(["k"], ["a"])).toEqual(["k", "a", 1]);
    expect(await sha.evalsha(["k"], ["a"])).toEqual(["k", "a", 1]);
  });

  test("Lua values become Redis' and back", async () => {
    const key = aKey();
    await the.client.hset(key, { a: 1 });
    const ask = (script: string, args: string[] = []) => the.client.eval(script, [key], args);
    expect(await ask("return {1, 3.99, 'x', true, false, {2}, nil, 9}")).toEqual([1, 3, "x", 1, null, [2]]);
    expect(await ask("return 1700000000000 + 1")).toBe(1700000000001);
    expect(await ask("return tostring(tonumber(ARGV[1]) * 2) .. '|' .. (10 / 2)", ["1700000000000"])).toBe(
      "3400000000000|5",
    );
    expect(await ask("return redis.call('GET', 'none') == false")).toBe(1);
    expect(await ask("return redis.call('SET', KEYS[1] .. ':s', 5)['ok']")).toBe("OK");
    expect(await ask("return redis.status_reply('FINE')")).toBe("FINE");
    expect(await ask("return redis.call('TYPE', KEYS[1])['ok']")).toBe("hash");
    expect(await ask("return redis.call('HMGET', KEYS[1], 'a', 'b')[2] == false")).toBe(1);
    expect(await ask("return {unpack(ARGV)}", ["x", "y"])).toEqual(["x", "y"]);
    expect(await ask("local ok = redis.pcall('INCR', KEYS[1]) return ok['err']")).toBe(
      "WRONGTYPE Operation against a key holding the wrong kind of value",
    );
    expect(await ask("return redis.sha1hex('')")).toBe("da39a3ee5e6b4b0d3255bfef95601890afd80709");
  });

  test("failing scripts say why", async () => {
    const key = aKey();
    await the.client.set(key, "text");
    const run = (script: string) => post("/", ["EVAL", script, "1", key]);
    expect(await run("redis.call('SET', KEYS[1], 'changed')\nredis.call('HGET', KEYS[1], 'f')")).toEqual([
      400,
      {
        error: expect.stringMatching(
          /^WRONGTYPE Operation against a key holding the wrong kind of value script: [0-9a-f]{40}, on @user_script:2\.$/,
        ),
      },
    ]);
    expect(await the.client.get(key)).toBe("changed");
    expect(await run("return redis.error_reply('MINE is bad')")).toEqual([400, error("MINE is bad")]);
    expect(await run("error('thrown')")).toEqual([400, error("user_script:1: thrown")]);
    expect(await run("this is not Lua")).toEqual([400, error("ERR Error compiling script")]);
    expect(await run("return nowhere")).toEqual([
      400,
      error("Script attempted to access nonexistent global variable 'nowhere'"),
    ]);
    expect(await run("leak = 1")).toEqual([400, error("Attempt to modify a readonly table")]);
    expect(await run("return redis.call('NOPE')")).toEqual([400, error("Unknown Redis command called from script")]);
    expect(await run("return redis.call('GET')")).toEqual([
      400,
      error("Wrong number of args calling Redis command from script"),
    ]);
    expect(await run("return redis.call('EVAL', 'return 1', 0)")).toEqual([
      400,
      error("This Redis command is not allowed from script"),
    ]);
    expect(await post("/", ["EVAL", "return 1", "2", key])).toEqual([
      400,
      error("ERR Number of keys can't be greater than number of args"),
    ]);
  });

  test.each([
    ["a sliding window", () => Ratelimit.slidingWindow(3, "60 s")],
    ["a fixed window", () => Ratelimit.fixedWindow(3, "60 s")],
    ["a token bucket", () => Ratelimit.tokenBucket(3, "60 s", 3)],
  ])("@upstash/ratelimit with %s lets three through, by hash after the first", async (_, limiter) => {
    await the.client.scriptFlush();
    const ratelimit = new Ratelimit({
      redis: aClient({ retry: false }),
      limiter: limiter(),
      prefix: aKey(),
      ephemeralCache: false,
      timeout: 0,
      enableTelemetry: false,
    });
    const before = the.door.requests();
    const results = [];
    for (let turn = 0; turn < 4; turn += 1) results.push(await ratelimit.limit("someone"));
    expect(results.map(({ success, remaining }) => [success, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ]);
    // EVALSHA, NOSCRIPT, EVAL; from then on EVALSHA alone.
    expect(the.door.requests() - before).toBe(5);
    await ratelimit.resetUsedTokens("someone");
    expect(await ratelimit.getRemaining("someone")).toMatchObject({ remaining: 3 });
  });
});
