import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { phoneKey, toE164, waDigits } from "../../src/lib/phone.ts";

const digitsOf = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));

/** Every way in which people and systems write a phone, made of its parts. */
const writings = {
  AR: fc
    .record({ area: fc.constantFrom("11", "341", "2966"), rest: digitsOf(8) })
    .map(({ area, rest }) => ({ area, number: `4${rest.slice(0, 9 - area.length)}` }))
    .map(({ area, number }) => ({
      e164: `+549${area}${number}`,
      forms: [
        `+54 9 ${area} ${number}`,
        `549${area}${number}`,
        `0054 9 ${area} ${number.slice(0, 4)}-${number.slice(4)}`,
        `0${area} 15 ${number}`,
        `(${area}) 15-${number}`,
        `+54 ${area} 15 ${number}`,
        `+54 9 ${area} 15 ${number}`,
        `9 ${area} ${number}`,
        `p:+549${area}${number}`,
      ],
      country: "AR",
    })),
  MX: digitsOf(7).map((rest) => ({
    e164: `+52558${rest}`,
    forms: [
      `+52 558 ${rest}`,
      `+521558${rest}`,
      `521558${rest}`,
      `52558${rest}`,
      `558 ${rest}`,
      `044 558${rest}`,
      `01 558 ${rest}`,
    ],
    country: "MX",
  })),
  BR: fc.tuple(fc.constantFrom("11", "21", "55"), digitsOf(7)).map(([area, rest]) => ({
    e164: `+55${area}98${rest}`,
    forms: [
      `+55 ${area} 98${rest}`,
      `+55 (${area}) 8${rest}`,
      `55${area}98${rest}`,
      `(${area}) 98${rest}`,
      `0${area} 98${rest}`,
    ],
    country: "BR",
  })),
  CL: digitsOf(7).map((rest) => ({
    e164: `+5697${rest}8`,
    forms: [`+56 9 7${rest}8`, `5697${rest}8`, `97${rest}8`, `9 7${rest.slice(0, 3)} ${rest.slice(3)}8`],
    country: "CL",
  })),
  ES: digitsOf(8).map((rest) => ({
    e164: `+346${rest}`,
    forms: [`+34 6${rest}`, `0034 6${rest}`, `6${rest}`],
    country: "ES",
  })),
};

test.each(Object.entries(writings))("defect 133: every writing of a phone of %s is one E.164", (_, made) => {
  fc.assert(
    fc.property(
      made as fc.Arbitrary<{ e164: string; forms: string[]; country: string }>,
      ({ e164, forms, country }) => {
        for (const form of forms) expect([form, toE164(form, country)]).toEqual([form, e164]);
      },
    ),
    { numRuns: 60 },
  );
});

it("what it answers it answers again, in whatever country it is asked", () => {
  const country = fc.constantFrom("AR", "MX", "BR", "CL", "US", "IT", "ZZ", null);
  const text = fc.oneof(
    fc.stringMatching(/^\+?[0-9 ()-]{6,18}$/),
    fc.stringMatching(/^\+(54|549|521|52|55|1|39)[0-9]{7,12}$/),
    fc.string(),
  );
  fc.assert(
    fc.property(text, country, country, (written, home, other) => {
      const first = toE164(written, home);
      if (first === undefined) return;
      expect(first).toMatch(/^\+[1-9]\d{4,14}$/);
      expect(toE164(first, other)).toBe(first);
      expect(phoneKey(phoneKey(first))).toBe(phoneKey(first));
      expect(`+${waDigits(first)}`).toBe(first);
    }),
    { numRuns: 2_000 },
  );
});

describe("a phone", () => {
  test.each([
    ["of a country that is not looked into is taken as it is written", "+7 (912) 345-67-89", "AR", "+79123456789"],
    ["written with 00 too", "00 7 912 345 6789", "MX", "+79123456789"],
    ["of North America, from an island we do not list", "+1 876 555 1234", "AR", "+18765551234"],
    ["of Italy keeps its 0", "+39 06 1234567", "AR", "+39061234567"],
    ["of another country is read by its own rules", "+52 1 55 1234 5678", "AR", "+525512345678"],
    ["fixed, of Brazil, gets no ninth digit", "(11) 3765-4321", "BR", "+551137654321"],
    ["with an extension loses it", "(213) 373-4253 ext. 12", "US", "+12133734253"],
    ["of a country in small letters", "099 123 456", "uy", "+59899123456"],
  ])("%s", (_, text, country, e164) => {
    expect(toE164(text, country)).toBe(e164);
  });

  test.each([
    ["without an area code", "4123-4567", "AR"],
    ["a 15 without an area code", "15 2345 6789", "AR"],
    ["of Brazil without an area code", "98765-4321", "BR"],
    ["national, and no country is known", "11 2345 6789", null],
    ["national, and the country is none of ours", "11 2345 6789", "ZZ"],
    ["of another country without its code: no guess", "55 1234 5678 90", "AR"],
    ["too short", "+123", "AR"],
    ["too long", "+7 9123456789012345", "AR"],
    ["a placeholder of Meta", "<test lead: dummy data for phone_number>", "AR"],
    ["words", "no tengo", "AR"],
    ["nothing", " ", "AR"],
  ])("%s is none", (_, text, country) => {
    expect(toE164(text, country)).toBeUndefined();
  });
});

test.each([
  ["Argentina's 9 that WhatsApp leaves out", "+541123456789", "+5491123456789"],
  ["Mexico's 1 that WhatsApp keeps", "+5215512345678", "+525512345678"],
  ["Brazil's ninth digit that WhatsApp leaves out", "+551187654321", "+5511987654321"],
])("the same person is found behind %s", (_, waId, phone) => {
  expect(phoneKey(toE164(waId) ?? "")).toBe(phoneKey(toE164(phone) ?? "?"));
});
