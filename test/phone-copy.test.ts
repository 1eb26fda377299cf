// The metadata of phones in the bundle is a copy cut to some countries (.phone.mjs): what is read with it must be what is
// read with the package's.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import whole from "libphonenumber-js/min/metadata";
import { beforeAll, expect, it } from "vitest";
import { root } from "./world/root.ts";

const copy = join(root, "node_modules/.cache/phone-metadata.mjs");
const make = (cwd: string) => execFileSync(process.execPath, [join(root, ".phone.mjs")], { cwd, stdio: "pipe" });

beforeAll(() => make(root));

it("says of each country what the package says, as far as lib/phone.ts reads it, and of no other", async () => {
  const { default: cut } = (await import(copy)) as { default: { countries: Record<string, unknown[]> } };
  const source = readFileSync(join(root, "src/lib/phone.ts"), "utf8");
  const listed = /COUNTRIES = "([A-Z ]+)"/.exec(source)?.[1]?.split(" ") ?? [];
  expect(Object.keys(cut.countries)).toEqual(listed);
  const read = [0, 1, 2, 3, 5, 7, 8];
  for (const [country, row] of Object.entries(cut.countries)) {
    const all = whole.countries[country as "AR"] as unknown as unknown[];
    expect([country, ...read.map((at) => row[at])]).toEqual([country, ...read.map((at) => all[at] || 0)]);
  }
  expect([...source.matchAll(/row\[(\d)\]/g)].map(([, at]) => Number(at)).every((at) => read.includes(at))).toBe(true);
  expect(readFileSync(copy).byteLength).toBeLessThan(8_000);
});

it("metadata of another version, or without one of the countries, is refused", () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "phone-"));
  try {
    const folder = join(elsewhere, "node_modules/libphonenumber-js");
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(elsewhere, "src/lib"), { recursive: true });
    cpSync(join(root, "src/lib/phone.ts"), join(elsewhere, "src/lib/phone.ts"));
    const write = (metadata: object) => writeFileSync(join(folder, "metadata.min.json"), JSON.stringify(metadata));
    write({ version: whole.version, countries: { ...whole.countries, UY: undefined } });
    expect(() => make(elsewhere)).toThrow("does not find UY");
    write({ version: 5, countries: whole.countries });
    expect(() => make(elsewhere)).toThrow("version 4, not 5");
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});
