import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { aHouse, FRONTEND_URL, type House } from "../support/house.ts";
import { aPerson, aSessionToken } from "../support/people.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

let alone: House;
let house: House;
let upstream: Upstream;

beforeAll(async () => {
  upstream = await startUpstream();
  [alone, house] = await Promise.all([aHouse(), aHouse({ variables: { UPSTREAM_API_URL: upstream.url } })]);
});
afterAll(async () => {
  await Promise.all([alone.stop(), house.stop()]);
  await upstream.stop();
});
beforeEach(() => {
  upstream.seen.length = 0;
  upstream.chunks.length = 0;
});

const errorOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;
const traffic = ({ neon, upstash }: House) => neon.requests() + upstash.requests();

describe("a path that is not ours, without a main backend", () => {
  it("is a 404 that the frontend can read, and asks neither the database nor Redis", async () => {
    const before = traffic(alone);
    const token = await aSessionToken(await aPerson(alone), { now: alone.clock.now() });
    for (const path of ["/", "/auth/me", "/socket.io/?EIO=4", "/crm/marketing/nothing", "/admin/core/chat"]) {
      for (const method of ["GET", "POST", "PUT", "DELETE"]) {
        const headers = { origin: FRONTEND_URL, authorization: `Bearer ${token}`, cookie: `access_token=${token}` };
        const answer = await alone.request(path, { method, headers });
        expect([answer.status, await errorOf(answer)]).toEqual([404, "request.not_found"]);
        expect(answer.headers.get("access-control-allow-origin")).toBe(FRONTEND_URL);
        expect(answer.headers.get("ratelimit")).toBeNull();
      }
    }
    expect(traffic(alone)).toBe(before);
  });
});

const methodsThatAreNotOurs: [string, string, string][] = [
  ["DELETE", "/healthz", "GET, HEAD, OPTIONS"],
  ["POST", "/crm/marketing/stats", "GET, HEAD, OPTIONS"],
  ["PUT", "/crm/marketing/campaigns/123", "GET, HEAD, OPTIONS"],
  ["GET", "/crm/marketing/sync/runs/1/cancel", "POST, OPTIONS"],
  ["GET", "/crm/leads", "POST, OPTIONS"],
  ["HEAD", "/crm/auth/meta/disconnect", "POST, OPTIONS"],
];

describe("a path of ours, asked by a method that is not,", () => {
  test.each(methodsThatAreNotOurs)("refuses %s %s with 405 and says what it knows", async (method, path, allow) => {
    const before = traffic(alone);
    const answer = await alone.request(path, { method, headers: { origin: FRONTEND_URL } });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
    expect(answer.headers.get("access-control-allow-origin")).toBe(FRONTEND_URL);
    const refusal = {
      success: false,
      detail: expect.any(String),
      error: { code: "request.method_not_allowed", message: expect.any(String), request_id: expect.any(String) },
    };
    const text = await answer.text();
    expect(text === "" ? method : JSON.parse(text)).toEqual(method === "HEAD" ? "HEAD" : refusal);
    expect(traffic(alone)).toBe(before);
    expect(upstream.seen).toEqual([]);
  });

  test.each(methodsThatAreNotOurs)("passes %s %s to the main backend, where there is one", async (method, path) => {
    const before = traffic(house);
    const answer = await house.request(path, { method });
    expect([answer.status, upstream.seen.map((one) => [one.method, one.url])]).toEqual([201, [[method, path]]]);
    expect(traffic(house)).toBe(before);
  });
});

describe.each([
  ["without a main backend", () => alone],
  ["with one", () => house],
])("a path of ours, %s,", (_, theHouse) => {
  it("is answered here, with our headers", async () => {
    for (const path of ["/healthz", "/crm/marketing/stats", "/crm/auth/meta/callback"]) {
      const answer = await theHouse().request(path);
      expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    }
    const preflight = await theHouse().request("/crm/marketing/stats", {
      method: "OPTIONS",
      headers: { origin: FRONTEND_URL, "access-control-request-method": "GET" },
    });
    expect([preflight.status, preflight.headers.get("access-control-max-age")]).toEqual([204, "86400"]);
    expect(upstream.seen).toEqual([]);
  });

  it("answers HEAD where it answers GET", async () => {
    const answer = await theHouse().request("/healthz", { method: "HEAD" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
  });
});

describe("a path that is not ours, with a main backend,", () => {
  it("gets there as it was sent: method, path, query, headers, cookies, body", async () => {
    const body = new Uint8Array([0, 255, 1, 254, 10, 13]);
    const headers = {
      origin: FRONTEND_URL,
      authorization: "Bearer their.own.token",
      cookie: "access_token=abc; theme=dark",
      "content-type": "application/octet-stream",
      "x-tenant-id": "7",
      "x-anything": "at all",
    };
    const path = "/admin/core/crm/leads/%C3%A1%2Fb?page=2&q=a%20b&q=c+d&empty=";
    const answer = await house.request(path, { method: "PATCH", headers, body });
    expect(answer.status).toBe(201);
    expect(upstream.seen).toEqual([
      {
        method: "PATCH",
        url: path,
        headers: expect.objectContaining({ ...headers, host: new URL(upstream.url).host }),
        body: Buffer.from(body).toString("base64"),
      },
    ]);
  });

  it("comes back as it was answered: status, headers, cookies, and nothing of ours", async () => {
    const answer = await house.request("/auth/login", { method: "POST", body: "x", headers: { origin: FRONTEND_URL } });
    expect(answer.headers.getSetCookie()).toEqual(["a=1; Path=/; HttpOnly", "b=2; Path=/"]);
    expect(answer.headers.get("x-powered-by")).toBe("FastAPI");
    for (const ours of [
      "access-control-allow-origin",
      "content-security-policy",
      "strict-transport-security",
      "cache-control",
      "x-request-id",
      "ratelimit",
    ])
      expect([ours, answer.headers.get(ours)]).toEqual([ours, null]);
  });

  test.each(["GET", "HEAD", "OPTIONS", "DELETE"])("%s passes", async (method) => {
    const answer = await house.request("/anything", { method });
    expect([answer.status, upstream.seen.map((one) => one.method)]).toEqual([201, [method]]);
  });

  it("is neither counted, nor audited, nor asked who it is", async () => {
    const before = traffic(house);
    for (let call = 0; call < 5; call += 1) await house.request("/crm/conversations");
    expect(traffic(house)).toBe(before);
    expect(upstream.seen).toHaveLength(5);
  });

  it("redirects where the main backend says, without going there", async () => {
    const answer = await house.request("/old");
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/new"]);
    expect(upstream.seen).toHaveLength(1);
  });

  it("shows the main backend's own failures", async () => {
    const answer = await house.request("/broken");
    expect([answer.status, await answer.text()]).toEqual([500, "<h1>500</h1>"]);
  });

  it("streams what comes back", async () => {
    const answer = await house.request("/stream");
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe("first");
    upstream.release();
    expect((await reader?.read())?.value).toBe("last");
  });

  it("streams what goes there", async () => {
    let send: (text: string) => void = () => {};
    let end = () => {};
    const body = new ReadableStream({
      start: (controller) => {
        send = (text) => controller.enqueue(new TextEncoder().encode(text));
        end = () => controller.close();
      },
    });
    const answer = house.request("/upload", { method: "POST", body, duplex: "half" } as RequestInit);
    send("first");
    await expect.poll(() => upstream.chunks).toEqual(["first"]);
    send("last");
    end();
    expect((await answer).status).toBe(201);
    expect(upstream.chunks.join("")).toBe("firstlast");
  });

  it("does not go round in circles", async () => {
    const first = await house.request("/anything");
    const { headers } = (await first.json()) as { headers: Record<string, string> };
    upstream.seen.length = 0;
    const marks = Object.entries(headers).filter(([name]) => name.startsWith("x-"));
    const again = await house.request("/anything", { headers: Object.fromEntries(marks) });
    expect([again.status, await errorOf(again)]).toEqual([404, "request.not_found"]);
    expect(upstream.seen).toEqual([]);
  });

  it("is not asked of ourselves", async () => {
    const answer = await house.app.request(`${upstream.url}/anything`, undefined, {}, {
      waitUntil: () => undefined,
      passThroughOnException: () => undefined,
      props: {},
    } as unknown as ExecutionContext);
    expect([answer.status, await errorOf(answer)]).toEqual([502, "upstream.unavailable"]);
    expect(upstream.seen).toEqual([]);
  });
});

it("a main backend that is away is a 502 of ours that the frontend can read", async () => {
  const gone = await startUpstream();
  await gone.stop();
  const away = await aHouse({ variables: { UPSTREAM_API_URL: gone.url } });
  const answer = await away.request("/auth/me", { method: "POST", body: "x", headers: { origin: FRONTEND_URL } });
  expect([answer.status, await errorOf(answer)]).toEqual([502, "upstream.unavailable"]);
  expect(answer.headers.get("access-control-allow-origin")).toBe(FRONTEND_URL);
  expect(away.logs.join()).toContain("upstream.unavailable");
  expect(away.logs.join()).not.toContain(new URL(gone.url).port);
  await away.stop();
});
