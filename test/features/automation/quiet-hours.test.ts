import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { isQuiet, nextAllowed } from "../../../src/features/automation/quiet-hours.ts";

const at = (text: string) => Date.parse(text);

test.each([
  ["21:00", "09:00", "20:59", false],
  ["21:00", "09:00", "21:00", true],
  ["21:00", "09:00", "08:59", true],
  ["21:00", "09:00", "09:00", false],
  ["13:00", "15:00", "12:59", false],
  ["13:00", "15:00", "13:00", true],
  ["13:00", "15:00", "15:00", false],
  ["13:00", "13:00", "13:00", false],
])("from %s to %s, %s is quiet: %s", (start, end, time, quiet) => {
  expect(isQuiet(at(`2026-06-10T${time}:00Z`), { zone: "UTC", start, end })).toBe(quiet);
});

describe("the next minute a message may go out", () => {
  test.each([
    ["Madrid, before the window", "Europe/Madrid", "21:00", "09:00", "2026-06-10T18:59:30Z", "2026-06-10T18:59:30Z"],
    ["Madrid, over midnight", "Europe/Madrid", "21:00", "09:00", "2026-06-10T20:15:20Z", "2026-06-11T07:00:00Z"],
    [
      "Madrid, the night the clocks go forward",
      "Europe/Madrid",
      "21:00",
      "09:00",
      "2026-03-28T22:00:00Z",
      "2026-03-29T07:00:00Z",
    ],
    [
      "Madrid, the night they go back",
      "Europe/Madrid",
      "21:00",
      "09:00",
      "2026-10-24T22:00:00Z",
      "2026-10-25T08:00:00Z",
    ],
    [
      "Madrid, an end that is jumped over",
      "Europe/Madrid",
      "00:00",
      "02:30",
      "2026-03-29T00:30:00Z",
      "2026-03-29T01:00:00Z",
    ],
    [
      "Madrid, an end that comes twice",
      "Europe/Madrid",
      "00:00",
      "02:30",
      "2026-10-24T23:00:00Z",
      "2026-10-25T00:30:00Z",
    ],
    ["Madrid, its second coming", "Europe/Madrid", "00:00", "02:30", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z"],
    [
      "Santiago, midnight is jumped over",
      "America/Santiago",
      "22:00",
      "00:30",
      "2026-09-06T03:00:00Z",
      "2026-09-06T04:00:00Z",
    ],
    [
      "Santiago, the hour comes twice",
      "America/Santiago",
      "22:00",
      "08:00",
      "2026-04-05T02:00:00Z",
      "2026-04-05T12:00:00Z",
    ],
    [
      "Buenos Aires, no change",
      "America/Argentina/Buenos_Aires",
      "21:00",
      "09:00",
      "2026-10-25T00:00:00Z",
      "2026-10-25T12:00:00Z",
    ],
  ])("%s", (_, zone, start, end, asked, allowed) => {
    expect(nextAllowed(at(asked), [{ zone, start, end }])).toBe(at(allowed));
  });

  it("is quiet nowhere, not earlier than asked, and the first such minute; none where two windows leave none", () => {
    const zones = ["Europe/Madrid", "America/Santiago", "America/Argentina/Buenos_Aires"];
    const time = fc
      .integer({ min: 0, max: 95 })
      .map((n) => `${String(Math.floor(n / 4)).padStart(2, "0")}:${String((n % 4) * 15).padStart(2, "0")}`);
    const window = fc.record({ zone: fc.constantFrom(...zones), start: time, end: time });
    const days = ["2026-03-28", "2026-10-24", "2026-04-04", "2026-09-05", "2026-06-01"].map((day) =>
      at(`${day}T12:00:00Z`),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...days),
        fc.integer({ min: 0, max: 1440 }),
        fc.array(window, { maxLength: 2 }),
        (day, minute, windows) => {
          const asked = day + minute * 60_000;
          const found = nextAllowed(asked, windows);
          const free = (instant: number) => windows.every((one) => !isQuiet(instant, one));
          if (found === undefined) return windows.length === 2;
          expect(found).toBeGreaterThanOrEqual(asked);
          for (let earlier = asked; earlier < found; earlier += 60_000) if (free(earlier)) return false;
          return free(found);
        },
      ),
      { numRuns: 60 },
    );
  });
});
