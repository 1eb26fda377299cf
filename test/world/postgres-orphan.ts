// After `kill -9` a postmaster.pid stays behind. Its number may be a Postgres that outlived its owner, a Postgres that somebody
// is using, or by now any other program: only the first may be signalled.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { commandOf, parentOf, signal } from "./processes.ts";

const readText = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "");

const isOurPostgres = (pid: number, dataFolder: string) => {
  const command = commandOf(pid);
  return process.platform === "win32"
    ? command.includes("postgres")
    : command.includes("postgres") && command.includes(dataFolder);
};

const isGoneWithin = async (ms: number, isAlive: () => boolean) => {
  for (const deadline = Date.now() + ms; Date.now() < deadline; await wait(20)) if (!isAlive()) return true;
  return !isAlive();
};

const noSuchPid = 2_000_000_000;

const end = async (pid: number, isAlive: () => boolean, owner: number, dataFolder: string) => {
  // An orphan gets a new parent, so the recorded owner is alive exactly if it still is the parent.
  if (parentOf(pid) === owner) {
    // A Postgres that was just killed takes a moment to be gone.
    if (await isGoneWithin(500, isAlive)) return;
    throw new Error(`The Postgres in ${dataFolder} is in use by process ${owner}: stop that first.`);
  }
  for (const name of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    signal(pid, name);
    if (await isGoneWithin(3000, isAlive)) return;
  }
  throw new Error(`The orphan Postgres ${pid} in ${dataFolder} could not be stopped.`);
};

/**
 * Makes the data folder free to start on: stops an orphan Postgres that still runs on it and disarms a pid file whose number now
 * belongs to another program. Throws when the Postgres there is in use by a living owner.
 */
export const clearDataFolder = async (dataFolder: string, ownerFile: string): Promise<void> => {
  const pidFile = join(dataFolder, "postmaster.pid");
  const [firstLine = "", ...otherLines] = readText(pidFile).split("\n");
  const pid = Number(firstLine);
  if (!Number.isInteger(pid) || pid <= 1) return;

  const isAlive = () => isOurPostgres(pid, dataFolder);
  if (isAlive()) await end(pid, isAlive, Number(readText(ownerFile)), dataFolder);
  // Deleting the file would also skip Postgres' own check for surviving backends; a number nobody has does not.
  if (existsSync(pidFile)) writeFileSync(pidFile, [noSuchPid, ...otherLines].join("\n"));
};
