// CPU time of one process, all its threads, to the microsecond: from the scheduler's own account, on Linux only.
import { readdirSync, readFileSync } from "node:fs";
import { childrenOf, commandOf } from "../world/processes.ts";

const workerds = () => childrenOf(process.pid).filter((pid) => /workerd/.test(commandOf(pid)));

/** Starts something that runs a workerd, and tells its number. */
export const withPid = async <T>(start: () => Promise<T>): Promise<{ started: T; pid: number }> => {
  const before = new Set(workerds());
  const started = await start();
  const pid = workerds().find((one) => !before.has(one));
  if (pid === undefined) throw new Error("The benchmark of the hall finds no workerd: it needs Linux.");
  return { started, pid };
};

export const cpuMsOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
    try {
      return sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]) / 1e6;
    } catch {
      // It ended meanwhile.
      return sum;
    }
  }, 0);

/** Milliseconds of CPU that a process spends while something is done; what it does after its answer is the next one's. */
export const cpuOf = async (pid: number, work: () => Promise<unknown>): Promise<number> => {
  const before = cpuMsOf(pid);
  await work();
  return cpuMsOf(pid) - before;
};

export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
