// The import law of the house as data (README, "The plan of the house"): what a room may look into. What is absent is
// forbidden. A law that cannot fail is none: the last tests plant a fault and expect it to be found.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Rooms from left to right: a room looks left, never right. */
const rooms = [
  "audit",
  "settings",
  "currencies",
  "attribution",
  "leads",
  "sales",
  "connection",
  "withdrawals",
  "key-rotation",
  "assets",
  "lead-ads",
  "templates",
  "messages",
  "facts",
  "sync",
  "accounts",
  "campaigns",
  "analytics",
  "automation",
  "conversions",
  "notifications",
  "happenings",
  "webhooks",
];

type Law = { files: RegExp; may: (RegExp | ((target: string, from: string) => boolean))[]; packages?: RegExp };

const own = (target: string, from: string) => dirname(target) === dirname(from);
const ownContract = (target: string, from: string) => own(target, from) && target.endsWith(".contract.ts");
// A room's pure files are shared by its queries too: what they may not reach is a service, a route or a job.
const ownPure = (target: string, from: string) => own(target, from) && !/\.(routes|service|jobs)\.ts$/.test(target);
const toTheLeft = (target: string, from: string) => {
  const [there, here] = [target, from].map((path) => rooms.indexOf(/^src\/features\/([\w-]+)\//.exec(path)?.[1] ?? ""));
  return there !== undefined && here !== undefined && there >= 0 && there < here && !target.endsWith(".routes.ts");
};

const lib = /^src\/lib\//;
const errors = /^src\/errors\.ts$/;
const context = /^src\/context\.ts$/;
const db = /^src\/adapters\/db\//;
const http = /^src\/http\//;

const laws: Law[] = [
  // Fields that contracts share: a contract may look into lib and into contracts, and no further.
  { files: /^src\/lib\/page\.ts$/, may: [own], packages: /^zod$/ },
  { files: /^src\/lib\/phone\.ts$/, may: [], packages: /^libphonenumber-js\// },
  { files: /^src\/(lib\/.*|errors\.ts)$/, may: [own] },
  { files: /^src\/env\.ts$/, may: [lib], packages: /^zod$/ },
  { files: /^src\/adapters\/db\//, may: [db, lib, errors], packages: /^(drizzle-orm|@neondatabase\/serverless)/ },
  { files: /^src\/adapters\/redis\//, may: [own, lib, errors], packages: /^@upstash\// },
  { files: /^src\/adapters\/(meta|ycloud|identity|outgoing)\//, may: [own, lib, errors], packages: /^(zod|jose)$/ },
  { files: /^src\/context\.ts$/, may: [/^src\/adapters\//, lib, errors] },
  { files: /^src\/http\//, may: [http, context, errors, lib], packages: /^(hono|zod)/ },
  { files: /^src\/features\/.*\.contract\.ts$/, may: [lib, own, toTheLeft], packages: /^zod$/ },
  {
    files: /^src\/features\/.*\.queries\.ts$/,
    may: [ownContract, ownPure, db, context, errors, lib],
    packages: /^drizzle-orm/,
  },
  { files: /^src\/features\/.*\.routes\.ts$/, may: [own, http, errors, lib], packages: /^hono/ },
  { files: /^src\/features\//, may: [own, toTheLeft, context, errors, lib], packages: /^zod$/ },
  { files: /^src\/contents\/work\.ts$/, may: [/\.jobs\.ts$/, context] },
  { files: /^src\/contents\//, may: [/\.routes\.ts$/, http] },
  { files: /^src\/app\.ts$/, may: [http, /^src\/contents\//, context], packages: /^hono/ },
  { files: /^src\/message\.ts$/, may: [context], packages: /^zod$/ },
  { files: /^src\/jobs\.ts$/, may: [/^src\/contents\/work\.ts$/, /^src\/message\.ts$/, context, errors] },
  { files: /^src\/deps\.ts$/, may: [/^src\/env\.ts$/, /^src\/adapters\//, context, errors, lib] },
  { files: /^src\/client\.ts$/, may: [/^src\/app\.ts$/], packages: /^hono\/client$/ },
  { files: /^src\/index\.ts$/, may: [/^src\/(app|jobs|deps|env)\.ts$/] },
];

/** The only files that may touch the clock, randomness and the network; elsewhere these are arguments. */
const worldly =
  /\bDate\.now\(|\bnew Date\(\)|\bcrypto\.(randomUUID|getRandomValues)\(|(?<![.\w])fetch\(|\bMath\.random\(/;
const mayBeWorldly = new Set(["src/deps.ts"]);

const HARD_ROOF = 300;

function violations(files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (const [path, source] of files) {
    const law = laws.find(({ files: applies }) => applies.test(path));
    if (!law) {
      found.push(`${path}: no law for this file`);
      continue;
    }
    for (const [, specifier = ""] of source.matchAll(/(?:^|\n)\s*(?:import|export)\b(?:[^;"]*?from)?\s+"([^"]+)"/g)) {
      if (!allows(law, path, specifier)) found.push(`${path} may not import ${specifier}`);
    }
    if (/\bimport\s*\(/.test(source)) found.push(`${path} imports dynamically`);
    if (/import\s+(type\s+)?\{[^}]*\}\s+from\s+"zod"/.test(source)) found.push(`${path}: import * as z from "zod"`);
    if (!mayBeWorldly.has(path) && worldly.test(withoutComments(source)))
      found.push(`${path} touches clock, chance or network`);
    if (/(^|\n)export \* from/.test(source)) found.push(`${path} is a barrel`);
    const lines = source.split("\n").length;
    if (lines > HARD_ROOF) found.push(`${path} has ${lines} lines`);
    if (/(^|\/)(utils?|helpers?|types|manager)\.ts$/.test(path)) found.push(`${path} has a name that says nothing`);
  }
  return found;
}

function allows({ may, packages }: Law, from: string, specifier: string): boolean {
  if (!specifier.startsWith(".")) return !specifier.startsWith("node:") && (packages?.test(specifier) ?? false);
  const target = normalize(join(dirname(from), specifier));
  if (!target.startsWith("src/")) return false;
  return may.some((rule) => (typeof rule === "function" ? rule(target, from) : rule.test(target)));
}

const withoutComments = (source: string) => source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");

const sources = new Map(
  globSync("src/**/*.ts", { cwd: root }).map((path) => [path, readFileSync(join(root, path), "utf8")]),
);

describe("the house", () => {
  it("has no import the law does not allow, no file over the roof, no world outside deps.ts", () => {
    expect(sources.size).toBeGreaterThan(50);
    expect(violations(sources)).toEqual([]);
  });

  it("keeps its tables of contents short", () => {
    const lines = (path: string) => (sources.get(path) ?? "").trimEnd().split("\n").length;
    expect(lines("src/index.ts")).toBeLessThanOrEqual(40);
    expect(lines("src/app.ts")).toBeLessThanOrEqual(80);
    expect(lines("src/jobs.ts")).toBeLessThanOrEqual(80);
    for (const path of globSync("src/contents/*.ts", { cwd: root })) expect(lines(path), path).toBeLessThanOrEqual(80);
  });

  it("has small files: half of them are no longer than 80 lines", () => {
    const lengths = [...sources.values()].map((source) => source.split("\n").length).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(80);
  });

  it("shows at its top only what the plan names", () => {
    const visible = globSync("*", { cwd: root }).filter((name) => !name.startsWith(".") && name !== "node_modules");
    const planned = new Set([
      "LICENSE",
      "README.md",
      "drizzle",
      "package-lock.json",
      "package.json",
      "src",
      "test",
      "tsconfig.json",
      "worker-configuration.d.ts",
      "wrangler.toml",
    ]);
    expect(visible.filter((name) => !planned.has(name))).toEqual([]);
  });

  it("gives its clients types, and nothing of the server", () => {
    const imports = [...(sources.get("src/client.ts") ?? "").matchAll(/^(?:im|ex)port .* from "\..*$/gm)].map(
      ([line]) => line,
    );
    expect(imports).toEqual(['import type { App } from "./app.ts";']);
  });

  it("mocks none of its own code", () => {
    const tests = globSync("test/**/*.ts", { cwd: root }).filter((path) => !path.endsWith("architecture.test.ts"));
    const mocking = tests.filter((path) => /\bvi\.(mock|doMock)\(/.test(readFileSync(join(root, path), "utf8")));
    expect(mocking).toEqual([]);
  });

  it("leaves no dead-letter queue without somebody who reads it", () => {
    const config = readFileSync(join(root, "wrangler.toml"), "utf8");
    const dead = [...config.matchAll(/^dead_letter_queue = "(.+)"/gm)].map(([, name]) => name);
    const consumed = [...config.matchAll(/queues\.consumers\]\]\nqueue = "(.+)"/g)].map(([, name]) => name);
    expect(dead.length).toBe(3);
    expect(consumed).toEqual(expect.arrayContaining(dead));
  });

  it("keeps src and the world apart", () => {
    const world = globSync("test/world/**/*.ts", { cwd: root });
    const looking = world.filter((path) => /from "(\.\.\/)+src\//.test(readFileSync(join(root, path), "utf8")));
    expect(looking).toEqual([]);
  });
});

describe("the law finds a planted fault:", () => {
  test.each([
    ["a service that knows Hono", "src/features/sync/x.service.ts", 'import { Hono } from "hono";'],
    ["a service that knows SQL", "src/features/sync/x.service.ts", 'import { sql } from "drizzle-orm";'],
    [
      "a service that reaches into an adapter",
      "src/features/sync/x.service.ts",
      'import { x } from "../../adapters/meta/client.ts";',
    ],
    [
      "a route that knows SQL",
      "src/features/sync/x.routes.ts",
      'import { syncRuns } from "../../adapters/db/schema/sync.ts";',
    ],
    ["a query that knows HTTP", "src/features/sync/x.queries.ts", 'import { reply } from "../../http/reply.ts";'],
    ["a room that looks right", "src/features/connection/x.ts", 'import { x } from "../sync/react.ts";'],
    ["the hall that knows a feature", "src/http/x.ts", 'import { x } from "../features/sync/react.ts";'],
    ["adapters that know each other", "src/adapters/redis/x.ts", 'import { x } from "../db/client.ts";'],
    ["src that imports the world", "src/features/sync/x.ts", 'import { x } from "../../../test/world/settings.ts";'],
    ["a node module", "src/lib/x.ts", 'import { join } from "node:path";'],
    ["a named import of zod", "src/env.ts", 'import { z } from "zod";'],
    ["the clock", "src/features/sync/x.ts", "export const now = () => Date.now();"],
    ["the network", "src/adapters/meta/x.ts", 'export const x = () => fetch("https://graph.facebook.com");'],
    ["an import over several lines", "src/lib/x.ts", 'import {\n  a,\n  b,\n} from "../env.ts";'],
    ["an import for its effect", "src/lib/x.ts", 'import "../env.ts";'],
    ["a re-export", "src/lib/x.ts", 'export { a } from "../env.ts";'],
    ["a file in no room", "src/misc.ts", "export const x = 1;"],
  ])("%s", (_, path, source) => {
    expect(violations(new Map([[path, source]]))).not.toEqual([]);
  });
});
