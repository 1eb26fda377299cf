// The metadata of phones in the bundle is a copy cut to some countries (.phone.mjs): it must judge as the package's does.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type MetadataJson, parsePhoneNumberFromString } from "libphonenumber-js/core";
import whole from "libphonenumber-js/min/metadata";
import { beforeAll, expect, it, test } from "vitest";
import { root } from "./world/root.ts";

const copy = join(root, "node_modules/.cache/phone-metadata.mjs");
let cut: MetadataJson;

beforeAll(async () => {
  execFileSync(process.execPath, [join(root, ".phone.mjs")], { cwd: root, stdio: "pipe" });
  ({ default: cut } = (await import(copy)) as { default: MetadataJson });
});

const numbers = {
  AR: ["011 15 2345-6789", "2966 15 42-1234", "0800 555 1234", "4123-4567", "+54 11 4123 4567"],
  BR: ["(11) 98765-4321", "0 15 11 98765-4321", "4004 1234", "55 98765-4321"],
  MX: ["55 1234 5678", "+52 1 55 1234 5678", "01 55 1234 5678"],
  CL: ["9 8765 4321", "2 2345 6789"],
  CO: ["300 123 4567", "601 234 5678"],
  DO: ["809 555 1234", "849-555-1234"],
  US: ["(213) 373-4253", "011 52 55 1234 5678", "911"],
  IT: ["06 1234567", "347 123 4567"],
  GB: ["020 7946 0018", "07400 123456"],
  UY: ["099 123 456", "2901 2345"],
} as const;

test.each(Object.entries(numbers))("phones of %s are read alike", (country, texts) => {
  const read = (metadata: MetadataJson) =>
    texts.map((text) => {
      const parsed = parsePhoneNumberFromString(text, { defaultCountry: country as "AR", extract: false }, metadata);
      return parsed && [parsed.number, parsed.isPossible(), parsed.countryCallingCode, parsed.nationalNumber];
    });
  expect(read(cut)).toEqual(read(whole));
});

it("is a tenth of the whole", () => {
  expect(readFileSync(copy).byteLength).toBeLessThan(10_000);
  expect(Object.keys(cut.countries).length).toBeGreaterThan(25);
});
