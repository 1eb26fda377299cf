/** A fixed instant: a Monday, noon in Buenos Aires and Santiago, ten in the morning in New York. */
export const START = Date.parse("2026-11-23T15:00:00Z");

export const seconds = (count: number) => count * 1000;
export const minutes = (count: number) => seconds(60 * count);
export const hours = (count: number) => minutes(60 * count);
export const days = (count: number) => hours(24 * count);

export type Clock = ReturnType<typeof createClock>;

/** Time stands still until a test moves it. */
export function createClock(at = START) {
  let now = at;
  return {
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
  };
}
