import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it, test, vi } from "vitest";
import { readSignedRequest } from "../../../src/adapters/meta/signed-request.ts";
import { signRequest } from "../../world/meta/signed-request.ts";

const current = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const former = "former-secret-former-secret";
const userId = "10215241773831025";
const issuedAt = 1_795_000_000;
const now = () => issuedAt * 1000 + 60_000;

const readWith = (secrets: string[], text: string, at = now) =>
  readSignedRequest({ appSecrets: secrets, now: at }, text);
const read = (text: string, at = now) => readWith([current, former], text, at);
const good = signRequest(current, { userId, issuedAt });

const signed = (payload: string) => `${createHmac("sha256", current).update(payload).digest("base64url")}.${payload}`;
const ofFacts = (facts: unknown) => signed(Buffer.from(JSON.stringify(facts)).toString("base64url"));

describe("a signed request", () => {
  it("tells whose it is and when, under the current secret and the one before", async () => {
    const told = { ok: true, metaUserId: userId, issuedAt: new Date(issuedAt * 1000) };
    expect(await read(good)).toMatchObject(told);
    expect(await read(signRequest(former, { userId, issuedAt }))).toMatchObject(told);
    expect(await readWith([current], signRequest(former, { userId, issuedAt }))).toEqual({
      ok: false,
      reason: "unsigned",
    });
  });

  it("has the receipt it had, also after the secret has changed; another person's and another moment's is another", async () => {
    const receiptOf = async (secrets: string[], text: string) => {
      const answer = await readWith(secrets, text);
      return answer.ok ? answer.receipt : answer.reason;
    };
    const receipt = await receiptOf([current], good);
    expect(receipt).toMatch(/^[0-9a-f]{32}$/);
    expect(await receiptOf(["a-newer-secret-of-the-app", current], good)).toBe(receipt);
    const others = [
      { userId: "1", issuedAt },
      ...Array.from({ length: 20 }, (_, later) => ({ userId, issuedAt: issuedAt - later })),
    ];
    const expected = others.map(({ userId, issuedAt }) =>
      createHmac("sha256", current).update(`receipt:${userId}:${issuedAt}`).digest("hex").slice(0, 32),
    );
    const receipts = others.map((facts) => receiptOf([current], signRequest(current, facts)));
    expect(await Promise.all(receipts)).toEqual(expected);
    expect(new Set([receipt, ...expected]).size).toBe(others.length);
  });

  it("holds with padding, which is no part of what is signed", async () => {
    const [signature = "", payload = ""] = good.split(".");
    expect((await read(`${signature}=.${payload}`)).ok).toBe(true);
  });

  it("is judged with keys that nobody can read out again", async () => {
    const imports = vi.spyOn(crypto.subtle, "importKey");
    try {
      expect((await read(good)).ok).toBe(true);
      expect(imports.mock.calls.map(([, , , isExtractable, uses]) => [isExtractable, uses])).toEqual([
        [false, ["verify"]],
        [false, ["sign"]],
      ]);
    } finally {
      imports.mockRestore();
    }
  });

  test.each([
    ["no parts", "", "malformed"],
    ["one part", good.split(".")[0] ?? "", "malformed"],
    ["three parts", `${good}.x`, "malformed"],
    ["a signature that is too short", good.slice(1), "malformed"],
    ["a signature in hex", `${"a".repeat(64)}.${good.split(".")[1]}`, "malformed"],
    ["another secret", signRequest("another-secret-another-secret", { userId, issuedAt }), "unsigned"],
    ["an empty secret", `${createHmac("sha256", "").update("e30").digest("base64url")}.e30`, "unsigned"],
    ["another algorithm", signRequest(current, { userId, issuedAt, algorithm: "none" }), "payload"],
    [
      "the algorithm's name in small letters",
      signRequest(current, { userId, issuedAt, algorithm: "hmac-sha256" }),
      "payload",
    ],
    ["no algorithm", ofFacts({ issued_at: issuedAt, user_id: userId }), "payload"],
    ["no person", ofFacts({ algorithm: "HMAC-SHA256", issued_at: issuedAt }), "payload"],
    [
      "a person who is no number",
      ofFacts({ algorithm: "HMAC-SHA256", issued_at: issuedAt, user_id: "1 OR 1=1" }),
      "payload",
    ],
    ["no moment", ofFacts({ algorithm: "HMAC-SHA256", user_id: userId }), "payload"],
    ["no JSON", signed(Buffer.from("{").toString("base64url")), "payload"],
    ["no text", signed(Buffer.from([0xff, 0xfe]).toString("base64url")), "payload"],
    ["no base64", signed("A"), "payload"],
  ])("with %s is refused", async (_, text, reason) => {
    expect(await read(text)).toEqual({ ok: false, reason });
  });

  test.each([
    [-301, "too_early"],
    [-300, undefined],
    [3 * 86_400, undefined],
    [3 * 86_400 + 1, "too_old"],
  ])("of %i seconds ago is %s", async (age, reason) => {
    const answer = await read(good, () => (issuedAt + age) * 1000);
    expect(answer.ok ? undefined : answer.reason).toBe(reason);
  });

  it("does not survive a changed character", async () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.".split("");
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.constantFrom(...alphabet), async (at, character) => {
        // The last of 43 characters carries four bits: what stands in the other two, nobody reads.
        fc.pre(good[at] !== character && at !== 42);
        expect((await read(good.slice(0, at) + character + good.slice(at + 1))).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("is not made by anybody who does not know the secret", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 43, maxLength: 120 }), async (text) => {
        expect((await read(text)).ok).toBe(false);
        expect((await read(`${good.split(".")[0]}.${Buffer.from(text).toString("base64url")}`)).ok).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
