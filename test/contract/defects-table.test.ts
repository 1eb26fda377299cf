// test/defects.md says of every defect of the predecessor what rules it out here: the test that names it, or why it cannot
// come back.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { root } from "../world/root.ts";

const read = (path: string) => readFileSync(`${root}/test/${path}`, "utf8");
const table = [...read("defects.md").matchAll(/^\| (\d+[a-d]?) +\| (.+?) +\|$/gm)].map(
  ([, number = "", held = ""]) => ({
    number,
    files: [...held.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, path = ""]) => path),
    held,
  }),
);

/** Lines that hold a text, but for comments: titles, wherever a table of cases keeps them. */
const titlesOf = (path: string) =>
  read(path)
    .split("\n")
    .filter((line) => /^(?!\s*(\/\/|\*)).*["`]/.test(line));

const between = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("the table of defects", () => {
  it("has every number once, in their order", () => {
    const numbers = between(1, 169).flatMap((number) =>
      number === 24 ? ["24", "24b", "24c", "24d"] : [String(number)],
    );
    expect(table.map(({ number }) => number)).toEqual(numbers);
  });

  test.each(table.filter(({ files }) => files.length > 0))(
    "$number is named by a test in $files",
    ({ number, files }) => {
      for (const path of files) {
        expect(existsSync(`${root}/test/${path}`)).toBe(true);
        expect(titlesOf(path).filter((title) => new RegExp(`defect ${number}\\b`).test(title))).not.toEqual([]);
      }
    },
  );

  test.each(table.filter(({ files }) => files.length === 0))("$number cannot come back, and says why", ({ held }) => {
    expect(held).toMatch(/^[A-Z].{30,}\.$/);
  });
});
