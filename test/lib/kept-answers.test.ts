import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createKeptAnswers } from "../../src/lib/kept-answers.ts";

const answer = (bytes: number) => ({ body: new Uint8Array(bytes), etag: "" });
const room = (limits: Parameters<typeof createKeptAnswers>[1] = {}) => {
  let now = 0;
  const answers = createKeptAnswers(() => now, limits);
  return { answers, advance: (ms: number) => (now += ms) };
};

describe("kept answers", () => {
  it("live for a minute, however often they are read", () => {
    const { answers, advance } = room();
    const made = answer(10);
    answers.keep("a", made);
    advance(59_999);
    expect(answers.find("a")?.body).toBe(made.body);
    advance(1);
    expect(answers.find("a")).toBeUndefined();
    expect(answers.heldBytes()).toBe(0);
  });

  it("make room: who was read longest ago goes first", () => {
    const { answers } = room({ totalBytes: 320 });
    for (const key of ["a", "b", "c"]) answers.keep(key, answer(100));
    answers.find("a");
    answers.keep("d", answer(100));
    expect(["a", "b", "c", "d"].map((key) => answers.find(key) !== undefined)).toEqual([true, false, true, true]);
  });

  it("are not kept when one alone is too big, and what was kept under that name is gone", () => {
    const { answers } = room({ answerBytes: 100 });
    answers.keep("a", answer(98));
    expect(answers.find("a")).toBeDefined();
    answers.keep("a", answer(99));
    expect(answers.find("a")).toBeUndefined();
    expect(answers.heldBytes()).toBe(0);
  });

  it("never hold more than they may, and count what they hold", () => {
    const step = fc.record({
      key: fc.constantFrom("a", "b", "c", "d", "e"),
      bytes: fc.integer({ min: 0, max: 60 }),
      isRead: fc.boolean(),
      pause: fc.integer({ min: 0, max: 30_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { answers, advance } = room({ totalBytes: 100, answerBytes: 50 });
        const latest = new Map<string, Uint8Array>();
        for (const { key, bytes, isRead, pause } of steps) {
          advance(pause);
          const found = isRead ? answers.find(key) : undefined;
          expect(found?.body ?? latest.get(key)).toBe(latest.get(key));
          if (isRead) continue;
          const made = answer(bytes);
          answers.keep(key, made);
          latest.set(key, made.body);
          expect(answers.heldBytes()).toBeLessThanOrEqual(100);
        }
        advance(60_000);
        for (const key of latest.keys()) expect(answers.find(key)).toBeUndefined();
        expect(answers.heldBytes()).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });
});
