import { describe, expect, it, test } from "vitest";
import { foldStatus, statuses, wordsOf } from "../../../src/features/templates/template-status.ts";
import {
  escapeHtml,
  findVariableProblem,
  isEdgedByVariable,
  variablesOf,
} from "../../../src/features/templates/template-text.ts";

describe("the state of a template", () => {
  test.each([
    ["APPROVED", "APPROVED"],
    ["approved", "APPROVED"],
    ["PENDING", "PENDING"],
    ["IN_APPEAL", "PENDING"],
    ["DRAFT", "PENDING"],
    ["REJECTED", "REJECTED"],
    ["DISABLED", "REJECTED"],
    ["PENDING_DELETION", "REJECTED"],
    ["DELETED", "REJECTED"],
    ["PAUSED", "PAUSED"],
    ["LIMIT_EXCEEDED", "PAUSED"],
    ["ARCHIVED", "PAUSED"],
    ["A_WORD_OF_NEXT_YEAR", "PAUSED"],
  ])("%s is shown as %s, and found by exactly that filter", (word, shown) => {
    expect(foldStatus(word)).toBe(shown);
    const finds = statuses.filter((status) => {
      const words = wordsOf(status);
      const upper = word.toUpperCase();
      return "among" in words ? words.among.includes(upper) : !words.notAmong.includes(upper);
    });
    expect(finds).toEqual([shown]);
  });
});

describe("variables", () => {
  it("count once each, named or numbered, with or without blanks", () => {
    expect(variablesOf("Hola {{1}}, {{ 2 }} y otra vez {{1}}; {{first_name}} {3}")).toEqual(["1", "2", "first_name"]);
  });

  test.each([
    ["Hola {{1}}, usá {{2}} hoy", undefined],
    ["{{2}} antes de {{1}}", undefined],
    ["sin variables", undefined],
    ["Hola {{1}} y {{3}}", /sin saltos/],
    ["Hola {{2}}", /sin saltos/],
    ["Hola {{0}}", /sin saltos/],
    ["Hola {{01}}", /sin saltos/],
    ["Hola {{nombre}}", /sin saltos/],
    ["Hola {{1", /llaves/],
    ["Hola {{1}", /llaves/],
    ["Hola {{}} vos", /llaves/],
    ["Hola {{1}}}}", /llaves/],
    ["Hola {{1 a}}", /llaves/],
  ])("of %j: %s", (text, problem) => {
    expect(findVariableProblem(text) ?? "none").toMatch(problem ?? /^none$/);
  });

  test.each([
    ["{{1}} hola", true],
    ["hola {{1}}", true],
    [" {{1}} hola", true],
    ["hola {{1}}.", false],
    ["hola", false],
  ])("at an edge of %j: %s", (text, isEdged) => {
    expect(isEdgedByVariable(text)).toBe(isEdged);
  });
});

it("what goes into HTML is escaped once, and {{n}} stays", () => {
  expect(escapeHtml(`<b onclick="x">{{1}}</b> & 'más' &amp;`)).toBe(
    `&lt;b onclick="x"&gt;{{1}}&lt;/b&gt; &amp; 'más' &amp;amp;`,
  );
});
