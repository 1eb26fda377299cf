// CPU time of the programs under this process, from /proc: on Linux only.
import { readFileSync } from "node:fs";
import { childrenOf, commandOf } from "../world/processes.ts";

const MS_PER_TICK = 10;

/** Own time, and that of children that have ended. */
const ticksOf = (pid: number): number => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ")
      .map(Number);
    return [11, 12, 13, 14].reduce((sum, field) => sum + (fields[field] ?? 0), 0);
  } catch {
    return 0;
  }
};

const treeTicks = (pid: number): number => childrenOf(pid).reduce((sum, child) => sum + treeTicks(child), ticksOf(pid));

/** `server` is whichever answers: workerd, or the peer. */
export type CpuMs = { server: number; postgres: number };

/** Starts counting; the answer tells the milliseconds since, or undefined where they are not to be had. */
export const countCpu = (): (() => CpuMs | undefined) => {
  if (process.platform !== "linux") return () => undefined;
  const programs = childrenOf(process.pid);
  const sum = (name: RegExp) =>
    programs.filter((pid) => name.test(commandOf(pid))).reduce((ticks, pid) => ticks + treeTicks(pid), 0);
  const now = (): CpuMs => ({
    server: sum(/workerd|peers\/fastify/) * MS_PER_TICK,
    postgres: sum(/postgres/) * MS_PER_TICK,
  });
  const before = now();
  return () => {
    const { server, postgres } = now();
    return { server: server - before.server, postgres: postgres - before.postgres };
  };
};
