import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { refuseSignature } from "../../../src/adapters/meta/webhook-signature.ts";

const secrets = ["the-secret-of-today-000000", "the-secret-before-00000000"];
const bytesOf = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;
const headerOf = (secret: string, body: string) => `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
const body = '{"object":"page","text":"\\u00e4\\u00f6"}';
const refuse = (header: string | undefined, content = body) => refuseSignature(secrets, header, bytesOf(content));

describe("a body's signature", () => {
  test.each(secrets)("by %s holds, whatever the body", async (secret) => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (content) => {
        expect(await refuse(headerOf(secret, content), content)).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  const right = headerOf(secrets[0] ?? "", body);
  test.each([
    [undefined, "missing"],
    ["", "malformed"],
    [right.slice(7), "malformed"],
    [right.slice(0, -1), "malformed"],
    [`${right}0`, "malformed"],
    [`${right}\n`, "malformed"],
    [` ${right}`, "malformed"],
    [`${right}, ${right}`, "malformed"],
    [right.replace("sha256", "sha1"), "malformed"],
    [right.replace("sha256", "SHA256"), "malformed"],
    [`sha256=${right.slice(7).toUpperCase()}`, "malformed"],
    [right.replace(/.$/, "g"), "malformed"],
    [`sha256=${"0".repeat(64)}`, "unsigned"],
    [headerOf("another-secret-another-00", body), "unsigned"],
    [headerOf(secrets[0] ?? "", JSON.stringify(JSON.parse(body))), "unsigned"],
  ])("%s is %s", async (header, reason) => {
    expect(await refuse(header)).toBe(reason);
  });

  it("differs in any bit: it is refused", async () => {
    for (let at = 7; at < right.length; at += 1) {
      const digit = (Number.parseInt(right[at] ?? "0", 16) ^ (1 << (at % 4))).toString(16);
      expect(await refuse(right.slice(0, at) + digit + right.slice(at + 1))).toBe("unsigned");
    }
  });
});
