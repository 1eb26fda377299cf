// The state of a login by itself: what is kept, who gets it back, and every reason why somebody does not.
import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it, test } from "vitest";
import type { RedisClient } from "../../../src/adapters/redis/client.ts";
import {
  claimLoginState,
  createLoginState,
  type LoginState,
  nonceCookieName,
} from "../../../src/features/connection/oauth-state.ts";
import { type Clock, createClock, seconds } from "../../support/clock.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("base64url");
const [STATE, NONCE, VERIFIER] = ["s", "n", "v"].map((letter) => letter.repeat(43)) as [string, string, string];
const who = { userId: "u-1", redirectUri: "https://api.example.com/callback" };
const shown = { state: STATE, nonce: NONCE, userId: "u-1" };

let clock: Clock;
let kept: Map<string, [value: string, ttlSeconds: number]>;
let isAway: boolean;

beforeEach(() => {
  [clock, kept, isAway] = [createClock(), new Map(), false];
});

const redis = {
  get: async (key: string, { isFresh }: { isFresh?: boolean } = {}) => {
    if (isAway) throw new Error("away");
    // A replica that is behind knows of nothing yet.
    return isFresh ? (kept.get(key)?.[0] ?? null) : null;
  },
  set: async (key: string, value: string, ttl: number) => kept.set(key, [value, ttl]),
  claim: async (key: string, owner: string, ttl: number) => {
    if (kept.has(key)) return false;
    kept.set(key, [owner, ttl]);
    return true;
  },
} as unknown as RedisClient;

const begin = () => {
  const secrets = [STATE, NONCE, VERIFIER];
  return createLoginState({ redis, now: clock.now, tenantId: 7, secret: () => secrets.shift() ?? "" }, who);
};
const claim = (more: Partial<Record<keyof typeof shown, string | undefined>> = {}) =>
  claimLoginState({ redis, now: clock.now, uuid: () => "claimer" }, { ...shown, ...more });
/** Whose login it was is told, where there is one. */
const refused = (reason: string) => {
  const login = JSON.parse(kept.get(`oauth:state:${STATE}`)?.[0] ?? "null") as LoginState | null;
  return { ok: false, reason, ...(!["missing", "malformed", "unknown"].includes(reason) && { login }) };
};

describe("a login that begins", () => {
  it("shows the browser a state and a nonce, and Meta the S256 challenge of a verifier that stays here", async () => {
    expect(await begin()).toEqual({ state: STATE, nonce: NONCE, codeChallenge: sha256(VERIFIER) });
  });

  it("is kept for ten minutes, its nonce only as a hash", async () => {
    await begin();
    const [value, ttl] = kept.get(`oauth:state:${STATE}`) ?? ["", 0];
    expect(ttl).toBe(600);
    expect(JSON.parse(value)).toEqual({
      provider: "meta",
      tenantId: 7,
      userId: "u-1",
      nonceHash: sha256(NONCE),
      codeVerifier: VERIFIER,
      redirectUri: who.redirectUri,
      createdAt: clock.now(),
    });
    expect(kept.size).toBe(1);
  });

  it("has a cookie of its own, by the beginning of its state", () => {
    expect(nonceCookieName("abcdefghijk")).toBe("__Host-oauth-abcdefgh");
  });
});

describe("a state", () => {
  beforeEach(() => begin());

  it("is good once, for who asked, in the browser that asked", async () => {
    expect(await claim()).toEqual({
      ok: true,
      login: {
        provider: "meta",
        tenantId: 7,
        userId: "u-1",
        nonceHash: sha256(NONCE),
        codeVerifier: VERIFIER,
        redirectUri: who.redirectUri,
        createdAt: clock.now(),
      },
    });
    expect(await claim()).toEqual(refused("used"));
  });

  it("is noted as used for longer than it could live, by who used it", async () => {
    await claim();
    expect(kept.get(`oauth:used:${STATE}`)).toEqual(["claimer", 1200]);
  });

  it("is good without a session: the nonce ties it", async () => {
    expect(await claim({ userId: undefined })).toMatchObject({ ok: true });
  });

  test.each([
    ["missing", { state: undefined }],
    ["missing", { state: "" }],
    ["malformed", { state: STATE.slice(1) }],
    ["malformed", { state: `${STATE}s` }],
    ["malformed", { state: `.${STATE}` }],
    ["malformed", { state: `${STATE}.` }],
    ["malformed", { state: `${STATE}\n` }],
    ["malformed", { state: `:${STATE.slice(1)}` }],
    ["unknown", { state: "x".repeat(43) }],
    ["other_browser", { nonce: undefined }],
    ["other_browser", { nonce: "" }],
    ["other_browser", { nonce: "x".repeat(43) }],
    ["other_browser", { nonce: sha256(NONCE) }],
    ["other_user", { userId: "u-2" }],
    ["other_user", { userId: "" }],
  ])("is %s: %j", async (reason, more) => {
    expect(await claim(more)).toEqual(refused(reason));
  });

  test.each([{ nonce: "x".repeat(43) }, { nonce: undefined }, { userId: "u-2" }])(
    "is burnt by who shows it wrongly: %j",
    async (more) => {
      await claim(more);
      expect(await claim()).toEqual(refused("used"));
    },
  );

  it("lives ten minutes and no moment longer, whatever Redis still has", async () => {
    clock.advance(seconds(600) + 1);
    expect(await claim()).toEqual(refused("expired"));
    kept.delete(`oauth:used:${STATE}`);
    clock.advance(-1);
    expect(await claim()).toMatchObject({ ok: true });
  });

  it("of another provider, or cut short, is nobody's login", async () => {
    const [value = ""] = kept.get(`oauth:state:${STATE}`) ?? [];
    for (const other of [{ provider: "google" }, { tenantId: "7" }, { userId: undefined }]) {
      kept.set(`oauth:state:${STATE}`, [JSON.stringify({ ...JSON.parse(value), ...other }), 600]);
      await expect(claim()).rejects.toThrow(/invalid/i);
    }
  });

  it("is not spent where what comes before it fails, and that is asked only for who may have it", async () => {
    const asked: LoginState[] = [];
    const beforehand = async (login: LoginState) => {
      asked.push(login);
      throw new Error("the database is away");
    };
    const ctx = { redis, now: clock.now, uuid: () => "claimer" };
    await expect(claimLoginState(ctx, shown, beforehand)).rejects.toThrow("the database is away");
    expect(asked).toMatchObject([{ tenantId: 7, userId: "u-1" }]);
    expect(await claim()).toMatchObject({ ok: true });
    expect(await claimLoginState(ctx, { ...shown, nonce: "other" }, beforehand)).toEqual(refused("other_browser"));
    expect(asked).toHaveLength(1);
  });

  it("is still good after Redis was away", async () => {
    isAway = true;
    await expect(claim()).rejects.toThrow("away");
    isAway = false;
    expect(await claim()).toMatchObject({ ok: true });
  });
});
