import { describe, expect, it, test } from "vitest";
import {
  filters,
  PENDING,
  results,
  showStatus,
  statuses,
  wordsOf,
} from "../../../src/features/automation/log-status.ts";

const words = ["sent", "success", "delivered", "read", "failed", "error", "skipped", "a_word_of_next_year"];

const isFound = (word: string, filter: (typeof filters)[number] | undefined) => {
  const found = wordsOf(filter);
  return "among" in found ? found.among.includes(word) : !found.notAmong.includes(word);
};

describe("how an action ended", () => {
  test.each([
    ["sent", "sent", "success"],
    ["success", "sent", "success"],
    ["delivered", "delivered", "success"],
    ["read", "read", "success"],
    ["failed", "failed", "error"],
    ["error", "failed", "error"],
    ["skipped", "failed", "skipped"],
    ["a_word_of_next_year", "failed", "error"],
  ])("%s is %s in the view and %s in the types", (word, status, result) => {
    expect(showStatus(word)).toEqual({ status, result });
  });

  test.each(words)("%s is found by exactly the filters that it is shown as", (word) => {
    const { status, result } = showStatus(word);
    const finding = [...statuses, ...results].filter((filter) => isFound(word, filter));
    expect(new Set(finding)).toEqual(new Set([status, result]));
    expect(isFound(word, undefined)).toBe(true);
    expect(isFound(word, PENDING)).toBe(false);
  });

  it("what is pending is found only by that name", () => {
    expect(filters.filter((filter) => isFound(PENDING, filter))).toEqual([PENDING]);
    expect(isFound(PENDING, undefined)).toBe(false);
  });
});
