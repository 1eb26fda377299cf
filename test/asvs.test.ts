// test/asvs.csv says of every requirement of OWASP ASVS 5.0.0 at levels 1 and 2 what holds it here: a test, a decision in a
// sentence, or what is missing. Ids and levels are those of 5.0/docs_en of github.com/OWASP/ASVS.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { root } from "./world/root.ts";

/** SHA-256 of the source's "id,level" lines in their order, so that none is left out, added or moved to another level. */
const SOURCE = "682ee518f26e522cbd58eef0fee5a3e598a9220636bcbb2b6f8dd260aee43ee6";

type Row = { id: string; level: string; applicable: string; heldBy: string };

const [head, ...lines] = readFileSync(`${root}/test/asvs.csv`, "utf8").trimEnd().split("\n");
const rows = lines.map((line): Row => {
  const [, id = "", level = "", applicable = "", quoted = ""] = /^(V[\d.]+),([12]),(yes|no),(.+)$/.exec(line) ?? [];
  return { id, level, applicable, heldBy: quoted.replace(/^"(.*)"$/, "$1").replaceAll('""', '"') };
});

const pathsOf = ({ heldBy }: Row) => heldBy.match(/test\/[\w./-]+\.test\.ts/g) ?? [];

describe("ASVS 5.0.0", () => {
  it("has each requirement of levels 1 and 2 once: 70 and 183", () => {
    expect(head).toBe("id,level,applicable,held_by");
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    expect([
      rows.filter(({ level }) => level === "1").length,
      rows.filter(({ level }) => level === "2").length,
    ]).toEqual([70, 183]);
    const listed = rows.map(({ id, level }) => `${id},${level}`).join("\n");
    expect(createHash("sha256").update(listed).digest("hex")).toBe(SOURCE);
  });

  test.each(rows.filter(({ applicable }) => applicable === "yes"))(
    "$id is held by a test that exists, by a decision, or says what is missing",
    (row) => {
      expect(pathsOf(row).filter((path) => !existsSync(`${root}/${path}`))).toEqual([]);
      if (pathsOf(row).length > 0) return;
      expect(row.heldBy).toMatch(/^((Decision|Not held): .{30,}|README.{20,})$/);
    },
  );

  test.each(rows.filter(({ applicable }) => applicable === "no"))("$id does not apply, and says why", (row) => {
    expect(row.heldBy).toMatch(/^(?!Decision|Not held)[A-Z].{6,}$/);
    expect(pathsOf(row)).toEqual([]);
  });
});
