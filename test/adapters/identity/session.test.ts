// Who is let in by a token, and who is not: by name, on the edges of time, and by a hundred thousand small changes to
// tokens that are good (`npm run soak:hall`; 3 000 here).
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it, test, vi } from "vitest";
import { createSessionVerifier, type SessionVerifier } from "../../../src/adapters/identity/session.ts";
import { START } from "../../support/clock.ts";
import { badTokens, forge } from "../../support/bad-tokens.ts";
import { isBrief, isFull } from "../../support/full.ts";
import { jwtSecret } from "../../world/settings.ts";

const at = START / 1000;
const claims = { user_id: "u-1", email: "ana@example.com", role: "ceo", tenant_id: 7 };
const good = { ...claims, exp: at + 3600 };

let verify: SessionVerifier;
let valid: [name: string, token: string][];

beforeAll(async () => {
  const [ec, rsa] = await Promise.all([generateKeyPair("ES256"), generateKeyPair("RS256")]);
  const keys = [
    { ...(await exportJWK(ec.publicKey)), kid: "ec" },
    { ...(await exportJWK(rsa.publicKey)), kid: "rsa" },
    // A key set that publishes a secret is a mistake that must not let anybody sign with it.
    { kty: "oct", kid: "oct", k: Buffer.from("a-secret-that-was-published-by-mistake").toString("base64url") },
  ];
  verify = createSessionVerifier({
    secret: jwtSecret,
    jwksUrl: "https://id.example.com/jwks",
    now: () => START,
    fetch: async () => Response.json({ keys }),
    onTrouble: () => undefined,
  });
  const sign = (alg: string, kid: string, key: CryptoKey) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg, kid })
      .setExpirationTime(at + 3600)
      .sign(key);
  valid = [
    ["HS256, as CRM Ventas makes it", forge({ payload: good })],
    ["ES256", await sign("ES256", "ec", ec.privateKey)],
    ["RS256", await sign("RS256", "rsa", rsa.privateKey)],
  ];
});

describe("lets in", () => {
  it("what our secret or a published key has signed", async () => {
    for (const [name, token] of valid)
      expect([name, await verify(token)]).toEqual([name, { userId: "u-1", tenantId: 7, issuedAt: undefined }]);
  });

  it("by a key that is made of the secret once, and that nobody can read out again", async () => {
    const imports = vi.spyOn(crypto.subtle, "importKey");
    try {
      const verify = createSessionVerifier({ secret: jwtSecret, now: () => START, fetch, onTrouble: () => undefined });
      for (let turn = 0; turn < 3; turn += 1) expect(await verify(forge({ payload: good }))).toBeDefined();
      expect(imports.mock.calls.map(([, , , isExtractable, uses]) => [isExtractable, uses])).toEqual([
        [false, ["verify"]],
      ]);
    } finally {
      imports.mockRestore();
    }
  });

  test.each([
    ["no typ", forge({ header: { typ: undefined }, payload: good })],
    ["typ in small letters", forge({ header: { typ: "jwt" }, payload: good })],
    ["a numeric user_id", forge({ payload: { ...good, user_id: 17 } })],
    ["a tenant_id that is a text", forge({ payload: { ...good, tenant_id: "7" } })],
    ["a life of seven days", forge({ payload: { ...good, exp: at + 7 * 86_400 } })],
    ["iat and nbf of now", forge({ payload: { ...good, iat: at, nbf: at } })],
    ["headers that mean nothing to us", forge({ header: { kid: "x", jku: "https://evil.example" }, payload: good })],
  ])("%s", async (_, token) => {
    expect(await verify(token)).toMatchObject({ userId: expect.stringMatching(/^(u-1|17)$/) });
  });
});

describe("keeps out", () => {
  const cases = badTokens(claims, START);

  it("more than fifty kinds", () => {
    expect(new Set(cases.map(([name]) => name)).size).toBe(cases.length);
    expect(new Set(cases.map(([, token]) => token)).size).toBe(cases.length);
    expect(cases.length).toBeGreaterThanOrEqual(50);
  });

  test.each(cases)("%s", async (_, token) => {
    expect(await verify(token)).toBeUndefined();
  });

  it("a secret that a key set publishes", async () => {
    const header = { alg: "HS256", kid: "oct" };
    const token = forge({ header, payload: good, key: "a-secret-that-was-published-by-mistake" });
    expect(await verify(token)).toBeUndefined();
  });

  it("a blank in front, also where it is signed", async () => {
    const signed = ` ${forge({ payload: good }).split(".").slice(0, 2).join(".")}`;
    const signature = createHmac("sha256", jwtSecret).update(signed).digest("base64url");
    expect(await verify(`${signed}.${signature}`)).toBeUndefined();
  });

  it("a token one letter too long, and lets in the longest", async () => {
    const ofLength = (length: number) => {
      const padding = "x".repeat(Math.floor((length * 3) / 4));
      const shorter = (by: number) => forge({ payload: { ...good, padding: padding.slice(by) } });
      return Array.from({ length: 300 }, (_, by) => shorter(by)).find((token) => token.length === length) ?? "";
    };
    expect(await verify(ofLength(8192))).toBeDefined();
    expect(await verify(ofLength(8193))).toBeUndefined();
  });

  it("a good signature under the name of another key or algorithm", async () => {
    const [, ec, rsa] = valid.map(([, token]) => token);
    const renamed = (token = "", header: object = {}) =>
      [Buffer.from(JSON.stringify(header)).toString("base64url"), ...token.split(".").slice(1)].join(".");
    for (const token of [
      renamed(ec, { alg: "ES256", kid: "rsa" }),
      renamed(rsa, { alg: "RS256", kid: "ec" }),
      renamed(rsa, { alg: "PS256", kid: "rsa" }),
      renamed(rsa, { alg: "HS256", kid: "rsa" }),
    ])
      expect(await verify(token)).toBeUndefined();
  });
});

describe("time has a tolerance of five seconds:", () => {
  test.each([
    ["exp", -4, true],
    ["exp", -6, false],
    ["exp", 7 * 86_400 + 5, true],
    ["exp", 7 * 86_400 + 6, false],
    ["nbf", 4, true],
    ["nbf", 6, false],
    ["iat", 5, true],
    ["iat", 6, false],
  ])("%s %i s from now: %s", async (claim, seconds, isGood) => {
    const session = await verify(forge({ payload: { ...good, [claim]: at + seconds } }));
    expect(session !== undefined).toBe(isGood);
  });
});

describe("issuer and audience", () => {
  const strict = createSessionVerifier({
    secret: jwtSecret,
    issuer: "https://crm.example.com",
    audience: "marketing",
    now: () => START,
    fetch: () => Promise.reject(new Error("nobody asked")),
    onTrouble: () => undefined,
  });
  const right = { iss: "https://crm.example.com", aud: "marketing" };

  test.each([
    ["both right", right, true],
    ["one audience of several", { ...right, aud: ["other", "marketing"] }, true],
    ["none", {}, false],
    ["another issuer", { ...right, iss: "https://evil.example.com" }, false],
    ["another audience", { ...right, aud: "other" }, false],
    ["no audience", { iss: right.iss }, false],
  ])("where they are configured, %s", async (_, more, isGood) => {
    expect((await strict(forge({ payload: { ...good, ...more } }))) !== undefined).toBe(isGood);
  });

  it("are not looked at where they are not", async () => {
    expect(await verify(forge({ payload: { ...good, iss: "anybody", aud: "anything" } }))).toBeDefined();
  });
});

describe("a kind of key that is not configured", () => {
  const nobody = {
    now: () => START,
    fetch: () => Promise.reject(new Error("nobody asked")),
    onTrouble: () => undefined,
  };

  it("opens nothing: no secret is not an empty one", async () => {
    const verifier = createSessionVerifier({ ...nobody, jwksUrl: "https://id.example.com/jwks" });
    for (const key of ["", "undefined", jwtSecret])
      expect(await verifier(forge({ payload: good, key }))).toBeUndefined();
  });

  it("is a refusal, and no key set is asked for it", async () => {
    const verifier = createSessionVerifier({ ...nobody, secret: jwtSecret });
    for (const [name, token] of valid.slice(1)) expect([name, await verifier(token)]).toEqual([name, undefined]);
  });
});

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const runs = isFull ? 100_000 : isBrief ? 100 : 3_000;

it(`no token survives a change: ${runs.toLocaleString("en")} of them`, async () => {
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const change = fc.record({ which: fc.nat(2), kind: fc.nat(4), place, other: place, letter: fc.nat(63) });
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(change, async ({ which, kind, place, other, letter }) => {
      const token = valid[which]?.[1] ?? "";
      const [i, j] = [Math.floor(place * token.length), Math.floor(other * token.length)].sort((a, b) => a - b) as [
        number,
        number,
      ];
      const changed = [
        () => token.slice(0, i) + ALPHABET[letter] + token.slice(i + 1),
        () => token.slice(0, i) + token.slice(i + 1),
        () => token.slice(0, i) + ALPHABET[letter] + token.slice(i),
        () => token.slice(0, i) + token.slice(j + 1),
        () => token.slice(0, i) + (token[j] ?? "") + token.slice(i + 1, j) + (token[i] ?? "") + token.slice(j + 1),
      ][kind]?.();
      if (changed === undefined || changed === token) return;
      tried += 1;
      expect([changed, await verify(changed)]).toEqual([changed, undefined]);
    }),
    { numRuns: runs },
  );
  expect(tried).toBeGreaterThan(runs * 0.9);
}, 300_000);
