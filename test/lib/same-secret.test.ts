import { describe, expect, it, test } from "vitest";
import { createSecretCheck } from "../../src/lib/same-secret.ts";

const [one, two] = ["the-first-of-two-live-secrets", "the-second-of-two-live-secrets"];
const isSecret = createSecretCheck([one, two]);

it("knows each of its secrets, and one alone", async () => {
  expect([await isSecret(one), await isSecret(two), await createSecretCheck([one])(two)]).toEqual([true, true, false]);
});

describe("refuses", () => {
  test.each([
    ["nothing", ""],
    ["a blank", " "],
    ["blanks around it", ` ${one} `],
    ["a line break behind it", `${one}\n`],
    ["its beginning", one.slice(0, -1)],
    ["its end", one.slice(1)],
    ["more than it", `${one}x`],
    ["its last character changed", `${one.slice(0, -1)}t`],
    ["its first character changed", `T${one.slice(1)}`],
    ["capitals", one.toUpperCase()],
    ["both", `${one},${two}`],
    ["both without the comma", one + two],
    ["another spelling of the same letters", one.normalize("NFD").replace("e", "e\u0301")],
    ["null", "null"],
    ["undefined", "undefined"],
  ])("%s", async (_, text) => {
    expect(await isSecret(text)).toBe(false);
  });

  it("all there is when there are no secrets", async () => {
    expect([await createSecretCheck([])(""), await createSecretCheck([])(one)]).toEqual([false, false]);
  });
});

it("takes as long for a guess that is nearly right as for one that is wrong", async () => {
  const [wrong, near] = [`X${one.slice(1)}`, `${one.slice(0, -1)}X`];
  const times: Record<string, number[]> = { [wrong]: [], [near]: [] };
  for (let round = 0; round < 300; round += 1)
    for (const guess of round % 2 === 0 ? [wrong, near] : [near, wrong]) {
      const began = performance.now();
      await isSecret(guess);
      times[guess]?.push(performance.now() - began);
    }
  const median = (all: number[] = []) => all.sort((a, b) => a - b)[all.length / 2] ?? 0;
  const ratio = median(times[wrong]) / median(times[near]);
  // Smoke only: comparing character by character would not be seen here either, returning early would.
  expect(ratio).toBeGreaterThan(1 / 3);
  expect(ratio).toBeLessThan(3);
});
