// Signatures are verified as any receiver would by the text of Standard Webhooks, with Node's own crypto.
import { createHmac, timingSafeEqual } from "node:crypto";
import fc from "fast-check";
import { expect, it, test } from "vitest";
import { signedHeaders, toSecret } from "../../../src/features/notifications/sign.ts";
import { backoffSeconds, chanceOf } from "../../../src/lib/backoff.ts";
import { START } from "../../support/clock.ts";

const verify = (secret: string, headers: Record<string, string>, body: string): boolean => {
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const expected = createHmac("sha256", key).update(content).digest();
  return (headers["webhook-signature"] ?? "").split(" ").some((one) => {
    const [version, signature = ""] = one.split(",");
    const bytes = Buffer.from(signature, "base64");
    return version === "v1" && bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
};

test("the vector of Standard Webhooks", async () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const delivery = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: 1_614_265_330_000, body: '{"test": 2432232314}' };
  expect(await signedHeaders([secret], delivery)).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
  expect(await signedHeaders([secret.slice(6)], delivery)).toEqual(await signedHeaders([secret], delivery));
});

const random = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("base64url"));

it("is good for who holds any of the secrets, and for nobody else", async () => {
  await fc.assert(
    fc.asyncProperty(random, random, random, fc.string({ unit: "binary" }), async (one, two, other, body) => {
      fc.pre(new Set([one, two, other]).size === 3);
      const headers = await signedHeaders([toSecret(one), toSecret(two)], { id: "m", at: START + 999, body });
      expect(headers["webhook-timestamp"]).toBe(String(START / 1000));
      expect([one, two, other].map((key) => verify(toSecret(key), headers, body))).toEqual([true, true, false]);
      expect(verify(toSecret(one), headers, `${body} `)).toBe(false);
      expect(verify(toSecret(one), { ...headers, "webhook-id": "n" }, body)).toBe(false);
      expect(verify(toSecret(one), { ...headers, "webhook-timestamp": "1" }, body)).toBe(false);
    }),
    { numRuns: 8 },
  );
});

it("a secret is 32 bytes in the base64 that receivers read", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      const key = Buffer.from(bytes);
      expect(toSecret(key.toString("base64url"))).toBe(`whsec_${key.toString("base64")}`);
    }),
  );
  expect(toSecret("abcd")).toBe("whsec_abcd");
});

test.each([
  [1, 1, 60],
  [2, 1, 120],
  [2, 0.5, 60],
  [5, 0, 15],
  [11, 1, 43_200],
  [12, 1, 43_200],
  [1000, 1, 43_200],
])("after try %d, by a chance of %d, it waits %d seconds", (tries, chance, wait) => {
  expect(backoffSeconds(tries, chance)).toBe(wait);
});

it("a chance is between nought and one", () => {
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      expect(chanceOf(uuid)).toBeGreaterThanOrEqual(0);
      expect(chanceOf(uuid)).toBeLessThan(1);
    }),
  );
  expect([chanceOf("00000000-…"), chanceOf("80000000-…")]).toEqual([0, 0.5]);
});
