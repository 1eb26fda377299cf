// The key set as an isolate remembers it: how often its server is asked, and what happens while it is away.
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it, test, vi } from "vitest";
import { createKeySet } from "../../../src/adapters/identity/key-set.ts";
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
const outside = () => ({
  now: clock.now,
  fetch: (_: unknown, init?: RequestInit) => {
    asked.push(init ?? {});
    return answer();
  },
  onTrouble: () => (troubles += 1),
});
const isolate = () => createSessionVerifier({ jwksUrl: "https://id.example.com/jwks", ...outside() });
const keysAlone = () => createKeySet({ url: "https://id.example.com/jwks", ...outside() });
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
    expect([await isIn(token), asked.length]).toEqual([true, 1]);
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

  it("is not asked again where a token does not say which of its keys it means", async () => {
    publish(one, two);
    const keys = keysAlone();
    const unnamed = () => keys({ alg: "ES256" }, { payload: "", signature: "" });
    await expect(unnamed()).rejects.toMatchObject({ code: "ERR_JWKS_MULTIPLE_MATCHING_KEYS" });
    clock.advance(seconds(31));
    await expect(unnamed()).rejects.toMatchObject({ code: "ERR_JWKS_MULTIPLE_MATCHING_KEYS" });
    expect(asked.length).toBe(1);
  });
});

describe("while another request is asking", () => {
  let settle: (response: Response) => void;
  const hang = () => {
    answer = () => new Promise((resolve) => (settle = resolve));
  };
  /** Whether it has an end by now, and which. */
  const watch = (work: Promise<unknown>) => {
    const seen = { end: "none yet" };
    work.then(
      () => (seen.end = "a key"),
      (thrown: unknown) => (seen.end = String(thrown)),
    );
    return seen;
  };
  const named = (keys: ReturnType<typeof createKeySet>, kid: string) =>
    watch(Promise.resolve(keys({ alg: "ES256", kid }, { payload: "", signature: "" })));

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("for the first keys, three seconds are waited and not a moment longer", async () => {
    hang();
    const keys = keysAlone();
    const first = named(keys, "one");
    const second = named(keys, "one");
    await vi.advanceTimersByTimeAsync(2_999);
    expect([first.end, second.end]).toEqual(["none yet", "none yet"]);
    await vi.advanceTimersByTimeAsync(1);
    expect([first.end, second.end, asked.length]).toEqual(["none yet", "Error: There are no keys.", 1]);
  });

  it("for the first keys, who waits knows at once that there are none", async () => {
    hang();
    const keys = keysAlone();
    const first = named(keys, "one");
    const second = named(keys, "one");
    settle(new Response("", { status: 503 }));
    await vi.advanceTimersByTimeAsync(20);
    expect([first.end, second.end, asked.length]).toEqual([
      "Error: There are no keys.",
      "Error: There are no keys.",
      1,
    ]);
  });

  it("for newer ones, nobody waits who has keys", async () => {
    const keys = keysAlone();
    await keys({ alg: "ES256", kid: "one" }, { payload: "", signature: "" });
    hang();
    clock.advance(minutes(10) + 1);
    const first = named(keys, "one");
    await keys({ alg: "ES256", kid: "one" }, { payload: "", signature: "" });
    expect([first.end, asked.length]).toEqual(["none yet", 2]);
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
    const away = { code: "identity.unavailable", message: "No podemos verificar tu sesión. Probá de nuevo." };
    for (let call = 0; call < 50; call += 1) await expect(verify(token)).rejects.toMatchObject(away);
    clock.advance(seconds(5) - 1);
    await expect(verify(token)).rejects.toMatchObject(away);
    expect(asked.length).toBe(1);
    publish(one);
    clock.advance(1);
    expect([await isIn(token), asked.length]).toEqual([true, 2]);
  });

  test.each([
    ["500", () => new Response("", { status: 500 })],
    ["500, and a set without keys", () => Response.json({ keys: [] }, { status: 500 })],
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
