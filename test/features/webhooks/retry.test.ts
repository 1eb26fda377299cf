import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { MOST_TRIES, settle } from "../../../src/features/webhooks/retry.ts";
import { AppError, type ErrorCode } from "../../../src/errors.ts";

const NOW = Date.parse("2026-11-23T15:00:00Z");
const failed = (code: ErrorCode, details = {}) => ({
  kind: "failed" as const,
  error: new AppError(code, "", { details }),
});
const after = (tries: number, chance: number, outcome = failed("meta.transient")) => {
  const { dueAt, state, error } = settle(outcome, tries, NOW, chance);
  expect([state, error]).toEqual([dueAt === null ? "failed" : "pending", outcome.error.code]);
  return dueAt === null ? null : (dueAt - NOW) / 1000;
};

describe("an event", () => {
  it("that is done is done", () => {
    expect(settle({ kind: "done" }, 3, NOW, 0)).toEqual({ state: "done", dueAt: null, tries: 3, error: null });
  });

  it("whose turn did not come has not been tried", () => {
    expect(settle({ kind: "untouched" }, 1, NOW, 0)).toEqual({ state: "pending", dueAt: NOW, tries: 0, error: null });
  });

  test.each<ErrorCode>(["meta.permission", "connection.needs_reauth", "request.invalid"])(
    "fails at once of %s",
    (code) => {
      expect(settle(failed(code), 1, NOW, 0.5)).toEqual({ state: "failed", dueAt: null, tries: 1, error: code });
    },
  );

  it("waits as long as Meta asks, whatever chance says", () => {
    expect(after(1, 0, failed("meta.throttled", { retryAfterSeconds: 900 }))).toBe(900);
    expect(after(1, 0, failed("meta.transient", { retryAfterSeconds: 900 }))).toBe(15);
  });

  test.each([
    [1, 60],
    [2, 120],
    [3, 240],
    [10, 30_720],
    [11, 43_200],
  ])("after try %i waits %i s at most", (tries, most) => {
    expect([after(tries, 1), after(tries, 0.5), after(tries, 0)]).toEqual([most, most / 2, 15]);
  });

  it("is given up after twelve tries, and its waits all together are two days at most", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }), (chances) => {
        const waits = chances.map((chance, at) => after(at + 1, chance));
        expect(waits.findIndex((wait) => wait === null)).toBe(MOST_TRIES - 1);
        expect(waits.reduce<number>((sum, wait) => sum + (wait ?? 0), 0)).toBeLessThanOrEqual(2 * 86_400);
        expect(waits.every((wait) => wait === null || (wait >= 15 && wait <= 43_200))).toBe(true);
      }),
    );
  });
});
