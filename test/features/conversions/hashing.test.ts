import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  hashKey,
  type HashedKey,
  hashPerson,
  neverHashed,
  toLeadId,
} from "../../../src/features/conversions/hashing.ts";

const sha = (text: string) => createHash("sha256").update(text).digest("hex");
const md5 = createHash("md5").update("x").digest("hex");

describe("Meta's own vectors", () => {
  test.each([
    ["em", "test@example.com", "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"],
    ["ph", "5491122334455", "c05486dc9903443d7733d5d5ea65735ea490867aea51d2922322135047f1f419"],
  ] as const)("%s", async (key, value, hash) => {
    expect(await hashKey(key, value)).toBe(hash);
  });
});

// What is hashed; undefined: left out, because a wrong hash matches nobody.
const table: [HashedKey, given: string, hashed: string | undefined][] = [
  ["em", "  Test@Example.COM ", "test@example.com"],
  ["em", "JOSÉ@example.com", "josé@example.com"],
  ["em", "jose\u0301@example.com", "josé@example.com"],
  ["em", "no address", undefined],
  ["em", "a@b", undefined],
  ["em", "a@b.c d", undefined],
  ["em", "a b@c.de", undefined],
  ["em", "a@@b.c", undefined],
  ["em", "@b.c", undefined],
  ["em", "a@.c", undefined],
  ["em", "a@b.", undefined],
  ["em", "", undefined],
  ["ph", "+54 9 (11) 2233-4455", "5491122334455"],
  ["ph", "54.9.11.2233.4455", "5491122334455"],
  ["ph", "005491122334455", "5491122334455"],
  ["ph", "+005491122334455", "5491122334455"],
  ["ph", "05491122334455", undefined],
  ["ph", "0005491122334455", undefined],
  ["ph", "11 15-2233-4455 int. 3", undefined],
  ["ph", "123456", undefined],
  ["ph", "1234567", "1234567"],
  ["ph", "123456789012345", "123456789012345"],
  ["ph", "1234567890123456", undefined],
  ["ph", "++541122334455", undefined],
  ["fn", " María-José ", "maríajosé"],
  ["fn", "O'Brien, Jr.", "obrien jr"],
  ["fn", "!?$", undefined],
  ["ln", "DE LA CRUZ", "de la cruz"],
  ["ct", "San Miguel de Tucumán 4000", "sanmigueldetucumán"],
  ["st", "C.A.B.A. (1)", "caba"],
  ["st", "buenos-aires", "buenosaires"],
  ["zp", " C1043 AAZ ", "c1043aaz"],
  ["zp", "94035-1234", "94035"],
  ["country", "AR", "ar"],
  ["country", "Argentina", undefined],
  ["country", "a1", undefined],
  ["db", "1990-02-28", "19900228"],
  ["db", " 19900228 ", "19900228"],
  ["db", "2001-12-31", "20011231"],
  ["db", "1990-13-01", undefined],
  ["db", "1990-00-01", undefined],
  ["db", "1990-01-32", undefined],
  ["db", "1990-01-00", undefined],
  ["db", "28/02/1990", undefined],
  ["db", "18900228", undefined],
  ["db", "199002281", undefined],
  ["db", "x19900228", undefined],
  ["ge", "F", "f"],
  ["ge", "Female", "f"],
  ["ge", "male", "m"],
  ["ge", "other", undefined],
  ["ge", "fm", undefined],
  ["external_id", " A-1 ", "A-1"],
];

describe("a value is brought into Meta's form, then hashed", () => {
  test.each(table)("%s of %j is %j", async (key, given, hashed) => {
    expect(await hashKey(key, given)).toBe(hashed === undefined ? undefined : sha(hashed));
  });
});

describe("Segment's double hash (PR 2022)", () => {
  test.each([
    ["SHA-256", sha("test@example.com")],
    ["SHA-256 in capitals", sha("test@example.com").toUpperCase()],
    ["MD5", md5],
    ["with space around it", ` ${md5}\n`],
  ])("what is %s already stays as it is", async (_, given) => {
    expect(await hashKey("em", given)).toBe(given.trim().toLowerCase());
  });

  test.each([`${md5}0`, md5.slice(1), `x${sha("a").slice(1)}`, `${sha("a")}a`])(
    "%s looks like a hash and is none",
    async (given) => {
      expect(await hashKey("external_id", given)).toBe(sha(given));
    },
  );

  it("nothing is hashed twice, whatever it is", async () => {
    const key = fc.constantFrom<HashedKey>(
      ...(["em", "ph", "fn", "ln", "ct", "st", "zp", "country", "db", "ge", "external_id"] as const),
    );
    await fc.assert(
      fc.asyncProperty(key, fc.string({ unit: "binary" }), async (name, value) => {
        const once = await hashKey(name, value);
        expect(await hashKey(name, once ?? "")).toBe(once);
      }),
      { numRuns: 25 },
    );
  });
});

it("user_data has a list for each key that says something, and no key for one that does not", async () => {
  expect(await hashPerson({ em: "a@b.co", ph: "011 4444", fn: null, ln: undefined, external_id: "7" })).toEqual({
    em: [sha("a@b.co")],
    external_id: [sha("7")],
  });
});

it("what Meta wants plain is on the list", () => {
  expect([...neverHashed].sort()).toEqual([
    "client_ip_address",
    "client_user_agent",
    "ctwa_clid",
    "fbc",
    "fbp",
    "lead_id",
    "page_id",
    "subscription_id",
    "whatsapp_business_account_id",
  ]);
});

describe("the id of a form's lead", () => {
  test.each([
    ["233370042045345", 233370042045345],
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", "9007199254740993"],
    ["12345678901234567", "12345678901234567"],
    ["12345678901234", undefined],
    ["123456789012345678", undefined],
    ["x233370042045345", undefined],
    ["233370042045345x", undefined],
    [null, undefined],
  ])("%s travels as %s", (given, told) => {
    expect(toLeadId(given)).toBe(told);
  });
});
