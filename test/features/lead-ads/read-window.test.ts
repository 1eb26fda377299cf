import fc from "fast-check";
import { expect, it } from "vitest";
import type { MetaLead } from "../../../src/context.ts";
import { checkpointAfter, halve, inOrder, type Window, windowOf } from "../../../src/features/lead-ads/read-window.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-11-23T15:00:00Z");
const lead = (at: number | null) => ({ createdAt: at === null ? null : new Date(at) }) as MetaLead;

/** As Meta filters: whole seconds, both bounds open. */
const holds = ({ after, before }: Window, at: number) =>
  at > Math.floor(after.getTime() / 1000) && at < Math.floor(before.getTime() / 1000);

it("looks a day behind the checkpoint, and not behind what Meta keeps", () => {
  expect(windowOf(new Date(NOW - 3_600_000), NOW).after).toEqual(new Date(NOW - 3_600_000 - DAY));
  expect(windowOf(new Date(NOW - 300 * DAY), NOW).after).toEqual(new Date(NOW - 90 * DAY));
  expect(holds(windowOf(new Date(NOW), NOW), NOW / 1000)).toBe(true);
});

it("divided however often, a window leaves no second out", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 90 * 86_400 }), fc.nat(), fc.array(fc.boolean()), (seconds, where, cuts) => {
      const whole = { after: new Date(NOW - seconds * 1000 - 777), before: new Date(NOW) };
      const first = Math.floor(whole.after.getTime() / 1000) + 1;
      const span = NOW / 1000 - first;
      if (span < 1) return;
      const at = first + (where % span);
      let windows: Window[] = [whole];
      for (const cut of cuts) windows = windows.flatMap((one) => (cut ? (halve(one) ?? [one]) : [one]));
      expect(windows.some((one) => holds(one, at))).toBe(true);
    }),
  );
});

it("ends: a window of a few seconds is divided no more", () => {
  let window: Window | undefined = { after: new Date(NOW - 90 * DAY), before: new Date(NOW) };
  let cuts = 0;
  for (; window; window = halve(window)?.[0]) cuts += 1;
  expect(cuts).toBeLessThan(40);
});

it("moves the checkpoint to the oldest lead that is left, and no further", () => {
  const until = new Date(NOW);
  expect(checkpointAfter(until, [])).toEqual(until);
  expect(checkpointAfter(until, [lead(NOW - 5_000), lead(NOW - 9_000), lead(null)])).toEqual(new Date(NOW - 9_000));
});

it("takes the oldest first, and what has no time before all", () => {
  expect(inOrder([lead(3), lead(null), lead(1)]).map(({ createdAt }) => createdAt?.getTime())).toEqual([
    undefined,
    1,
    3,
  ]);
});
