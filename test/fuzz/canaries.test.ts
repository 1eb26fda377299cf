// Forty secrets and names of people, and where none of them may be: the log, Redis, the queue, answers to neighbours, and
// every table where they are not at home.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aHouse, type House } from "../support/house.ts";
import { jwtSecret, upstashToken, type Variables, variablesFor } from "../world/settings.ts";
import { type Canary, createFinder, encodingsOf, personalCanaries, secretCanaries, seedPeople } from "./canaries.ts";
import { dumpRedis, findInDatabase, findInFiles, findInRedis, findInText } from "./leaks.ts";
import { type Scene, setTheScene, type Target } from "./scene.ts";

const adminToken = "kanarien-admin-token-kanarien";

let house: House;
let scene: Scene;
let canaries: Canary[];
const posted: unknown[] = [];
/** What the neighbour was told. */
let toNeighbour = "";
let refusals = "";

const reads = [
  "/crm/marketing/stats?time_range=all",
  "/crm/marketing/explain?time_range=all",
  "/crm/marketing/campaigns?time_range=all",
  "/crm/marketing/automation/rules",
  "/crm/marketing/automation-logs",
  "/crm/marketing/hsm/templates",
  "/crm/marketing/sync/runs",
  "/crm/marketing/token-status",
  "/crm/marketing/meta-accounts",
  "/crm/auth/meta/debug/token",
];

beforeAll(async () => {
  house = await aHouse({ variables: { ADMIN_TOKEN: adminToken, DEBUG_TOKEN_ENDPOINT: "true" } });
  const { sendBatch } = house.queue.binding;
  house.queue.binding.sendBatch = (messages) => {
    posted.push(...messages);
    return sendBatch(messages);
  };
  const target: Target = {
    send: house.request,
    sql: house.sql,
    askMeta: async (path) => house.meta.app.request(path),
    jwtSecret,
    now: house.clock.now,
  };
  scene = await setTheScene(target, 2);
  await house.tick();
  const [own, neighbour] = scene.tenants;
  if (!own || !neighbour) throw new Error("There are two tenants.");
  const sessions = await Promise.all(scene.tenants.map((tenant) => scene.tokenOf(tenant, "ceo", 0)));
  for (const tenant of scene.tenants) await seedPeople(target, tenant, await scene.tokenOf(tenant, "ceo", 1));
  const variables: Variables = {
    ...variablesFor({
      databaseHost: "x",
      database: "x",
      neonEndpoint: "",
      upstashUrl: "",
      metaUrl: "",
      workerUrl: "",
      frontendUrl: "",
    }),
    ADMIN_TOKEN: adminToken,
  };
  canaries = [
    ...secretCanaries(variables, [...house.meta.state.tokens.keys()], sessions),
    ...personalCanaries([own, neighbour]),
  ];
  const headers = { authorization: `Bearer ${sessions[1]}`, "x-admin-token": adminToken };
  for (const path of reads) toNeighbour += await (await house.request(path, { headers })).text();
  // In places where nobody expects them, as a client may send them by mistake.
  for (const { text } of canaries) {
    const query = new URLSearchParams({ access_token: text, range: text });
    refusals += await (await house.request(`/crm/marketing/stats?${query.toString()}`, { headers })).text();
  }
}, 60_000);
afterAll(() => house.stop());

it("there are forty, each of them once", () => {
  expect(canaries.length).toBeGreaterThanOrEqual(40);
  expect(new Set(canaries.map(({ text }) => text)).size).toBe(canaries.length);
});

describe("none of them is", () => {
  it("in the log", () => {
    expect(house.logs.length).toBeGreaterThan(20);
    expect(findInText("log", house.logs.join("\n"), canaries)).toEqual([]);
  });

  it("in Redis", async () => {
    const upstash = { url: house.upstash.url, token: upstashToken };
    expect((await dumpRedis(upstash)).split("\n").length).toBeGreaterThan(5);
    expect(await findInRedis(upstash, canaries)).toEqual([]);
  });

  it("in a message of the queue", () => {
    expect(posted.length).toBeGreaterThan(0);
    expect(findInText("queue", JSON.stringify(posted), canaries)).toEqual([]);
  });

  it("in a table where it is not at home", async () => {
    expect(await findInDatabase(house.sql, canaries)).toEqual([]);
  });

  it("in an answer to a neighbour, nor a secret in one to its owner", () => {
    const [, neighbour] = scene.tenants;
    const foreign = canaries.filter(({ tenant }) => tenant !== neighbour?.id);
    expect(toNeighbour).toContain(neighbour?.mark);
    expect(findInText("answer", toNeighbour, foreign)).toEqual([]);
  });

  it("in a refusal of what was sent in the wrong place", () => {
    expect(refusals).toContain("request.invalid");
    expect(findInText("refusal", refusals, canaries)).toEqual([]);
  });
});

describe("these questions can fail:", () => {
  it.each(["raw", "json", "url", "hex", "base64", "base64 in a longer text"])("a canary in %s is seen", (encoding) => {
    const text = 'Kanárien "ñ" +/=731';
    const bytes = Buffer.from(text, "utf8");
    const hidden: Record<string, string> = {
      raw: text,
      json: JSON.stringify({ text }),
      url: encodeURIComponent(text),
      hex: bytes.toString("hex"),
      base64: bytes.toString("base64"),
      "base64 in a longer text": Buffer.concat([Buffer.from("ab"), bytes, Buffer.from("c")]).toString("base64"),
    };
    const find = createFinder([{ name: "one", text }]);
    expect(find(`before ${hidden[encoding]} after`)).toHaveLength(1);
    expect(encodingsOf(text).every((one) => one.length > 8)).toBe(true);
  });

  it("a secret in Redis, and one in a file that ships, are seen", async () => {
    const upstash = { url: house.upstash.url, token: upstashToken };
    const headers = { authorization: `Bearer ${upstash.token}` };
    const planted = JSON.stringify(["SET", "planted", Buffer.from(`x${jwtSecret}`).toString("base64")]);
    await fetch(upstash.url, { method: "POST", headers, body: planted });
    expect(await findInRedis(upstash, canaries)).toEqual(["Redis: the session secret"]);
    const folder = mkdtempSync(join(tmpdir(), "canaries-"));
    writeFileSync(join(folder, "index.js.map"), JSON.stringify({ sourcesContent: [`const key = "${jwtSecret}";`] }));
    expect(findInFiles(folder, canaries)).toEqual(["index.js.map: the session secret"]);
    rmSync(folder, { recursive: true });
  });

  it("a name in a table of others, and a secret in any, are seen", async () => {
    const [own, neighbour] = scene.tenants;
    const person = canaries.find(({ tenant }) => tenant === own?.id);
    await house.sql("UPDATE leads SET last_name = $1 WHERE tenant_id = $2 AND external_ids <> '{}'", [
      person?.text,
      neighbour?.id,
    ]);
    await house.sql("UPDATE tenants SET name = $1 WHERE tenant_id = $2", [jwtSecret, own?.id]);
    expect(await findInDatabase(house.sql, canaries)).toEqual(
      expect.arrayContaining([`table leads.last_name: ${person?.name}`, "table tenants.name: the session secret"]),
    );
  });
});
