// The platform's own deadlines, four times as short: a cell about a dependency that hangs need not hang for half a minute.
const SHORTER = 4;
/** Redis' deadline is short enough as it is. */
const LONG_MS = 5_000;

export const shortened = (ms: number) => (ms >= LONG_MS ? ms / SHORTER : ms);

export async function withShortDeadlines<T>(run: () => Promise<T>): Promise<T> {
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => timeout.call(AbortSignal, shortened(ms));
  try {
    return await run();
  } finally {
    AbortSignal.timeout = timeout;
  }
}
