// libphonenumber's code in the bundle is a copy cut to the reading of a text (.phone-code.mjs): it must read as the package does.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type CountryCode, parsePhoneNumberFromString, type PhoneNumber } from "libphonenumber-js/core";
import metadata from "libphonenumber-js/min/metadata";
import { beforeAll, expect, it, test } from "vitest";
import { root } from "./world/root.ts";

type Read = typeof parsePhoneNumberFromString;
const cut = (cwd: string) => execFileSync(process.execPath, [join(root, ".phone-code.mjs")], { cwd, stdio: "pipe" });
let read: Read;

beforeAll(async () => {
  cut(root);
  const copy = (await import(join(root, "node_modules/.cache/phone-code.mjs"))) as { parsePhoneNumberFromString: Read };
  read = copy.parsePhoneNumberFromString;
});

const told = (phone: PhoneNumber | undefined) =>
  phone && {
    number: phone.number,
    code: phone.countryCallingCode,
    national: phone.nationalNumber,
    country: phone.country,
    ext: phone.ext,
    isPossible: phone.isPossible(),
  };

it("reads every writing as the package does, for every country and none", () => {
  const countries = Object.keys(metadata.countries) as CountryCode[];
  const codes = Object.keys(metadata.country_calling_codes);
  const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`));
  const spaced = fc.stringMatching(/^[0-9 ()./-]{4,18}$/);
  const text = fc.oneof(
    fc.tuple(fc.constantFrom("+", "00", "", "011", "p:", "tel:+"), fc.constantFrom(...codes), digits(12)),
    fc.tuple(
      fc.constantFrom("", "0", "1", "15", "044", "(", "+"),
      spaced,
      fc.constantFrom("", " ext. 12", "x5", ";ext=9", "#1"),
    ),
    fc.tuple(fc.string(), digits(11)),
  );
  let found = 0;
  fc.assert(
    fc.property(text, fc.option(fc.constantFrom(...countries)), fc.boolean(), (parts, country, extract) => {
      const options = { extract, ...(country && { defaultCountry: country }) };
      const mine = told(read(parts.join(""), options, metadata));
      expect(mine).toEqual(told(parsePhoneNumberFromString(parts.join(""), options, metadata)));
      if (mine) found += 1;
    }),
    { numRuns: 3_000 },
  );
  expect(found).toBeGreaterThan(500);
});

it("says at once that something is left out", () => {
  const phone = read("+54 9 11 4123-4567", {}, metadata);
  expect(() => phone?.formatNational()).toThrow("formatNational is not a function");
  expect(() => read("+54 9 11 4123-4567", "AR", metadata)).toThrow("wants text, options and metadata");
  expect(() => read("+54 9 11 4123-4567", {}, { ...metadata, version: 3 })).toThrow("version 4");
});

test.each([
  [
    "another version",
    "package.json",
    (text: string) => text.replace('"version": "1.13.16"', '"version": "2.0.0"'),
    /not 2\.0\.0/,
  ],
  [
    "a method of another name",
    "es6/metadata.js",
    (text: string) => text.replace('"leadingDigits"', '"leading"'),
    /leadingDigits/,
  ],
  [
    "other code",
    "es6/metadata.js",
    (text: string) => text.replace("function setVersion", "function version"),
    /setVersion/,
  ],
])("%s is refused", (_, file, change, complaint) => {
  const elsewhere = mkdtempSync(join(tmpdir(), "phone-"));
  try {
    for (const part of ["package.json", "es6"])
      cpSync(
        join(root, "node_modules/libphonenumber-js", part),
        join(elsewhere, "node_modules/libphonenumber-js", part),
        {
          recursive: true,
          filter: (path) => !/\.map$|test\.js$|findNumbers|AsYouType/.test(path),
        },
      );
    const path = join(elsewhere, "node_modules/libphonenumber-js", file);
    writeFileSync(path, change(readFileSync(path, "utf8")));
    expect(() => cut(elsewhere)).toThrow(complaint);
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});
