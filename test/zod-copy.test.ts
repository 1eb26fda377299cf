// zod in the bundle, and in these tests, is a cut copy (.zod.mjs): it must judge as the package does.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as whole from "zod";
import { beforeAll, expect, it, test } from "vitest";
import { root } from "./world/root.ts";

type Zod = typeof whole;

let cut: Zod;

beforeAll(async () => {
  execFileSync(process.execPath, [join(root, ".zod.mjs")], { cwd: root, stdio: "pipe" });
  cut = (await import(join(root, "node_modules/.cache/zod.mjs"))) as Zod;
});

/** What the worker has of words. */
const onPaper = undefined as never;

const schemas: Record<string, (z: Zod) => whole.ZodType> = {
  text: (z) => z.string().trim().min(2).max(4).regex(/^a/),
  formats: (z) => z.union([z.email(), z.url(), z.uuid(), z.iso.date(), z.iso.datetime()]),
  numbers: (z) => z.coerce.number().int().positive().max(10),
  objects: (z) => z.strictObject({ a: z.string().optional(), b: z.array(z.number()).default([1]) }),
  choices: (z) =>
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("a"), n: z.number() }),
      z.object({ kind: z.literal("b") }),
    ]),
  pipes: (z) =>
    z
      .string()
      .transform((text) => text.length)
      .pipe(z.number().min(3))
      .refine((n) => n < 6, { error: "long" }),
  described: (z) => z.union([z.string().min(2).describe("words"), z.number().meta({ title: "words" })]),
  undescribed: (z) => z.union([z.string().min(2).describe(onPaper), z.number().meta(onPaper)]).optional(),
  records: (z) => z.record(z.string().max(3), z.enum(["x", "y"])).nullable(),
};

const values = [
  "abc",
  "",
  " ab ",
  "abcdef",
  "ana@example.com",
  "2026-02-30",
  7,
  "7",
  -1,
  null,
  undefined,
  {},
  { a: 1, c: 2 },
  { b: [1, "2"] },
  { kind: "a", n: 1 },
  { kind: "c" },
  { xyz: "x", y: "z", long4: "x" },
  [],
];

test.each(Object.keys(schemas))("%s are judged alike, with the same words", (name) => {
  const make = schemas[name] as (z: Zod) => whole.ZodType;
  const judge = (z: Zod) =>
    values.map((value) => {
      const { success, data, error } = make(z).safeParse(value);
      return { success, data, issues: error?.issues };
    });
  const ours = judge(cut);
  expect(ours).toEqual(judge(whole));
  expect(new Set(ours.map(({ success }) => success)).size).toBe(2);
});

it("makes no schema of nothing to describe, and tells what was described", () => {
  const text = cut.string();
  expect([text.describe(onPaper), text.meta(onPaper)]).toEqual([text, text]);
  expect(text.describe(onPaper)).toBe(text);
  expect(text.describe("words").description).toBe("words");
  expect(text.meta({ title: "words" }).meta()).toEqual({ title: "words" });
  expect(text.meta()).toBeUndefined();
});

it("makes a plain schema once, and what is made of it leaves it as it was", () => {
  const makers = [
    [cut.string, whole.string(), "a"],
    [cut.number, whole.number(), 1],
    [cut.boolean, whole.boolean(), true],
  ] as const;
  for (const [make, same, fitting] of makers) {
    const plain: whole.ZodType = make();
    expect(make()).toBe(plain);
    expect(plain.nullable()).toBe(plain.nullable());
    expect(plain.optional()).toBe(plain.optional());
    const [strict, strange] = [make("own words"), plain.refine(() => false).describe("words")];
    expect(strict).not.toBe(plain);
    expect(strict.safeParse(null).error?.issues[0]?.message).toBe("own words");
    expect(plain.safeParse(null).error?.issues).toEqual(same.safeParse(null).error?.issues);
    expect(strange.safeParse(fitting).success).toBe(false);
    expect(plain.safeParse(fitting).success).toBe(true);
    expect(plain.description).toBeUndefined();
  }
});

it("writes JSON Schema as the package does here, where tools read it", () => {
  for (const make of Object.values(schemas)) {
    const write = (z: Zod) => whole.toJSONSchema(make(z) as never, { unrepresentable: "any", io: "input" });
    expect(write(cut)).toEqual(write(whole));
    expect(cut.toJSONSchema(make(cut) as never, { unrepresentable: "any", io: "input" })).toEqual(write(whole));
  }
});

it("says at once that something is left out", () => {
  expect(() => cut.string().email()).toThrow("email is not a function");
  expect(() => cut.string().and(cut.string())).toThrow("and is not a function");
  expect(() => cut.coerce.bigint()).toThrow("left out");
  expect(cut.email().safeParse("ana@example.com").success).toBe(true);
});

test.each([
  [
    "another version",
    "package.json",
    (text: string) => text.replace(/"version": "[^"]+"/, '"version": "4.7.0"'),
    /not 4\.7\.0/,
  ],
  [
    "a method of another name",
    "v4/classic/schemas.js",
    (text: string) => text.replace("\n    jwt(params", "\n    jwt2(params"),
    /jwt/,
  ],
  [
    "other code",
    "v4/classic/schemas.js",
    (text: string) => text.replace("$ZodObjectJIT.init", "$ZodJIT.init"),
    /ObjectJIT/,
  ],
])("%s is refused", (_, file, change, complaint) => {
  const elsewhere = mkdtempSync(join(tmpdir(), "zod-"));
  try {
    const to = join(elsewhere, "node_modules/zod");
    for (const part of ["index.js", "package.json", "v4/core", "v4/classic", "v4/locales"]) {
      mkdirSync(dirname(join(to, part)), { recursive: true });
      cpSync(join(root, "node_modules/zod", part), join(to, part), {
        recursive: true,
        filter: (path) => !/\.(c|d)\.?[cm]?[jt]s$/.test(path),
      });
    }
    const path = join(to, file);
    writeFileSync(path, change(readFileSync(path, "utf8")));
    expect(() => execFileSync(process.execPath, [join(root, ".zod.mjs")], { cwd: elsewhere, stdio: "pipe" })).toThrow(
      complaint,
    );
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});
