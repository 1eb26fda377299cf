import { afterEach, describe, expect, it } from "vitest";
import { aSimulator, CALLBACK } from "./asking.ts";
import { demoBusiness } from "./business.ts";
import { serveMetaSimulator } from "./simulator.ts";

const clinic = `/act_${demoBusiness.accountIds.clinic}`;
const faulty = (fault: string) => ({ headers: { "x-sim-fault": fault } });

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const aServer = async () => {
  const world = aSimulator();
  const { url, stop } = await serveMetaSimulator(world.sim);
  stops.push(stop);
  const visit = (path: string, fault?: string, init: RequestInit = {}) =>
    fetch(`${url}/v26.0${path}`, {
      ...init,
      headers: { authorization: `Bearer ${world.token}`, ...(fault && { "x-sim-fault": fault }) },
    });
  return { ...world, url, visit };
};

describe("a fault", () => {
  it("named in a header answers with its code, subcode and status", async () => {
    const { get } = aSimulator();
    const { status, body } = await get("/me", faulty("2:1504044@503"));
    expect(status).toBe(503);
    expect(body.error).toMatchObject({ code: 2, error_subcode: 1504044, is_transient: true });
  });

  it("added by a test strikes as often as it says, where it says", async () => {
    const { sim, get } = aSimulator();
    sim.faults.add({
      match: /\/insights$/,
      times: 1,
      fault: { kind: "graph-error", code: 80000, subcode: 2446079, minutesToWait: 7 },
    });
    expect((await get("/me")).status).toBe(200);
    const struck = await get(`${clinic}/insights`);
    expect(struck.body.error.code).toBe(80000);
    expect(struck.headers.get("x-business-use-case-usage")).toContain('"estimated_time_to_regain_access":7');
    expect((await get(`${clinic}/insights`)).status).toBe(200);
  });

  it("can truncate a good answer, or be a gateway's HTML", async () => {
    const { sim, token } = aSimulator();
    const read = async (fault: string) => {
      const response = await sim.app.request("http://meta.test/v26.0/me", {
        headers: { authorization: `Bearer ${token}`, "x-sim-fault": fault },
      });
      return { status: response.status, text: await response.text() };
    };
    const { status, text } = await read("truncate");
    expect(status).toBe(200);
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(await read("html")).toMatchObject({ status: 502, text: expect.stringContaining("<html>") as string });
  });

  it("can make paging run in a circle or point to a stranger", async () => {
    const { get } = aSimulator();
    const looping = await get(`${clinic}/campaigns?limit=1&after=QVFIUb2Zmc2V0OjAZD`, faulty("loop-cursor"));
    expect(looping.body.paging?.cursors.after).toBe("QVFIUb2Zmc2V0OjAZD");
    const foreign = await get(`${clinic}/campaigns?limit=1`, faulty("foreign-next"));
    expect(new URL(foreign.body.paging?.next ?? "").host).toBe("graph.facebook.evil.example");
  });

  it("can swap types, swell the body, redirect and drop expires_in", async () => {
    const { sim, get, exchange, aCode } = aSimulator();
    expect((await get("/me", faulty("wrong-types"))).body["id"]).toBe(Number(demoBusiness.personIds.owner));
    expect(JSON.stringify((await get("/me", faulty("huge-body"))).body).length).toBeGreaterThan(10_000_000);
    sim.faults.add({ match: /access_token/, fault: { kind: "missing-expires-in" } });
    const { body } = await exchange({ code: await aCode(), redirect_uri: CALLBACK });
    expect(body).toHaveProperty("access_token");
    expect(body).not.toHaveProperty("expires_in");
    const response = await sim.app.request("http://meta.test/v26.0/me", faulty("redirect"));
    expect(response.status).toBe(302);
  });

  it("can double rows, lie in headers and answer in pieces", async () => {
    const { sim, get } = aSimulator();
    const names = async (fault?: string) =>
      (await get(`${clinic}/campaigns?fields=id`, fault === undefined ? {} : faulty(fault))).body.data.length;
    expect(await names("duplicate")).toBe(2 * (await names()));
    sim.faults.add({ match: /me$/, times: 1, fault: { kind: "headers", headers: { "x-app-usage": "lies" } } });
    expect((await get("/me")).headers.get("x-app-usage")).toBe("lies");
    sim.faults.add({ match: /me$/, times: 1, fault: { kind: "drip", bytes: 20, everyMs: 20 } });
    const started = performance.now();
    expect((await get("/me")).body["id"]).toBe(demoBusiness.personIds.owner);
    expect(performance.now() - started).toBeGreaterThanOrEqual(39);
  });

  it("can never answer until the caller gives up, in process and served", async () => {
    const { sim, visit } = await aServer();
    await expect(visit("/me", "timeout", { signal: AbortSignal.timeout(50) })).rejects.toThrow("aborted");
    const inside = sim.app.request("http://meta.test/v26.0/me", {
      ...faulty("timeout"),
      signal: AbortSignal.timeout(20),
    });
    await expect(inside).rejects.toThrow("aborted");
  });

  it("can break the connection before or after the work is done", async () => {
    const { sim, visit, aCode } = await aServer();
    await expect(visit("/me", "reset")).rejects.toThrow("fetch failed");
    const code = await aCode();
    const { appId: client_id, appSecret: client_secret } = sim.state;
    const body = new URLSearchParams({ client_id, client_secret, code, redirect_uri: CALLBACK });
    await expect(visit("/oauth/access_token", "reset-after-execute", { method: "POST", body })).rejects.toThrow(
      "fetch failed",
    );
    expect(sim.state.codes.get(code)?.isUsed).toBe(true);
    expect(sim.recorder.requests(/access_token/).at(-1)).toMatchObject({ status: 0, fault: "reset-after-execute" });
    await expect(sim.app.request("http://meta.test/v26.0/me", faulty("reset"))).rejects.toThrow("reset");
  });

  it("can be slow", async () => {
    const started = performance.now();
    expect((await aSimulator().get("/me", faulty("slow:40"))).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThanOrEqual(39);
  });
});

describe("usage", () => {
  it("is silent while trivial, rises with every call and drains with the clock", async () => {
    const { sim, get } = aSimulator();
    expect((await get(`${clinic}/insights`)).headers.get("x-ad-account-usage")).toBeNull();
    sim.state.quota.insightsPerAccount = 10;
    const used = async () => {
      const { headers } = await get(`${clinic}/insights`);
      return (JSON.parse(headers.get("x-ad-account-usage") ?? "{}") as { acc_id_util_pct: number }).acc_id_util_pct;
    };
    expect([await used(), await used()]).toEqual([20, 30]);
    sim.clock.advance(3_600_000);
    expect(await used()).toBe(10);
  });

  it("throttles one account with HTTP 400, minutes in a header and no Retry-After", async () => {
    const { sim, get } = aSimulator();
    sim.state.quota.insightsPerAccount = 40;
    for (let call = 0; call < 40; call += 1) await get(`${clinic}/insights`);
    const { status, body, headers } = await get(`${clinic}/insights`);
    expect({ status, code: body.error.code, subcode: body.error.error_subcode }).toEqual({
      status: 400,
      code: 80000,
      subcode: 2446079,
    });
    const usage = JSON.parse(headers.get("x-business-use-case-usage") ?? "{}") as Record<
      string,
      { estimated_time_to_regain_access: number }[]
    >;
    const minutes = usage[demoBusiness.accountIds.clinic]?.[0]?.estimated_time_to_regain_access ?? 0;
    expect(minutes).toBeGreaterThan(0);
    expect(headers.get("retry-after")).toBeNull();
    expect((await get(`/act_${demoBusiness.accountIds.miami}/insights`)).status).toBe(200);
    expect((await get(`${clinic}/campaigns`)).status).toBe(200);
    sim.clock.advance((minutes - 1) * 60_000);
    expect((await get(`${clinic}/insights`)).status).toBe(400);
    sim.clock.advance(60_000);
    expect((await get(`${clinic}/insights`)).status).toBe(200);
  });

  it("knows the older form, 17/2446079, and the campaigns' own code, 80004", async () => {
    const { sim, get } = aSimulator();
    sim.state.quota.managementPerAccount = 1;
    await get(`${clinic}/campaigns`);
    expect((await get(`${clinic}/campaigns`)).body.error.code).toBe(80004);
    sim.state.quota.throttleForm = "score";
    expect((await get(`${clinic}/campaigns`)).body.error).toMatchObject({ code: 17, error_subcode: 2446079 });
  });
});

describe("the recorder", () => {
  it("keeps names of parameters and never a value", async () => {
    const { sim, get, token } = aSimulator();
    await get(`/me?fields=name&access_token=${token}`);
    const [last] = sim.recorder.requests(/^\/me$/);
    expect(last).toMatchObject({
      method: "GET",
      path: "/me",
      version: "v26.0",
      queryKeys: ["fields", "access_token"],
      status: 200,
    });
    expect(JSON.stringify(sim.recorder.requests())).not.toContain(token);
  });

  it("tells which requests had a secret in the query, allowing debug_token's input_token", async () => {
    const { sim, get, exchange, aCode, debugToken, token } = aSimulator();
    await exchange({ code: await aCode(), redirect_uri: CALLBACK });
    await debugToken(token);
    await get("/me");
    expect(sim.recorder.secretsInQuery()).toEqual([]);
    expect(sim.recorder.count(/oauth\/access_token/)).toBe(1);
    await get(`/oauth/access_token?client_secret=x&code=y`);
    expect(sim.recorder.secretsInQuery()).toEqual([{ path: "/oauth/access_token", keys: ["client_secret", "code"] }]);
  });
});

describe("the board", () => {
  it("shows what happened, with tokens masked and everything escaped", async () => {
    const { sim, get, token } = aSimulator();
    await get("/me?%3Cscript%3E=1");
    const response = await sim.app.request("http://meta.test/__sim");
    const html = await response.text();
    expect(html).toContain("Clínica Dental Aurora");
    expect(html).not.toContain(token);
    expect(html).not.toContain("<script");
    expect(await (await sim.app.request("http://meta.test/__sim/state.json")).text()).not.toContain(token);
  });

  it("moves the clock, sets faults and starts over", async () => {
    const { sim, get, post, token } = aSimulator();
    const lever = (path: string, params: Record<string, string>) => post(path, params, { version: "" });
    const before = sim.clock.now();
    await lever("/__sim/clock", { advanceMs: "60000" });
    expect(sim.clock.now() - before).toBe(60_000);
    await lever("/__sim/faults", { path: "^/me$", fault: "190:460" });
    expect((await get("/me")).body.error.error_subcode).toBe(460);
    await lever("/__sim/faults", { clear: "1" });
    expect((await get("/me")).status).toBe(200);
    sim.invalidateTokens(demoBusiness.personIds.owner, 460);
    await lever("/__sim/reset", {});
    expect((await get("/me", { token })).status).toBe(200);
    expect(sim.clock.now()).toBe(before);
  });
});
