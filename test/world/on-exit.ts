const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const endings = new Set<() => void>();

const runAll = () => {
  for (const ending of endings) ending();
  endings.clear();
};

const onSignal = (signal: NodeJS.Signals) => {
  const someoneElseDecides = process.listenerCount(signal) > 1;
  if (someoneElseDecides) return;
  runAll();
  detach();
  process.kill(process.pid, signal);
};

const attach = () => {
  process.on("exit", runAll);
  for (const signal of signals) process.on(signal, onSignal);
};

const detach = () => {
  process.off("exit", runAll);
  for (const signal of signals) process.off(signal, onSignal);
};

/**
 * Runs `ending` (synchronous) when this process ends in any way but `kill -9`; returns the function that forgets it.
 * A signal for which the program has its own listener is left to that listener: `ending` then runs on exit.
 */
export const onExit = (ending: () => void): (() => void) => {
  if (endings.size === 0) attach();
  endings.add(ending);
  return () => {
    endings.delete(ending);
    if (endings.size === 0) detach();
  };
};
