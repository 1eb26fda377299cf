// One world per folder. state.json says which process runs it and which programs it started; after `kill -9` it is how
// the next start knows the orphans that are ours.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { onExit } from "./on-exit.ts";
import { childrenOf, commandOf, signal } from "./processes.ts";
import type { Ports } from "./world-ports.ts";

type Program = { pid: number; command: string };

export type Running = Program & { startedAt: string; ports: Ports; programs: Program[] };

export type RunningFile = {
  /** Notes the programs that run under this process now; to be called again when they may have changed. */
  notePrograms: () => void;
  remove: () => void;
};

const read = (file: string): Running | undefined => {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Running;
  } catch {
    return undefined;
  }
};

const isAlive = ({ pid, command }: Program) => command !== "" && commandOf(pid) === command;

/** Who runs the world of this folder now, if anybody does. */
export const findRunning = (file: string): Running | undefined => {
  const running = read(file);
  return running && isAlive(running) ? running : undefined;
};

/** Ends what a killed world left behind: only processes whose number and command line are both as recorded. */
const endOrphans = async ({ programs }: Running): Promise<void> => {
  const orphans = programs.filter(isAlive);
  for (const { pid } of orphans) signal(pid, "SIGKILL");
  for (const deadline = Date.now() + 3000; Date.now() < deadline && orphans.some(isAlive);) await wait(20);
};

const create = (file: string, running: Running): boolean => {
  try {
    writeFileSync(file, JSON.stringify(running, null, 2), { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
};

// Postgres is left out: an orphan of its kind must be shut down, not killed, and postgres-orphan.ts does that.
const isOurs = ({ command }: Program) => /workerd|redis-server|valkey-server/.test(command);

/** Takes the folder for this process; throws who has it when somebody does. */
export const takeFolder = async (file: string, ports: Ports): Promise<RunningFile> => {
  mkdirSync(dirname(file), { recursive: true });
  const running: Running = {
    pid: process.pid,
    command: commandOf(process.pid),
    startedAt: new Date().toISOString(),
    ports,
    programs: [],
  };
  while (!create(file, running)) {
    const other = findRunning(file);
    if (other) {
      const where = `process ${other.pid}, since ${other.startedAt}, worker on port ${other.ports.worker}`;
      throw new Error(`The world is already running (${where}). Stop that first: Ctrl-C there, or kill ${other.pid}.`);
    }
    const stale = read(file);
    if (stale) await endOrphans(stale);
    rmSync(file, { force: true });
  }
  const remove = () => rmSync(file, { force: true });
  const forget = onExit(remove);
  return {
    notePrograms: () => {
      const programs = childrenOf(process.pid).map((pid) => ({ pid, command: commandOf(pid) }));
      writeFileSync(file, JSON.stringify({ ...running, programs: programs.filter(isOurs) }, null, 2));
    },
    remove: () => {
      remove();
      forget();
    },
  };
};
