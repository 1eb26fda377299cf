import { expect, test } from "vitest";
import { onEveryRedis } from "./contract.ts";

onEveryRedis((the) => {
  const { aKey, aClient, post, pass } = the;

  test("a lock is given once, whatever the case of its options", async () => {
    const key = aKey();
    expect(await the.client.set(key, "mine", { nx: true, ex: 10 })).toBe("OK");
    expect(await the.client.set(key, "yours", { nx: true, px: 10 })).toBeNull();
    expect(await the.redis.execute(["set", key, "yours", "nx", "ex", "10"])).toBeNull();
    expect(await the.client.get(key)).toBe("mine");
    expect(await the.client.ttl(key)).toBe(10);
  });

  test("SET: xx, get, keepttl, and options that exclude each other", async () => {
    const key = aKey();
    expect(await the.client.set(key, "a", { xx: true })).toBeNull();
    await the.client.set(key, "a", { ex: 100 });
    expect(await the.client.set(key, "b", { get: true, keepTtl: true })).toBe("a");
    expect(await the.client.ttl(key)).toBe(100);
    expect(await the.client.set(key, "c", { nx: true, get: true })).toBe("b");
    await the.client.set(key, "d");
    expect(await the.client.ttl(key)).toBe(-1);
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
    await the.client.set(key, { state: 1 });
    expect(await the.client.getdel(key)).toEqual({ state: 1 });
    expect(await the.client.getdel(key)).toBeNull();
  });

  test("keys end when their time has come, and PERSIST, PEXPIRE and PEXPIREAT change when", async () => {
    const [short, kept, past] = [aKey(), aKey(), aKey()];
    await the.client.set(short, 1, { px: 40 });
    await the.client.set(kept, 1, { px: 40 });
    expect(await the.client.persist(kept)).toBe(1);
    expect(await the.client.pttl(short)).toBeGreaterThan(0);
    await pass(41);
    expect(await the.client.get(short)).toBeNull();
    expect(await the.client.ttl(short)).toBe(-2);
    expect(await the.client.ttl(kept)).toBe(-1);
    expect(await the.client.set(short, "again", { nx: true })).toBe("OK");
    expect(await the.client.pexpire(kept, 40)).toBe(1);
    expect(await the.client.expire(kept, 50, "nx")).toBe(0);
    await pass(41);
    expect(await the.client.exists(kept)).toBe(0);
    await the.client.set(past, 1);
    expect(await the.client.pexpireat(past, 1000)).toBe(1);
    expect(await the.client.exists(past)).toBe(0);
    expect(await the.client.expire(past, 10)).toBe(0);
    await the.client.setex(past, 7, "x");
    expect(await the.client.ttl(past)).toBe(7);
  });

  test("counters count in 64 bits and keep their expiry", async () => {
    const key = aKey();
    expect([await the.client.incr(key), await the.client.incrby(key, 5), await the.client.decr(key)]).toEqual([
      1, 6, 5,
    ]);
    await the.client.expire(key, 100);
    await the.client.incr(key);
    expect(await the.client.ttl(key)).toBe(100);
    await the.client.set(key, "9223372036854775807");
    expect(await post("/", ["INCR", key])).toEqual([400, { error: "ERR increment or decrement would overflow" }]);
    await the.client.set(key, "1.5");
    expect(await post("/", ["INCR", key])).toEqual([400, { error: "ERR value is not an integer or out of range" }]);
  });

  test("several keys at once", async () => {
    const [a, b, c] = [aKey(), aKey(), aKey()];
    await the.client.mset({ [a]: 1, [b]: "two" });
    await the.client.hset(c, { x: 1 });
    expect(await the.client.mget(a, b, c, "none")).toEqual([1, "two", null, null]);
    expect(await the.client.exists(a, b, a, "none")).toBe(3);
    expect(await the.client.unlink(a, "none")).toBe(1);
    expect(await the.client.del(b, c)).toBe(2);
  });

  test("HGETALL is an object for the driver and a flat list on the wire", async () => {
    const key = aKey();
    expect(await the.client.hset(key, { name: "Ana", visits: 3, "a 🙂": "ñ" })).toBe(3);
    expect(await the.client.hset(key, { name: "Ana", city: "Cali" })).toBe(1);
    expect(await the.client.hgetall(key)).toEqual({ name: "Ana", visits: 3, "a 🙂": "ñ", city: "Cali" });
    expect(await the.client.hgetall("none")).toBeNull();
    expect(await post("/", ["HGETALL", key])).toEqual([
      200,
      { result: ["name", "Ana", "visits", "3", "a 🙂", "ñ", "city", "Cali"] },
    ]);
    expect(await the.client.hmget(key, "name", "none")).toEqual({ name: "Ana", none: null });
    expect([
      await the.client.hincrby(key, "visits", -1),
      await the.client.hexists(key, "city"),
      await the.client.hlen(key),
    ]).toEqual([2, 1, 4]);
    expect(await the.client.hget(key, "visits")).toBe(2);
    expect(await post("/", ["HINCRBY", key, "name", "1"])).toEqual([
      400,
      { error: "ERR hash value is not an integer" },
    ]);
    expect(await the.client.hdel(key, "name", "visits", "a 🙂", "city", "none")).toBe(4);
    expect(await the.client.exists(key)).toBe(0);
  });

  test("sets", async () => {
    const key = aKey();
    expect(await the.client.sadd(key, "a", "b", "b")).toBe(2);
    expect(await the.client.sismember(key, "a")).toBe(1);
    expect(await the.client.smismember(key, ["a", "z"])).toEqual([1, 0]);
    expect((await the.client.smembers(key)).toSorted()).toEqual(["a", "b"]);
    expect([await the.client.srem(key, "a", "z"), await the.client.scard(key)]).toEqual([1, 1]);
  });

  test("sorted sets", async () => {
    const key = aKey();
    expect(
      await the.client.zadd(key, { score: 2, member: "b" }, { score: 1, member: "a" }, { score: 2, member: "bb" }),
    ).toBe(3);
    expect(
      await the.client.zadd(key, { gt: true, ch: true }, { score: 1, member: "b" }, { score: 5, member: "a" }),
    ).toBe(1);
    expect(await the.client.zrange(key, 0, -1, { withScores: true })).toEqual(["b", 2, "bb", 2, "a", 5]);
    expect(await the.client.zrange(key, 0, 0, { rev: true })).toEqual(["a"]);
    expect(await the.client.zrange(key, "(2", "+inf", { byScore: true })).toEqual(["a"]);
    expect(await the.client.zrange(key, "+inf", "-inf", { byScore: true, rev: true, offset: 1, count: 1 })).toEqual([
      "bb",
    ]);
    expect(await post("/", ["ZRANGEBYSCORE", key, "-inf", "2", "WITHSCORES", "LIMIT", "0", "1"])).toEqual([
      200,
      { result: ["b", "2"] },
    ]);
    expect([
      await the.client.zincrby(key, 0.5, "a"),
      await the.client.zscore(key, "a"),
      await the.client.zscore(key, "none"),
    ]).toEqual([5.5, 5.5, null]);
    expect([
      await the.client.zremrangebyscore(key, 2, 2),
      await the.client.zrem(key, "none"),
      await the.client.zcard(key),
    ]).toEqual([2, 0, 1]);
    expect(await post("/", ["ZADD", key, "much", "x"])).toEqual([400, { error: "ERR value is not a valid float" }]);
  });

  test("lists", async () => {
    const key = aKey();
    expect([await the.client.rpush(key, "b", "c"), await the.client.lpush(key, "a", "z")]).toEqual([2, 4]);
    expect(await the.client.lrange(key, 0, -1)).toEqual(["z", "a", "b", "c"]);
    expect(await the.client.lrange(key, -2, 9)).toEqual(["b", "c"]);
    expect([await the.client.lpop(key), await the.client.rpop(key), await the.client.llen(key)]).toEqual(["z", "c", 2]);
    expect(await the.client.lpop(key, 5)).toEqual(["a", "b"]);
    expect([await the.client.lpop(key), await the.client.exists(key)]).toEqual([null, 0]);
  });

  test("SCAN sees every key once, and KEYS and TYPE know patterns and kinds", async () => {
    const family = aKey();
    const all = Array.from({ length: 25 }, (_, n) => `${family}:[${n}]`).toSorted();
    for (const key of all) await the.client.set(key, 1);
    await the.client.sadd(`${family}:set`, 1);
    const seen: string[] = [];
    let cursor = "0";
    do {
      const [next, keys] = await the.client.scan(cursor, { match: `${family}:\\[*\\]`, count: 7 });
      seen.push(...keys);
      cursor = next;
    } while (cursor !== "0");
    expect(seen.toSorted()).toEqual(all);
    expect((await the.client.keys(`${family}:[[]?]`)).length).toBe(10);
    expect(await the.client.keys(`${family}:[^[]et`)).toEqual([`${family}:set`]);
    expect([await the.client.type(`${family}:set`), await the.client.type("none")]).toEqual(["set", "none"]);
  });

  test("PING, ECHO, TIME, DBSIZE", async () => {
    expect([await the.client.ping(), await the.client.echo("hé")]).toEqual(["PONG", "hé"]);
    const [seconds, micros] = await the.client.time();
    expect(seconds).toBeGreaterThan(1_700_000_000);
    expect(micros).toBeLessThan(1_000_000);
    await the.client.set(aKey(), 1);
    expect(await the.client.dbsize()).toBeGreaterThan(0);
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

  test("FLUSHALL leaves nothing", async () => {
    await the.client.set(aKey(), 1);
    await the.client.flushall();
    expect([await the.client.dbsize(), await the.client.keys("*")]).toEqual([0, []]);
  });
});
