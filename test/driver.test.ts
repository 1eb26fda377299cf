// Neon's driver in the bundle is a marked copy (.driver.mjs): it must be the package in all that the worker asks of it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as whole from "@neondatabase/serverless";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { root } from "./world/root.ts";

type Driver = typeof whole;

const PACKAGE = "node_modules/@neondatabase/serverless";
/** What Drizzle's driver for Neon takes as text. */
const TIMES = [1082, 1114, 1115, 1182, 1184, 1185, 1186, 1187, 1231];
let marked: Driver;
let elsewhere: string;

beforeAll(async () => {
  mark(root);
  marked = (await import(join(root, "node_modules/.cache/marked/neon-serverless.mjs"))) as Driver;
  for (const { types } of [marked, whole]) for (const oid of TIMES) types.setTypeParser(oid, (text: string) => text);
  elsewhere = mkdtempSync(join(tmpdir(), "driver-"));
  mkdirSync(join(elsewhere, PACKAGE), { recursive: true });
});
afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));

const mark = (cwd: string) => execFileSync(process.execPath, [join(root, ".driver.mjs")], { cwd, stdio: "pipe" });

/** What a driver sends, and what it makes of the answer. */
async function ask(
  { neon, neonConfig }: Driver,
  answer: Response,
  use: (sql: ReturnType<typeof neon>) => Promise<unknown>,
) {
  const sent: unknown[] = [];
  neonConfig.fetchEndpoint = (host) => `https://api.${host}/sql`;
  neonConfig.fetchFunction = (url: string, init: unknown) => {
    sent.push(url, init);
    return Promise.resolve(answer.clone());
  };
  const got = await use(neon("postgresql://app_rw:secret@ep-one.neon.tech/app")).catch((thrown: unknown) => ({
    thrown: { ...(thrown as object), message: (thrown as Error).message, isDriver: (thrown as Error).name },
  }));
  return { sent, got };
}

const oids = {
  16: "t",
  17: "\\x00ff",
  20: "9007199254740993",
  21: "1",
  23: "42",
  25: "é",
  114: '{"a":[1]}',
  700: "1.5",
};
const more = {
  701: "NaN",
  1000: "{t,f}",
  1007: "{1,NULL}",
  1009: '{"a,b",c}',
  1082: "2026-08-01",
  1700: "1.10",
  3802: "[1]",
};
const types = {
  ...oids,
  ...more,
  1184: "2026-08-01 10:00:00+00",
  1185: '{"2026-08-01 10:00:00+00"}',
  2950: "00-11",
  9999: "?",
};
const result = {
  command: "SELECT",
  rowCount: 2,
  fields: Object.keys(types).map((oid) => ({ name: `c${oid}`, dataTypeID: Number(oid) })),
  rows: [Object.values(types), Object.values(types).map(() => null)],
};
const params = [
  1,
  true,
  null,
  "o'",
  new Date(0),
  [1, ["a"], null],
  { a: 1 },
  new Uint8Array([0, 255]),
  Buffer.from("x"),
];
const full = { arrayMode: true, fullResults: true };

describe("the marked driver", () => {
  it("offers what the package offers", () => {
    expect(Object.keys(marked).toSorted()).toEqual(Object.keys(whole).toSorted());
    expect(Object.keys(marked.types.builtins)).toEqual(Object.keys(whole.types.builtins));
  });

  test.each([
    ["a query", Response.json(result), (sql) => sql.query("SELECT $1", params, full)],
    ["a query for objects", Response.json(result), (sql) => sql.query("SELECT $1", params)],
    ["a template", Response.json(result), (sql) => sql`SELECT ${params[0]}, ${params[7]}`],
    [
      "a batch",
      Response.json({ results: [result, result] }),
      (sql) => sql.transaction([sql.query("SELECT 1", [], full), sql.query("SELECT $1", params)], { readOnly: true }),
    ],
    [
      "a refusal",
      Response.json({ message: "no", code: "23505", constraint: "one" }, { status: 400 }),
      (sql) => sql.query("SELECT 1"),
    ],
    ["a broken server", new Response("away", { status: 502 }), (sql) => sql.query("SELECT 1")],
  ] as [string, Response, (sql: ReturnType<Driver["neon"]>) => Promise<unknown>][])(
    "sends and reads %s as the package does",
    async (_, answer, use) => {
      const [ours, theirs] = [await ask(marked, answer, use), await ask(whole, answer, use)];
      expect(ours.sent).toHaveLength(2);
      // Functions of the result are the drivers' own.
      expect(JSON.parse(JSON.stringify(ours))).toEqual(JSON.parse(JSON.stringify(theirs)));
    },
  );

  it("reads types as it is told through `types`, like Drizzle does", async () => {
    const { types } = marked;
    types.setTypeParser(1184, (text: string) => `told ${text}`);
    const { got } = await ask(marked, Response.json(result), (sql) => sql.query("SELECT 1"));
    types.setTypeParser(1184, (text: string) => text);
    expect(got).toMatchObject([{ c1184: "told 2026-08-01 10:00:00+00", c17: Buffer.from([0, 255]), c23: 42 }, {}]);
  });

  it("reads no time that nobody told it to read; Drizzle tells all of them", async () => {
    const fresh = join(root, "node_modules/.cache/marked/neon-serverless.mjs?untold");
    const { types } = (await import(fresh)) as Driver;
    const refuse = (oid: number) => {
      try {
        return types.getTypeParser(oid)(
          oid > 1100 && [1115, 1182, 1185, 1187].includes(oid) ? "{2026-08-01}" : "2026-08-01",
        );
      } catch (thrown) {
        return (thrown as Error).message;
      }
    };
    const mute = Object.values(types.builtins)
      .concat(1115, 1182, 1185, 1187)
      .filter((oid) => refuse(oid) === "Nobody told how to read times.");
    expect(mute.length).toBeGreaterThan(5);
    const drizzle = readFileSync(join(root, "node_modules/drizzle-orm/neon-http/driver.js"), "utf8");
    const told = [...drizzle.matchAll(/setTypeParser\(([\w.]+),/g)].map(([, oid = ""]) =>
      /^\d/.test(oid) ? Number(oid) : types.builtins[oid.split(".").at(-1) as "DATE"],
    );
    expect(told.toSorted((a = 0, b = 0) => a - b)).toEqual(TIMES);
    expect(told).toEqual(expect.arrayContaining(mute));
  });

  it("has the settings of HTTP that we use, and no other", () => {
    const client = readFileSync(join(root, "src/adapters/db/client.ts"), "utf8");
    const used = [...client.matchAll(/neonConfig\.(\w+)/g)].map(([, name]) => name as string);
    const settings = Object.keys(Object.getOwnPropertyDescriptors(marked.neonConfig));
    expect(settings).toEqual(expect.arrayContaining(used));
    expect([used.length > 1, settings.includes("webSocketConstructor")]).toEqual([true, false]);
  });
});

describe("what the marks were not made for is refused:", () => {
  test.each([
    ["another version", "package.json", (text: string) => text.replace('"1.2.0"', '"1.2.1"'), /not 1\.2\.1/],
    ["other code", "index.mjs", (text: string) => text.replace("typeof globalThis.Buffer", "typeof window.B"), /not 1/],
    [
      "another socket",
      "index.mjs",
      (text: string) => text.replace(/(?<=a\(\s*A,\s*)"Socket"/, '"S"'),
      /class of sockets/,
    ],
    [
      "a setting of another name",
      "index.mjs",
      (text: string) => text.replaceAll("fetchFunction", "fetchIt"),
      /fetchFunction/,
    ],
  ])("%s", (_, file, change, complaint) => {
    for (const name of ["package.json", "index.mjs"]) cpSync(join(root, PACKAGE, name), join(elsewhere, PACKAGE, name));
    expect(() => mark(elsewhere)).not.toThrow();
    const path = join(elsewhere, PACKAGE, file);
    writeFileSync(path, change(readFileSync(path, "utf8")));
    expect(() => mark(elsewhere)).toThrow(complaint);
  });
});
