const [FIRST_SECONDS, LEAST_SECONDS, LONGEST_SECONDS] = [60, 15, 12 * 3600];

/** Seconds until the next try after the `tries`-th failed: exponentially more, by chance (0 to 1) less within that. */
export const backoffSeconds = (tries: number, chance: number): number =>
  Math.max(LEAST_SECONDS, Math.round(Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (tries - 1)) * chance));

/** A chance of 0 to 1, drawn from a random uuid. */
export const chanceOf = (uuid: string): number => Number.parseInt(uuid.slice(0, 8), 16) / 2 ** 32;
