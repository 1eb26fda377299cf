// The index of this folder: each row of frontend-contract.md d1, each contradiction of d2 and each observation of d3 has a
// test named after it. Row 11 is a socket event of the main backend: a signed outgoing webhook of ours will feed it, in the
// issue on leads and messages.
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { root } from "../world/root.ts";

const titles = globSync("test/contract/*.test.ts", { cwd: root })
  .flatMap((path) => [
    ...readFileSync(`${root}/${path}`, "utf8").matchAll(/["'`]((?:row|contradiction|observed) [^"'`]+)/g),
  ])
  .map(([, title = ""]) => title);

const numbers = (last: number) => Array.from({ length: last }, (_, index) => String(index + 1));
const rows = "1 1r 2 3 4 5 5b 5c 5d 6 6b 6c 6d 6e 6f 7 7b 7c 8 9 9b 10".split(" ");

test.each([
  ...rows.map((row) => `row ${row}`),
  ...numbers(20).map((number) => `contradiction ${number}`),
  ...numbers(17).map((number) => `observed ${number}`),
])("%s is held by a test of that name", (name) => {
  expect(titles.some((title) => new RegExp(`(^|, )${name}[:,]`).test(title))).toBe(true);
});
