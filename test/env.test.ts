import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, test } from "vitest";
import { parseEnv } from "../src/env.ts";
import { variablesFor } from "./world/settings.ts";

const good = {
  ...variablesFor({
    databaseHost: "db.local",
    database: "app",
    neonEndpoint: "http://127.0.0.1:1/sql",
    upstashUrl: "http://127.0.0.1:2",
    metaUrl: "http://127.0.0.1:3",
    workerUrl: "http://localhost:8787",
    frontendUrl: "http://localhost:5173",
  }),
};
const production = {
  ...good,
  ENVIRONMENT: "production",
  NEON_FETCH_ENDPOINT: "",
  META_GRAPH_BASE_URL: "https://graph.facebook.com",
  META_DIALOG_BASE_URL: "https://www.facebook.com",
  META_REDIRECT_URI: "https://api.example.com/crm/auth/meta/callback",
  FRONTEND_URL: "https://crm.example.com",
  YCLOUD_BASE_URL: "https://api.ycloud.com",
  UPSTASH_REDIS_REST_URL: "https://example.upstash.io",
};

const problemsOf = (bindings: object) => {
  const parsed = parseEnv(bindings);
  return "problems" in parsed ? parsed.problems.map(({ variable }) => variable) : [];
};

it("the local world and a real production are good", () => {
  expect(problemsOf(good)).toEqual([]);
  expect(problemsOf(production)).toEqual([]);
});

describe("what is missing or malformed is named:", () => {
  test.each([
    ["DATABASE_URL", "mysql://x"],
    ["DATABASE_URL", "postgresql://app_rw@host/db"],
    ["UPSTASH_REDIS_REST_URL", "not a url"],
    ["META_APP_ID", "abc"],
    ["META_APP_SECRET", "short"],
    ["META_APP_SECRET", "a-good-one-of-the-app, short"],
    ["META_APP_SECRET", "one-secret-too-many, two-secrets-too-many, three-secrets-too-many"],
    ["META_REDIRECT_URI", ""],
    ["META_GRAPH_VERSION", "26"],
    ["META_WEBHOOK_VERIFY_TOKEN", "short"],
    ["JWT_SECRET", "too-short-for-hs256"],
    ["TOKEN_ENCRYPTION_KEYS", ""],
    ["TOKEN_ENCRYPTION_KEYS", "k1:AAAA"],
    ["TOKEN_ENCRYPTION_KEYS", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="],
    ["FRONTEND_URL", "crm.example.com"],
    ["CORS_ALLOWED_ORIGINS", "*"],
    ["ENVIRONMENT", "prod"],
  ])("%s=%j", (variable, value) => {
    expect(problemsOf({ ...good, [variable]: value })).toContain(variable);
    const { [variable]: _, ...without } = good as Record<string, string>;
    const hasDefault = ["META_GRAPH_VERSION", "DEBUG_TOKEN_ENDPOINT"].includes(variable);
    expect(problemsOf(without).includes(variable)).toBe(!hasDefault);
  });

  it("no way to verify a session", () => {
    expect(problemsOf({ ...good, JWT_SECRET: "", JWT_JWKS_URL: "" })).toContain("JWT_SECRET");
    expect(problemsOf({ ...good, JWT_SECRET: "", JWT_JWKS_URL: "https://id.example.com/jwks" })).toEqual([]);
  });

  it("by name and never by value", () => {
    const parsed = parseEnv({ ...good, META_APP_SECRET: "hush", DATABASE_URL: "hush-hush" });
    expect(JSON.stringify(parsed)).not.toContain("hush");
  });
});

describe("keys and secrets stand each for one thing:", () => {
  const problems = (bindings: object) => {
    const parsed = parseEnv({ ...good, ...bindings });
    return "problems" in parsed ? parsed.problems : [];
  };
  const bytes = (fill: number, length = 32) => Buffer.alloc(length, fill).toString("base64");

  test.each([
    ["two keys are called k1", `k1:${bytes(1)},k1:${bytes(2)}`],
    ["two keys are called k1", `k1:${bytes(1)},k2:${bytes(2)},k1:${bytes(1)}`],
    ["k1 and k2 are the same key", `k1:${bytes(1)},k3:${bytes(3)},k2:${bytes(1)}`],
    ["each key is <id>:<32 bytes in base64>", `k1:${bytes(1)},k2:${bytes(2, 31)}`],
    ["each key is <id>:<32 bytes in base64>", `k1:${bytes(1, 33)}`],
    ["each key is <id>:<32 bytes in base64>", `k.1:${bytes(1)}`],
  ])("%s", (problem, ring) => {
    expect(problems({ TOKEN_ENCRYPTION_KEYS: ring })).toEqual([{ variable: "TOKEN_ENCRYPTION_KEYS", problem }]);
  });

  it("a ring of several keys is good", () => {
    expect(problems({ TOKEN_ENCRYPTION_KEYS: `k2:${bytes(2)}, k1:${bytes(1)}` })).toEqual([]);
  });

  const secrets = [
    "UPSTASH_REDIS_REST_TOKEN",
    "META_APP_SECRET",
    "META_WEBHOOK_VERIFY_TOKEN",
    "JWT_SECRET",
    "ADMIN_TOKEN",
  ];
  const pairs = secrets.flatMap((first, index) => secrets.slice(index + 1).map((second) => [first, second] as const));
  test.each(pairs)("%s is not %s too", (first, second) => {
    const shared = "one-and-the-same-text-of-forty-characters";
    expect(problems({ [first]: shared, [second]: shared })).toEqual([
      { variable: second, problem: `is the same as ${first}` },
    ]);
  });

  const needless =
    /^(NEON_FETCH_ENDPOINT|YCLOUD_BASE_URL|META_LOGIN_CONFIG_ID|META_\w+_(VERSION|URL)|META_FEATURES|JWT_\w+|ADMIN_\w+|DEBUG_\w+|UPSTREAM_\w+)$/;
  test.each(Object.keys(good).filter((name) => !needless.test(name)))(
    "%s is missed when it is away or empty",
    (name) => {
      for (const nothing of [undefined, ""])
        expect(problems({ [name]: nothing }).map(({ variable }) => variable)).toContain(name);
    },
  );
});

describe("production refuses", () => {
  test.each([
    ["NEON_FETCH_ENDPOINT", "http://127.0.0.1:1/sql"],
    ["META_GRAPH_BASE_URL", "http://127.0.0.1:3"],
    ["META_GRAPH_BASE_URL", "https://graph.facebook.com.evil.example"],
    ["META_DIALOG_BASE_URL", "https://notfacebook.com"],
    ["META_REDIRECT_URI", "http://api.example.com/crm/auth/meta/callback"],
    ["FRONTEND_URL", "http://crm.example.com"],
    ["UPSTASH_REDIS_REST_URL", "http://example.upstash.io"],
    ["UPSTREAM_API_URL", "http://main.example.com"],
    ["YCLOUD_BASE_URL", "http://api.ycloud.com"],
    ["UPSTREAM_API_URL", "https://api.example.com/crm"],
  ])("%s=%s", (variable, value) => {
    expect(problemsOf({ ...production, [variable]: value })).toEqual([variable]);
  });
});

it(".dev.vars.example names every variable, each with its meaning, and is good itself", () => {
  const text = readFileSync(fileURLToPath(new URL("../.dev.vars.example", import.meta.url)), "utf8");
  const lines = text.split("\n");
  const named = lines.flatMap((line) => /^([A-Z_]+)="(.*)"$/.exec(line)?.slice(1, 3) ?? []);
  const example = Object.fromEntries(
    Array.from({ length: named.length / 2 }, (_, index) => [named[2 * index], named[2 * index + 1]]),
  );
  expect(Object.keys(example).sort()).toEqual(Object.keys(good).sort());
  const unexplained = lines.filter((line, index) => /^[A-Z_]+=/.test(line) && !lines[index - 1]?.startsWith("# "));
  expect(unexplained).toEqual([]);
  expect(problemsOf(example)).toEqual([]);
});

describe("ADMIN_TOKEN", () => {
  const [old, fresh] = ["the-old-admin-token-0123", "the-new-admin-token-4567"];
  const read = (ADMIN_TOKEN: string) => {
    const parsed = parseEnv({ ...good, ADMIN_TOKEN });
    return "env" in parsed ? (parsed.env.ADMIN_TOKEN ?? "not set") : parsed.problems;
  };

  test.each([
    ["", "not set"],
    [old, [old]],
    [`${fresh},${old}`, [fresh, old]],
    [` ${fresh} , ${old} `, [fresh, old]],
  ])("%j is %j", (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test.each(["   ", ",", "short", `${fresh},short`, `${fresh},${old},${old}x`])(
    "%j stops the worker, by name: it is never taken for nothing",
    (text) => {
      expect(read(text)).toEqual([{ variable: "ADMIN_TOKEN", problem: "missing or malformed" }]);
    },
  );
});
