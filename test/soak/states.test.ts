// Short here, long as `npm run soak:states`: callbacks that come together, and callbacks that somebody made up.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { App } from "../../src/app.ts";
import { systemCtx } from "../../src/context.ts";
import { isAppError } from "../../src/errors.ts";
import { createLoginState, nonceCookieName } from "../../src/features/connection/oauth-state.ts";
import { isFull } from "../support/full.ts";
import { aHouse, type House, sendTo, WORKER_URL } from "../support/house.ts";
import { aPerson, aSessionToken, type Person, startLogin } from "../support/people.ts";

const size = isFull ? { rounds: 1_000, callers: 100, forged: 100_000 } : { rounds: 1, callers: 30, forged: 120 };
const seed = Number(process.env["FC_SEED"] ?? Date.now() % 1_000_000);

let house: House;
let isolates: App[];
beforeAll(async () => {
  house = await aHouse();
  isolates = [house.app, house.anotherIsolate().app];
});
afterAll(() => house.stop());

const exchanges = () => house.meta.recorder.count(/oauth\/access_token/);

const callBack = async (url: string, cookies: readonly (readonly [string, string])[], at = 0) => {
  const cookie = cookies.map((pair) => pair.join("=")).join("; ");
  const answer = await sendTo(isolates[at % isolates.length] ?? house.app, url, {
    headers: cookie === "" ? {} : { cookie },
  });
  return answer.headers.get("location") ?? "";
};

describe(`callbacks (FC_SEED=${seed})`, () => {
  it(
    "that come together, to two isolates, exchange a code once",
    async () => {
      let connected = 0;
      for (let round = 0; round < size.rounds; round += 1) {
        const { browser, back } = await startLogin(house, await aPerson(house));
        house.meta.recorder.clear();
        const places = await Promise.all(
          Array.from({ length: size.callers }, (_, at) => callBack(back, [...browser.jar], at)),
        );
        const ends = places.map((place) => /[?&](success|error)=(\w+)/.exec(place)?.[2]);
        const good = ends.filter((end) => end === "connected").length;
        expect(good, `round ${round}`).toBeLessThanOrEqual(1);
        // The code's and the one that makes it long-lived.
        expect(exchanges(), `round ${round}`).toBeGreaterThanOrEqual(2 * good);
        expect(exchanges(), `round ${round}`).toBeLessThanOrEqual(2);
        expect(ends.filter((end) => end !== "connected" && end !== "invalid_state" && end !== "auth_failed")).toEqual(
          [],
        );
        connected += good;
      }
      // A busy machine may answer "try again" to all of a round: never to many.
      expect(connected).toBeGreaterThanOrEqual(size.rounds * 0.9);
      if (isFull) console.log(`${size.rounds} rounds of ${size.callers} callbacks: ${connected} connected, none twice`);
    },
    isFull ? 3_600_000 : 30_000,
  );

  it(
    "that are forged, or another's, exchange nothing",
    async () => {
      const [victim, attacker] = [await aPerson(house), await aPerson(house)];
      const session = await aSessionToken(attacker, { now: house.clock.now(), expiresInSeconds: 7 * 86_400 });
      house.meta.recorder.clear();
      const next = [without, ...fc.sample(forgeries, { numRuns: size.forged, seed })].entries();
      const reasons = new Map<string, number>();
      const run = async () => {
        for (const [at, forge] of next) {
          const [mine, theirs] = [await aState(victim), await aState(attacker)];
          const { state, cookies } = forge(mine, theirs, session);
          const url = `${WORKER_URL}/crm/auth/meta/callback?code=a-good-code&state=${encodeURIComponent(state)}`;
          const place = await callBack(url, cookies, at);
          const [, reason = place] = /error=(?:invalid_state|auth_failed)&reason=(\w+)#$/.exec(place) ?? [];
          reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: 8 }, run));
      // Redis did not answer in time: refused too, and no figure.
      reasons.delete("unavailable");
      const refused = ["malformed", "missing", "other_browser", "other_user", "unknown"];
      expect([...reasons.keys()].toSorted()).toEqual(refused);
      expect(exchanges()).toBe(0);
      const tenants = [victim.tenantId, attacker.tenantId];
      expect(await house.sql("SELECT FROM connections WHERE tenant_id = ANY($1)", [tenants])).toEqual([]);
      if (isFull) console.log(`${size.forged} forged callbacks: ${JSON.stringify(Object.fromEntries(reasons))}`);
    },
    isFull ? 3_600_000 : 30_000,
  );
});

type Login = { state: string; nonce: string };
type Cookies = (readonly [name: string, value: string])[];
type Forgery = (victim: Login, attacker: Login, session: string) => { state: string; cookies: Cookies };

/** Patient: a machine that is busy for an hour lets a deadline pass now and then. */
const aState = async (person: Person): Promise<Login> => {
  const ctx = systemCtx(house.tools, { tenantId: person.tenantId, requestId: "soak", job: "soak" });
  const { metaRedirectUri: redirectUri } = house.tools.settings;
  return createLoginState(ctx, { userId: person.userId, redirectUri }).catch((thrown: unknown) => {
    if (!isAppError(thrown, "redis.unavailable")) throw thrown;
    return aState(person);
  });
};

const own = ({ state, nonce }: Login): Cookies => [[nonceCookieName(state), nonce]];
const secretText = fc.stringMatching(/^[\w-]{43}$/);
const otherLetter = (text: string, at: number) => {
  const place = at % text.length;
  return text.slice(0, place) + (text[place] === "x" ? "y" : "x") + text.slice(place + 1);
};

/** Drawn too seldom to be left to chance. */
const without: Forgery = (victim) => ({ state: "", cookies: own(victim) });

/** A login is under way in the victim's browser and one in the attacker's: what neither of them may do with the other's. */
const forgeries: fc.Arbitrary<Forgery> = fc.oneof(
  secretText.map((state): Forgery => () => ({ state, cookies: [] })),
  fc.tuple(secretText, secretText).map(([state, nonce]): Forgery => () => ({ state, cookies: own({ state, nonce }) })),
  fc.nat().map((at): Forgery => (victim) => ({ state: otherLetter(victim.state, at), cookies: own(victim) })),
  fc.nat().map((at): Forgery => (victim) => ({
    state: victim.state,
    cookies: own({ ...victim, nonce: otherLetter(victim.nonce, at) }),
  })),
  fc.integer({ min: 0, max: 42 }).map((length): Forgery => (victim) => ({
    state: victim.state.slice(0, length),
    cookies: own(victim),
  })),
  fc.string({ maxLength: 60 }).map((text): Forgery => (victim) => ({ state: text, cookies: own(victim) })),
  fc.string({ minLength: 1, maxLength: 9 }).map((more): Forgery => (victim) => ({
    state: victim.state + more,
    cookies: own(victim),
  })),
  // The attacker sends the victim to the callback with the attacker's own state, and the other way round.
  fc.constant<Forgery>((victim, attacker) => ({ state: attacker.state, cookies: own(victim) })),
  fc.constant<Forgery>((victim, attacker) => ({ state: victim.state, cookies: own(attacker) })),
  fc.constant<Forgery>((victim, attacker) => ({
    state: victim.state,
    cookies: own({ state: victim.state, nonce: attacker.nonce }),
  })),
  fc.constant<Forgery>((victim, attacker) => ({
    state: victim.state,
    cookies: own({ state: victim.state, nonce: attacker.state }),
  })),
  fc.constant<Forgery>((victim) => ({ state: victim.state, cookies: [] })),
  fc.constant<Forgery>((victim) => ({ state: victim.nonce, cookies: own(victim) })),
  fc.constant<Forgery>((victim, _, session) => ({
    state: victim.state,
    cookies: [...own(victim), ["access_token", session] as const],
  })),
  fc.constant<Forgery>((victim) => ({ state: victim.state.toUpperCase(), cookies: own(victim) })),
);
