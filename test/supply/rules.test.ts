// A check that cannot fail is none: each fault is planted once.
import { expect, it, test } from "vitest";
import { licenceList, type LockedPackage, lockProblems, pinProblems, secretProblems } from "./rules.ts";

const good: LockedPackage = { integrity: "sha512-abc", license: "MIT" };
const locked = (part: LockedPackage, allowScripts?: Record<string, boolean>) =>
  lockProblems({ packages: { "": {}, "node_modules/a": { ...good, ...part } } }, allowScripts ? { allowScripts } : {});

it("a good package is no problem", () => {
  expect(locked({})).toEqual([]);
  expect(locked({ resolved: "https://registry.npmjs.org/a/-/a-1.0.0.tgz" })).toEqual([]);
  expect(locked({ license: "MPL-2.0", dev: true })).toEqual([]);
  expect(locked({ hasInstallScript: true, dev: true }, { a: false })).toEqual([]);
});

test.each<[LockedPackage, string, Record<string, boolean>?]>([
  [{ resolved: "https://evil.example/a.tgz" }, "comes from evil.example"],
  [{ resolved: "git+ssh://git@github.com/a/a.git#1" }, "comes from github.com"],
  [{ integrity: "sha1-abc" }, "has no sha512"],
  [{ link: true }, "is a link"],
  [{ license: "GPL-3.0" }, "has the licence GPL-3.0"],
  [{ license: "MPL-2.0" }, "has the licence MPL-2.0"],
  [{ license: "GPL-3.0", dev: true }, "has the licence GPL-3.0"],
  [{ hasInstallScript: true, dev: true }, "allowScripts does not refuse it"],
  [{ hasInstallScript: true, dev: true }, "allowScripts does not refuse it", { a: true }],
  [{ hasInstallScript: true }, "and ships", { a: false }],
])("%j is told", (part, problem, allowed) => {
  expect(locked(part, allowed)).toEqual([expect.stringContaining(problem)]);
});

it("the licences are counted", () => {
  expect(licenceList({ packages: { "": {}, a: good, b: { ...good, dev: true } } })).toEqual([
    "ships  MIT: 1",
    "tools  MIT: 1",
  ]);
});

it("ranges, tags and addresses are no pins", () => {
  const dependencies = {
    a: "^1.0.0",
    b: "latest",
    c: "github:x/y",
    d: "1.2.3",
    e: "npm:@x/y@1.2.3",
    f: "1.0.0-beta.1",
  };
  expect(pinProblems({ dependencies }).map((problem) => problem[0])).toEqual(["a", "b", "c"]);
});

// In parts, so that the check does not find them here.
test.each([
  ["-----BEGIN ", "RSA PRIVATE KEY-----"],
  ["EAA", "B".repeat(80)],
  ["eyJhbGciOiJIUzI1NiJ9.", `eyJ1c2VyX2lkIjoiYSJ9.${"s".repeat(43)}`],
  ["ghp_", "a".repeat(36)],
  ["npm_", "a".repeat(36)],
  ["AKIA", "A".repeat(16)],
  ["AIza", "a".repeat(35)],
  ["npg_", "a1b2c3d4e5f6"],
  ["postgresql://owner:", "hunter22@ep-x.eu.neon.tech/app"],
])("%s… is found, by place and kind, and not told", (start, rest) => {
  const [problem, ...more] = secretProblems("a.ts", `one\nconst x = "${start}${rest}";`);
  expect(problem).toMatch(/^a\.ts:2 looks like /);
  expect(problem).not.toContain(rest);
  expect(more).toEqual([]);
});
