// Properties that cost a round trip each, checked many at a time.
import fc from "fast-check";
import { many } from "../support/full.ts";

/** Printed in titles; the environment's FC_SEED draws the same cases again. */
export const seed = Number(process.env["FC_SEED"] ?? Math.floor(Math.random() * 0x7fffffff));

export type Drawn<T> = { arbitrary: fc.Arbitrary<T>; cases: T[] };

/** A thousand cases, or `count`; an eighth in `npm test`. */
export const draw = <T>(arbitrary: fc.Arbitrary<T>, count = 1_000): Drawn<T> => ({
  arbitrary,
  cases: fc.sample(arbitrary, { seed, numRuns: many(count) }),
});

/** Answers for each of its cases whether, and how, it fails. */
type Check<T> = (batch: T[]) => Promise<(Error | undefined)[]>;

/**
 * Checks all cases, two batches at a time. The first that fails is drawn again and shrunk alone by fast-check, which prints
 * seed, path and counterexample. `size` is how many cases are checked together.
 */
export async function expectAll<T>({ arbitrary, cases }: Drawn<T>, check: Check<T>, size = 50): Promise<void> {
  const starts = Array.from({ length: Math.ceil(cases.length / size) }, (_, index) => index * size);
  const failures: { index: number; cause: Error }[] = [];
  const work = async () => {
    for (let start = starts.shift(); start !== undefined && failures.length === 0; start = starts.shift()) {
      const found = await check(cases.slice(start, start + size));
      for (const [place, cause] of found.entries()) if (cause) failures.push({ index: start + place, cause });
    }
  };
  await Promise.all([work(), work()]);
  const [first] = failures.toSorted((a, b) => a.index - b.index);
  if (!first) return;
  console.error(`FC_SEED=${seed}, case ${first.index}: ${first.cause.message}`);
  const alone = fc.asyncProperty(arbitrary, async (value) => {
    const [failure] = await check([value]);
    if (failure) throw failure;
  });
  await fc.assert(alone, {
    seed,
    path: String(first.index),
    numRuns: cases.length,
    interruptAfterTimeLimit: 20_000,
    markInterruptAsFailure: true,
  });
  throw new Error(`Fails among its neighbours only: FC_SEED=${seed}, case ${first.index}`, { cause: first.cause });
}
