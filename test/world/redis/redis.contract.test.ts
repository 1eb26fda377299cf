// One suite for both Redises behind the Upstash door, through the drivers that production uses. It runs on the emulator always, and on
// a real server when one is on PATH: what both pass is what the emulator may be trusted with.
import { Ratelimit } from "@upstash/ratelimit";
import { Redis as UpstashRedis, type RedisConfigNodejs } from "@upstash/redis";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startEmulator } from "./emulator/emulator.ts";
import { findServerProgram, startRedisServer } from "./redis-server.ts";
import type { Redis } from "./reply.ts";
import { startUpstashDoor, type UpstashDoor } from "./upstash-door.ts";

const program = findServerProgram();
let clock = Date.parse("2026-11-23T00:00:00Z");

const kinds = [
  {
    title: "the emulator",
    isHere: true,
    start: () => startEmulator({ now: () => clock }),
    pass: async (ms: number) => void (clock += ms),
  },
  {
    title: program
      ? `the real ${program.kind} on PATH`
      : "a real server (skipped: neither redis-server nor valkey-server is on PATH)",
    isHere: program !== undefined,
    start: async (): Promise<Redis> => {
      if (!program) throw new Error("no server");
      return startRedisServer(program, {});
    },
    pass: async (ms: number) => void (await wait(ms + 5)),
  },
];

describe.each(kinds)("$title", ({ isHere, start, pass }) => {
  describe.runIf(isHere)("behind the door", () => {
    const token = "a token";
    let redis: Redis;
    let door: UpstashDoor;
    /** Sends every command in a request of its own. */
    let client: UpstashRedis;
    let names = 0;

    /** A key nobody else uses. */
    const aKey = () => `key:${(names += 1)}`;
    const aClient = (options: Partial<RedisConfigNodejs> = {}) =>
      new UpstashRedis({
        url: door.url,
        token,
        retry: { retries: 0 },
        enableTelemetry: false,
        enableAutoPipelining: false,
        ...options,
      });
    const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
      const response = await fetch(door.url + path, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      return [response.status, await response.json()];
    };
    const error = (message: string) => ({ error: expect.stringContaining(message) });

    beforeAll(async () => {
      redis = await start();
      door = await startUpstashDoor({ redis, token });
      client = aClient();
    });
    afterEach(() => door.setFault(undefined));
    afterAll(async () => {
      await door.stop();
      await redis.stop();
    });

    test("a lock is given once, whatever the case of its options", async () => {
      const key = aKey();
      expect(await client.set(key, "mine", { nx: true, ex: 10 })).toBe("OK");
      expect(await client.set(key, "yours", { nx: true, px: 10 })).toBeNull();
      expect(await redis.execute(["set", key, "yours", "nx", "ex", "10"])).toBeNull();
      expect(await client.get(key)).toBe("mine");
      expect(await client.ttl(key)).toBe(10);
    });

    test("SET: xx, get, keepttl, and options that exclude each other", async () => {
      const key = aKey();
      expect(await client.set(key, "a", { xx: true })).toBeNull();
      await client.set(key, "a", { ex: 100 });
      expect(await client.set(key, "b", { get: true, keepTtl: true })).toBe("a");
      expect(await client.ttl(key)).toBe(100);
      expect(await client.set(key, "c", { nx: true, get: true })).toBe("b");
      await client.set(key, "d");
      expect(await client.ttl(key)).toBe(-1);
      expect(await post("/", ["SET", key, "x", "NX", "XX"])).toEqual([400, { error: "ERR syntax error" }]);
      expect(await post("/", ["SET", key, "x", "EX", "0"])).toEqual([
        400,
        { error: "ERR invalid expire time in 'set' command" },
      ]);
      expect(await post("/", ["SET", key, "x", "EX", "ten"])).toEqual([
        400,
        { error: "ERR value is not an integer or out of range" },
      ]);
    });

    test("GETDEL gives a value once", async () => {
      const key = aKey();
      await client.set(key, { state: 1 });
      expect(await client.getdel(key)).toEqual({ state: 1 });
      expect(await client.getdel(key)).toBeNull();
    });

    test("keys end when their time has come, and PERSIST, PEXPIRE and PEXPIREAT change when", async () => {
      const [short, kept, past] = [aKey(), aKey(), aKey()];
      await client.set(short, 1, { px: 40 });
      await client.set(kept, 1, { px: 40 });
      expect(await client.persist(kept)).toBe(1);
      expect(await client.pttl(short)).toBeGreaterThan(0);
      await pass(41);
      expect(await client.get(short)).toBeNull();
      expect(await client.ttl(short)).toBe(-2);
      expect(await client.ttl(kept)).toBe(-1);
      expect(await client.set(short, "again", { nx: true })).toBe("OK");
      expect(await client.pexpire(kept, 40)).toBe(1);
      expect(await client.expire(kept, 50, "nx" as "NX")).toBe(0);
      await pass(41);
      expect(await client.exists(kept)).toBe(0);
      await client.set(past, 1);
      expect(await client.pexpireat(past, 1000)).toBe(1);
      expect(await client.exists(past)).toBe(0);
      expect(await client.expire(past, 10)).toBe(0);
      await client.setex(past, 7, "x");
      expect(await client.ttl(past)).toBe(7);
    });

    test("counters count in 64 bits and keep their expiry", async () => {
      const key = aKey();
      expect([await client.incr(key), await client.incrby(key, 5), await client.decr(key)]).toEqual([1, 6, 5]);
      await client.expire(key, 100);
      await client.incr(key);
      expect(await client.ttl(key)).toBe(100);
      await client.set(key, "9223372036854775807");
      expect(await post("/", ["INCR", key])).toEqual([400, { error: "ERR increment or decrement would overflow" }]);
      await client.set(key, "1.5");
      expect(await post("/", ["INCR", key])).toEqual([400, { error: "ERR value is not an integer or out of range" }]);
    });

    test("several keys at once", async () => {
      const [a, b, c] = [aKey(), aKey(), aKey()];
      await client.mset({ [a]: 1, [b]: "two" });
      await client.hset(c, { x: 1 });
      expect(await client.mget(a, b, c, "none")).toEqual([1, "two", null, null]);
      expect(await client.exists(a, b, a, "none")).toBe(3);
      expect(await client.unlink(a, "none")).toBe(1);
      expect(await client.del(b, c)).toBe(2);
    });

    test("HGETALL is an object for the driver and a flat list on the wire", async () => {
      const key = aKey();
      expect(await client.hset(key, { name: "Ana", visits: 3, "a 🙂": "ñ" })).toBe(3);
      expect(await client.hset(key, { name: "Ana", city: "Cali" })).toBe(1);
      expect(await client.hgetall(key)).toEqual({ name: "Ana", visits: 3, "a 🙂": "ñ", city: "Cali" });
      expect(await client.hgetall("none")).toBeNull();
      expect(await post("/", ["HGETALL", key])).toEqual([
        200,
        { result: ["name", "Ana", "visits", "3", "a 🙂", "ñ", "city", "Cali"] },
      ]);
      expect(await client.hmget(key, "name", "none")).toEqual({ name: "Ana", none: null });
      expect([
        await client.hincrby(key, "visits", -1),
        await client.hexists(key, "city"),
        await client.hlen(key),
      ]).toEqual([2, 1, 4]);
      expect(await client.hget(key, "visits")).toBe(2);
      expect(await post("/", ["HINCRBY", key, "name", "1"])).toEqual([
        400,
        { error: "ERR hash value is not an integer" },
      ]);
      expect(await client.hdel(key, "name", "visits", "a 🙂", "city", "none")).toBe(4);
      expect(await client.exists(key)).toBe(0);
    });

    test("sets", async () => {
      const key = aKey();
      expect(await client.sadd(key, "a", "b", "b")).toBe(2);
      expect(await client.sismember(key, "a")).toBe(1);
      expect(await client.smismember(key, ["a", "z"])).toEqual([1, 0]);
      expect((await client.smembers(key)).toSorted()).toEqual(["a", "b"]);
      expect([await client.srem(key, "a", "z"), await client.scard(key)]).toEqual([1, 1]);
    });

    test("sorted sets", async () => {
      const key = aKey();
      expect(
        await client.zadd(key, { score: 2, member: "b" }, { score: 1, member: "a" }, { score: 2, member: "bb" }),
      ).toBe(3);
      expect(await client.zadd(key, { gt: true, ch: true }, { score: 1, member: "b" }, { score: 5, member: "a" })).toBe(
        1,
      );
      expect(await client.zrange(key, 0, -1, { withScores: true })).toEqual(["b", 2, "bb", 2, "a", 5]);
      expect(await client.zrange(key, 0, 0, { rev: true })).toEqual(["a"]);
      expect(await client.zrange(key, "(2", "+inf", { byScore: true })).toEqual(["a"]);
      expect(await client.zrange(key, "+inf", "-inf", { byScore: true, rev: true, offset: 1, count: 1 })).toEqual([
        "bb",
      ]);
      expect(await post("/", ["ZRANGEBYSCORE", key, "-inf", "2", "WITHSCORES", "LIMIT", "0", "1"])).toEqual([
        200,
        { result: ["b", "2"] },
      ]);
      expect([
        await client.zincrby(key, 0.5, "a"),
        await client.zscore(key, "a"),
        await client.zscore(key, "none"),
      ]).toEqual([5.5, 5.5, null]);
      expect([
        await client.zremrangebyscore(key, 2, 2),
        await client.zrem(key, "none"),
        await client.zcard(key),
      ]).toEqual([2, 0, 1]);
      expect(await post("/", ["ZADD", key, "much", "x"])).toEqual([400, { error: "ERR value is not a valid float" }]);
    });

    test("lists", async () => {
      const key = aKey();
      expect([await client.rpush(key, "b", "c"), await client.lpush(key, "a", "z")]).toEqual([2, 4]);
      expect(await client.lrange(key, 0, -1)).toEqual(["z", "a", "b", "c"]);
      expect(await client.lrange(key, -2, 9)).toEqual(["b", "c"]);
      expect([await client.lpop(key), await client.rpop(key), await client.llen(key)]).toEqual(["z", "c", 2]);
      expect(await client.lpop(key, 5)).toEqual(["a", "b"]);
      expect([await client.lpop(key), await client.exists(key)]).toEqual([null, 0]);
    });

    test("SCAN sees every key once, and KEYS and TYPE know patterns and kinds", async () => {
      const family = aKey();
      const all = Array.from({ length: 25 }, (_, n) => `${family}:[${n}]`).toSorted();
      for (const key of all) await client.set(key, 1);
      await client.sadd(`${family}:set`, 1);
      const seen: string[] = [];
      let cursor = "0";
      do {
        const [next, keys] = await client.scan(cursor, { match: `${family}:\\[*\\]`, count: 7 });
        seen.push(...keys);
        cursor = next;
      } while (cursor !== "0");
      expect(seen.toSorted()).toEqual(all);
      expect((await client.keys(`${family}:[[]?]`)).length).toBe(10);
      expect(await client.keys(`${family}:[^[]et`)).toEqual([`${family}:set`]);
      expect([await client.type(`${family}:set`), await client.type("none")]).toEqual(["set", "none"]);
    });

    test("PING, ECHO, TIME, DBSIZE", async () => {
      expect([await client.ping(), await client.echo("hé")]).toEqual(["PONG", "hé"]);
      const [seconds, micros] = await client.time();
      expect(Number(seconds)).toBeGreaterThan(1_700_000_000);
      expect(Number(micros)).toBeLessThan(1_000_000);
      await client.set(aKey(), 1);
      expect(await client.dbsize()).toBeGreaterThan(0);
    });

    test("errors are 400 with Redis' own words", async () => {
      const key = aKey();
      await client.set(key, "text");
      const wrongType = "WRONGTYPE Operation against a key holding the wrong kind of value";
      expect(await post("/", ["HGET", key, "f"])).toEqual([400, { error: wrongType }]);
      expect(await post("/", ["SADD", key, "f"])).toEqual([400, { error: wrongType }]);
      expect(await post("/", ["get"])).toEqual([400, { error: "ERR wrong number of arguments for 'get' command" }]);
      expect(await post("/", ["NOPE", "a", "b"])).toEqual([
        400,
        { error: "ERR unknown command 'NOPE', with args beginning with: 'a' 'b' " },
      ]);
      expect(await post("/", ["constructor"])).toEqual([400, error("ERR unknown command 'constructor'")]);
      expect(await post("/", "not json")).toEqual([400, error("ERR failed to parse")]);
      await expect(client.hget(key, "f")).rejects.toMatchObject({
        name: "UpstashError",
        message: expect.stringContaining("WRONGTYPE"),
      });
    });

    test("who has no token, or a wrong one, learns nothing", async () => {
      const refused = { error: "WRONGPASS invalid or missing auth token" };
      expect(await post("/", ["PING"], { authorization: "Bearer wrong" })).toEqual([401, refused]);
      expect(await post("/pipeline", [["PING"]], { authorization: "" })).toEqual([401, refused]);
      await expect(aClient({ token: "wrong" }).ping()).rejects.toThrow("WRONGPASS");
    });

    test("a command may also be a path", async () => {
      const key = aKey();
      const get = async (path: string) =>
        (await fetch(`${door.url}${path}`, { headers: { authorization: `Bearer ${token}` } })).json();
      expect(await get(`/set/${encodeURIComponent(key)}/a%2Fb?EX=100`)).toEqual({ result: "OK" });
      expect(await get(`/get/${encodeURIComponent(key)}`)).toEqual({ result: "a/b" });
      expect(await get(`/ttl/${encodeURIComponent(key)}`)).toEqual({ result: 100 });
      expect(await post(`/set/${encodeURIComponent(key)}`, "the body")).toEqual([200, { result: "OK" }]);
      expect(await client.get(key)).toBe("the body");
    });

    test.each([
      "ñandú 🙂 漢字",
      "\u0000\u0001\r\n\u007f\u0080ÿ",
      "OK",
      "",
      '{"a":',
      "T0s=",
      "123456789012345678901234567890",
      " 1",
    ])("the text %j survives, alone and in lists", async (text) => {
      const key = aKey();
      const plain = aClient({ automaticDeserialization: false });
      await plain.set(key, text);
      await plain.rpush(`${key}:list`, text, text);
      expect(await plain.get(key)).toBe(text);
      expect(await plain.lrange(`${key}:list`, 0, -1)).toEqual([text, text]);
      expect(await plain.eval("return {KEYS[1], {ARGV[1]}}", [key], [text])).toEqual([key, [text]]);
      expect(await post("/", ["GET", key])).toEqual([200, { result: text }]);
    });

    test("a pipeline answers each command, errors included", async () => {
      const key = aKey();
      const answers = await client.pipeline().set(key, "text").incr(key).get(key).exec({ keepErrors: true });
      expect(answers).toEqual([
        { result: "OK", error: undefined },
        { result: undefined, error: "ERR value is not an integer or out of range" },
        { result: "text", error: undefined },
      ]);
      await expect(client.pipeline().incr(key).exec()).rejects.toThrow("not an integer");
    });

    test("automatic pipelining makes one request of a tick's writes and a second one of its reads, without order between the two", async () => {
      const automatic = aClient({ enableAutoPipelining: true, retry: false });
      const key = aKey();
      const before = door.requests();
      expect(await Promise.all([automatic.set(key, 1), automatic.incr(key), automatic.incr(key)])).toEqual([
        "OK",
        2,
        3,
      ]);
      expect(door.requests() - before).toBe(1);
      await Promise.all([automatic.set(key, 1), automatic.get(key), automatic.exists(key)]);
      expect(door.requests() - before).toBe(3);
    });

    test("multi-exec runs as one: nobody sees its middle, an error inside does not stop it", async () => {
      const key = aKey();
      const transactions = Array.from({ length: 20 }, () =>
        client.multi().incr(key).incr(key).exec<[number, number]>(),
      );
      const readings = Array.from({ length: 20 }, () => client.get<number>(key));
      for (const [first, second] of await Promise.all(transactions)) expect(second).toBe(first + 1);
      for (const reading of await Promise.all(readings)) expect((reading ?? 0) % 2).toBe(0);
      expect(
        await post("/multi-exec", [
          ["SET", key, "text"],
          ["INCR", key],
          ["GET", key],
        ]),
      ).toEqual([
        200,
        [{ result: "OK" }, { error: "ERR value is not an integer or out of range" }, { result: "text" }],
      ]);
    });

    test("multi-exec with a command Redis does not know does nothing at all", async () => {
      const key = aKey();
      expect(await post("/multi-exec", [["SET", key, "x"], ["NOPE"]])).toEqual([
        400,
        error("ERR unknown command 'NOPE'"),
      ]);
      expect(await client.exists(key)).toBe(0);
      expect(await client.ping()).toBe("PONG");
    });

    test("scripts: an unknown hash is NOSCRIPT until the script was loaded or run", async () => {
      const script = `return {KEYS[1], ARGV[1], #ARGV} -- ${aKey()}`;
      const sha = client.createScript(script);
      const hash = await client.scriptLoad("return 'loaded'");
      expect(await client.evalsha(hash, [], [])).toBe("loaded");
      expect(await client.scriptExists(hash, "0".repeat(40))).toEqual([1, 0]);
      expect(await post("/", ["EVALSHA", "f".repeat(40), "0"])).toEqual([
        400,
        { error: expect.stringMatching(/^NOSCRIPT No matching script/) },
      ]);
      expect(await sha.exec(["k"], ["a"])).toEqual(["k", "a", 1]);
      expect(await sha.evalsha(["k"], ["a"])).toEqual(["k", "a", 1]);
    });

    test("Lua values become Redis' and back", async () => {
      const key = aKey();
      await client.hset(key, { a: 1 });
      const ask = (script: string, args: string[] = []) => client.eval(script, [key], args);
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
      await client.set(key, "text");
      const run = (script: string) => post("/", ["EVAL", script, "1", key]);
      expect(await run("redis.call('SET', KEYS[1], 'changed')\nredis.call('HGET', KEYS[1], 'f')")).toEqual([
        400,
        {
          error: expect.stringMatching(
            /^WRONGTYPE Operation against a key holding the wrong kind of value script: [0-9a-f]{40}, on @user_script:2\.$/,
          ),
        },
      ]);
      expect(await client.get(key)).toBe("changed");
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
      await client.scriptFlush();
      const ratelimit = new Ratelimit({
        redis: aClient({ retry: false }),
        limiter: limiter(),
        prefix: aKey(),
        ephemeralCache: false,
        timeout: 0,
        enableTelemetry: false,
      });
      const before = door.requests();
      const results = [];
      for (let turn = 0; turn < 4; turn += 1) results.push(await ratelimit.limit("someone"));
      expect(results.map(({ success, remaining }) => [success, remaining])).toEqual([
        [true, 2],
        [true, 1],
        [true, 0],
        [false, 0],
      ]);
      // EVALSHA, NOSCRIPT, EVAL; from then on EVALSHA alone.
      expect(door.requests() - before).toBe(5);
      await ratelimit.resetUsedTokens("someone");
      expect(await ratelimit.getRemaining("someone")).toMatchObject({ remaining: 3 });
    });

    test("fault: after reset-after-execute the lock is set although nobody heard", async () => {
      const key = aKey();
      door.setFault({ kind: "reset-after-execute", match: /^set/i, times: 1 });
      await expect(client.set(key, "mine", { nx: true })).rejects.toThrow("fetch failed");
      expect(await client.get(key)).toBe("mine");
    });

    test("fault: after reset-before nothing happened", async () => {
      const key = aKey();
      door.setFault({ kind: "reset-before", times: 1 });
      await expect(client.set(key, "mine")).rejects.toThrow("fetch failed");
      expect(await client.get(key)).toBeNull();
    });

    test("the driver's `retry: false` still sends a command a second time after a reset; `retries: 0` does not", async () => {
      const [twice, once] = [aKey(), aKey()];
      door.setFault({ kind: "reset-after-execute", match: /^incr/i, times: 1 });
      expect(await aClient({ retry: false }).incr(twice)).toBe(2);
      door.setFault({ kind: "reset-after-execute", match: /^incr/i, times: 1 });
      await expect(aClient({ retry: { retries: 0 } }).incr(once)).rejects.toThrow("fetch failed");
      expect(await client.get(once)).toBe(1);
    });

    test("faults: status, html, truncate and latency", async () => {
      const key = aKey();
      door.setFault({ kind: "status", status: 500, times: 1 });
      await expect(client.incr(key)).rejects.toThrow("injected fault");
      door.setFault({ kind: "html", times: 1 });
      await expect(client.incr(key)).rejects.toMatchObject({ name: "UpstashJSONParseError" });
      expect(await client.get(key)).toBeNull();
      door.setFault({ kind: "truncate", bytes: 5, times: 1 });
      await expect(client.incr(key)).rejects.toThrow("terminated");
      expect(await client.get(key)).toBe(1);
      door.setFault({ kind: "latency", ms: 60, times: 1 });
      await expect(aClient({ signal: () => AbortSignal.timeout(20) }).incr(key)).rejects.toMatchObject({
        name: "TimeoutError",
      });
      expect(await client.get(key)).toBe(2);
    });

    test("FLUSHALL leaves nothing", async () => {
      await client.set(aKey(), 1);
      await client.flushall();
      expect([await client.dbsize(), await client.keys("*")]).toEqual([0, []]);
    });
  });
});
