import { expect, test } from "vitest";
import { onEveryRedis } from "./contract.ts";

onEveryRedis((the) => {
  const { aKey, aClient, post } = the;
  const error = (message: string) => ({ error: expect.stringContaining(message) });

  test("errors are 400 with Redis' own words", async () => {
    const key = aKey();
    await the.client.set(key, "text");
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
    await expect(the.client.hget(key, "f")).rejects.toMatchObject({
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
      (await fetch(`${the.door.url}${path}`, { headers: { authorization: `Bearer ${the.door.token}` } })).json();
    expect(await get(`/set/${encodeURIComponent(key)}/a%2Fb?EX=100`)).toEqual({ result: "OK" });
    expect(await get(`/get/${encodeURIComponent(key)}`)).toEqual({ result: "a/b" });
    expect(await get(`/ttl/${encodeURIComponent(key)}`)).toEqual({ result: 100 });
    expect(await post(`/set/${encodeURIComponent(key)}`, "the body")).toEqual([200, { result: "OK" }]);
    expect(await the.client.get(key)).toBe("the body");
  });

  test("a pipeline answers each command, errors included", async () => {
    const key = aKey();
    const answers = await the.client.pipeline().set(key, "text").incr(key).get(key).exec({ keepErrors: true });
    expect(answers).toEqual([
      { result: "OK", error: undefined },
      { result: undefined, error: "ERR value is not an integer or out of range" },
      { result: "text", error: undefined },
    ]);
    await expect(the.client.pipeline().incr(key).exec()).rejects.toThrow("not an integer");
  });

  test("automatic pipelining makes one request of a tick's writes and a second one of its reads, without order between the two", async () => {
    const automatic = aClient({ enableAutoPipelining: true, retry: false });
    const key = aKey();
    const before = the.door.requests();
    expect(await Promise.all([automatic.set(key, 1), automatic.incr(key), automatic.incr(key)])).toEqual(["OK", 2, 3]);
    expect(the.door.requests() - before).toBe(1);
    await Promise.all([automatic.set(key, 1), automatic.get(key), automatic.exists(key)]);
    expect(the.door.requests() - before).toBe(3);
  });

  test("multi-exec runs as one: nobody sees its middle, an error inside does not stop it", async () => {
    const key = aKey();
    const transactions = Array.from({ length: 20 }, () =>
      the.client.multi().incr(key).incr(key).exec<[number, number]>(),
    );
    const readings = Array.from({ length: 20 }, () => the.client.get<number>(key));
    for (const [first, second] of await Promise.all(transactions)) expect(second).toBe(first + 1);
    for (const reading of await Promise.all(readings)) expect((reading ?? 0) % 2).toBe(0);
    expect(
      await post("/multi-exec", [
        ["SET", key, "text"],
        ["INCR", key],
        ["GET", key],
      ]),
    ).toEqual([200, [{ result: "OK" }, { error: "ERR value is not an integer or out of range" }, { result: "text" }]]);
  });

  test("multi-exec with a command Redis does not know does nothing at all", async () => {
    const key = aKey();
    expect(await post("/multi-exec", [["SET", key, "x"], ["NOPE"]])).toEqual([
      400,
      error("ERR unknown command 'NOPE'"),
    ]);
    expect(await the.client.exists(key)).toBe(0);
    expect(await the.client.ping()).toBe("PONG");
  });

  test("fault: after reset-after-execute the lock is set although nobody heard", async () => {
    const key = aKey();
    the.door.setFault({ kind: "reset-after-execute", match: /^set/i, times: 1 });
    await expect(the.client.set(key, "mine", { nx: true })).rejects.toThrow("fetch failed");
    expect(await the.client.get(key)).toBe("mine");
  });

  test("fault: after reset-before nothing happened", async () => {
    const key = aKey();
    the.door.setFault({ kind: "reset-before", times: 1 });
    await expect(the.client.set(key, "mine")).rejects.toThrow("fetch failed");
    expect(await the.client.get(key)).toBeNull();
  });

  test("the driver's `retry: false` still sends a command a second time after a reset; `retries: 0` does not", async () => {
    const [twice, once] = [aKey(), aKey()];
    the.door.setFault({ kind: "reset-after-execute", match: /^incr/i, times: 1 });
    expect(await aClient({ retry: false }).incr(twice)).toBe(2);
    the.door.setFault({ kind: "reset-after-execute", match: /^incr/i, times: 1 });
    await expect(aClient({ retry: { retries: 0 } }).incr(once)).rejects.toThrow("fetch failed");
    expect(await the.client.get(once)).toBe(1);
  });

  test("faults: status, html, truncate and latency", async () => {
    const key = aKey();
    the.door.setFault({ kind: "status", status: 500, times: 1 });
    await expect(the.client.incr(key)).rejects.toThrow("injected fault");
    the.door.setFault({ kind: "html", times: 1 });
    await expect(the.client.incr(key)).rejects.toMatchObject({ name: "UpstashJSONParseError" });
    expect(await the.client.get(key)).toBeNull();
    the.door.setFault({ kind: "truncate", bytes: 5, times: 1 });
    await expect(the.client.incr(key)).rejects.toThrow("terminated");
    expect(await the.client.get(key)).toBe(1);
    the.door.setFault({ kind: "latency", ms: 60, times: 1 });
    await expect(aClient({ signal: () => AbortSignal.timeout(20) }).incr(key)).rejects.toMatchObject({
      name: "TimeoutError",
    });
    expect(await the.client.get(key)).toBe(2);
  });
});
