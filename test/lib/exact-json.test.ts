import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { readExactJson } from "../../src/lib/exact-json.ts";
import { writeBody } from "../world/meta/webhook-body.ts";

describe("exact JSON", () => {
  it("loses no digit of any integer: small ones are numbers, the others their digits, wherever they stand", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), fc.integer({ min: 0, max: 3 }), (id, place) => {
        const text = [`${id}`, `{"a":{"id":${id}}}`, `[1,[${id}]]`, ` { "id" : ${id} , "b":"${id}"}`][place] ?? "";
        const found = JSON.stringify(readExactJson(text)?.value);
        const isSafe = BigInt.asIntN(54, id) === id && id !== -(2n ** 53n);
        expect(found).toBe(JSON.stringify(JSON.parse(isSafe ? text : text.replace(String(id), `"${id}"`))));
      }),
      { numRuns: 500 },
    );
  });

  it("reads all else as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        const isLong = (part: unknown) =>
          Math.abs(Number(part)) > Number.MAX_SAFE_INTEGER && /^-?\d+$/.test(String(part));
        const expected: unknown = JSON.parse(text, (_, part: unknown) => {
          if (typeof part === "number" && isLong(part)) return String(part);
          return typeof part === "string" ? part.replaceAll("\0", "").toWellFormed() : part;
        });
        expect(readExactJson(text)?.value).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["1.5", 1.5],
    ["1e30", 1e30],
    ["123456789012345678.5", 123456789012345680],
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", "9007199254740992"],
    ["-9007199254740993", "-9007199254740993"],
    ['"9007199254740993"', "9007199254740993"],
    ['"a\\u0000b\\ud800c"', "ab\ufffdc"],
    ['{"__proto__":{"x":1}}', JSON.parse('{"__proto__":{"x":1}}')],
    ["null", null],
  ])("%s is %j", (text, value) => {
    expect(readExactJson(text)).toEqual({ value });
  });

  test.each(["", "{", "[1,]", "NaN", "[".repeat(25) + "]".repeat(25), "[".repeat(200_000) + "]".repeat(200_000)])(
    "refuses what is none, or too deep: %.9s",
    (text) => {
      expect(readExactJson(text)).toBeUndefined();
    },
  );

  it("reads what the simulated Meta writes: escaped, with bare numbers of any length", () => {
    const value = { id: 120_210_000_000_000_333n, small: 12n, text: "¿Qué? 🌵 a/b \u0007" };
    const body = writeBody(value);
    expect(body).toMatch(/^[\x20-\x7e]*$/);
    expect(readExactJson(body)?.value).toEqual({ ...value, id: "120210000000000333", small: 12 });
  });
});
