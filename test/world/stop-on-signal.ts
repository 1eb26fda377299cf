const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const STOP_WITHIN_MS = 8000;

/**
 * Makes a signal stop this program in an orderly way: what was given to `onStop`, last first, then the end of the process.
 * A second signal, or eight seconds, ends it at once; what was started then ends by its own exit handlers.
 */
export const stopOnSignal = () => {
  const stops: (() => Promise<void>)[] = [];
  let isStopping = false;

  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).toReversed()) await one();
  };

  const end = async (code: number): Promise<void> => {
    setTimeout(() => process.exit(code), STOP_WITHIN_MS).unref();
    await stop().catch((error: unknown) => console.error(error));
    process.exit(code);
  };

  const onSignal = (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(1);
    isStopping = true;
    void end(signal === "SIGINT" ? 130 : signal === "SIGTERM" ? 143 : 129);
  };

  /** Also takes signals from libraries that would end the process before everything has stopped. */
  const listen = () => {
    for (const signal of signals) {
      process.removeAllListeners(signal);
      process.on(signal, onSignal);
    }
  };
  listen();

  return {
    onStop: (one: () => Promise<void>) => {
      stops.push(one);
    },
    listen,
    stop,
    /** Never settles: the process ends instead. */
    stopping: new Promise<never>(() => undefined),
  };
};
