// The key set as an isolate remembers it: how often its server is asked, and what happens while it is away.
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { createSessionVerifier, type SessionVerifier } from "../../../src/adapters/identity/session.ts";
import { type Clock, createClock, hours, minutes, seconds } from "../../support/clock.ts";
import { isBrief } from "../../support/full.ts";

type Pair = { kid: string; privateKey: CryptoKey; jwk: object };

let [one, two]: Pair[] = [];
let clock: Clock;
let asked: RequestInit[];
let troubles: number;
let answer: () => Promise<Response>;
let verify: SessionVerifier;

const aPair = async (kid: string): Promise<Pair> => {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid } };
};
const publish = (...pairs: (Pair | undefined)[]) => {
  answer = async () => Response.json({ keys: pairs.map((pair) => pair?.jwk) });
};
const down = () => {
  answer = () => Promise.reject(new TypeError("network"));
};
const isolate = () =>
  createSessionVerifier({
    jwksUrl: "https://id.example.com/jwks",
    now: clock.now,
    fetch: (_, init) => {
      asked.push(init ?? {});
      return answer();
    },
    onTrouble: () => (troubles += 1),
  });
const aToken = (pair: Pair | undefined, kid = pair?.kid ?? "") =>
  new SignJWT({ user_id: "u-1" })
    .setProtectedHeader({ alg: "ES256", kid })
    .setExpirationTime(clock.now() / 1000 + 3 * 86_400)
    .sign(pair?.privateKey as CryptoKey);
const isIn = async (token: string) => (await verify(token)) !== undefined;

beforeAll(async () => {
  [one, two] = await Promise.all([aPair("one"), aPair("two")]);
});
beforeEach(() => {
  clock = createClock();
  [asked, troubles] = [[], 0];
  publish(one);
  verify = isolate();
});

describe("while its server answers", () => {
  it("is asked once in ten minutes", async () => {
    const token = await aToken(one);
    for (let minute = 0; minute < 10; minute += 1, clock.advance(minutes(1))) expect(await isIn(token)).toBe(true);
    expect(asked.length).toBe(1);
    clock.advance(1);
    expect(await isIn(token)).toBe(true);
    expect(asked.length).toBe(2);
    expect(asked[0]).toMatchObject({ redirect: "manual", signal: expect.any(AbortSignal) });
  });

  it("is asked for a new key at once, and the old one is forgotten with it", async () => {
    const [old, fresh] = [await aToken(one), await aToken(two)];
    expect(await isIn(old)).toBe(true);
    publish(two);
    clock.advance(seconds(30));
    expect([await isIn(fresh), await isIn(old), asked.length]).toEqual([true, false, 2]);
  });

  it("is asked at most twice for ten thousand tokens of unknown keys", async () => {
    expect(await isIn(await aToken(one))).toBe(true);
    const token = await aToken(two, "nobody");
    const parts = token.split(".");
    clock.advance(seconds(31));
    const flood = isBrief ? 100 : 10_000;
    for (let at = 0; at < flood; at += 1) {
      const kid = Buffer.from(JSON.stringify({ alg: "ES256", kid: `k-${at}` })).toString("base64url");
      if (await isIn([kid, ...parts.slice(1)].join("."))) throw new Error("let in");
      // 29 seconds of it: what lasts longer is asked for twice a minute.
      if (at % (flood / 10) === 0) clock.advance(seconds(2.9));
    }
    expect(asked.length).toBe(2);
    clock.advance(seconds(30));
    expect([await isIn(token), asked.length]).toEqual([false, 3]);
  });

  it("is asked once by a hundred requests that arrive at an empty isolate", async () => {
    answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return Response.json({ keys: [one?.jwk] });
    };
    const token = await aToken(one);
    const answers = await Promise.all(Array.from({ length: 100 }, () => isIn(token)));
    expect([answers.every(Boolean), asked.length]).toEqual([true, 1]);
  });
});

describe("while its server is away", () => {
  it("is believed for a day, asked twice a minute at most, and then nobody is let in: 503, not 401", async () => {
    const token = await aToken(one);
    expect(await isIn(token)).toBe(true);
    down();
    clock.advance(minutes(10) + 1);
    for (let call = 0; call < 100; call += 1) expect(await isIn(token)).toBe(true);
    expect([asked.length, troubles]).toEqual([2, 1]);
    clock.advance(hours(24) - minutes(10) - 1);
    expect(await isIn(token)).toBe(true);
    clock.advance(1);
    await expect(verify(token)).rejects.toMatchObject({ code: "identity.unavailable" });
    publish(one);
    clock.advance(seconds(5));
    expect(await isIn(token)).toBe(true);
  });

  it("lets nobody in by a key it has never seen, and says so as a refusal", async () => {
    expect(await isIn(await aToken(one))).toBe(true);
    down();
    clock.advance(seconds(31));
    expect(await isIn(await aToken(two))).toBe(false);
  });

  it("is asked every five seconds by an isolate that has no key yet", async () => {
    down();
    const token = await aToken(one);
    for (let call = 0; call < 50; call += 1)
      await expect(verify(token)).rejects.toMatchObject({ code: "identity.unavailable" });
    expect(asked.length).toBe(1);
    publish(one);
    clock.advance(seconds(5));
    expect([await isIn(token), asked.length]).toEqual([true, 2]);
  });

  test.each([
    ["500", () => new Response("", { status: 500 })],
    ["a redirect", () => Response.redirect("https://evil.example/jwks", 302)],
    ["a page", () => new Response("<html>", { headers: { "content-type": "text/html" } })],
    ["half an answer", () => new Response('{"keys":[')],
    ["no keys", () => Response.json({ error: "x" })],
    ["keys that are none", () => Response.json({ keys: ["x"] })],
  ])("(%s) keeps what it had", async (_, response) => {
    const token = await aToken(one);
    expect(await isIn(token)).toBe(true);
    answer = async () => response();
    clock.advance(minutes(11));
    expect([await isIn(token), asked.length, troubles]).toEqual([true, 2, 1]);
  });
});
