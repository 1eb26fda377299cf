// After `kill -9` a postmaster.pid stays behind. Its number may be a Postgres that outlived its owner, a Postgres that somebody
// is using, or by now any other program: only the first may be signalled.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const readText = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "");

const processList = (pid: number, column: "command" | "ppid"): string => {
  try {
    if (process.platform === "win32")
      return execFileSync("tasklist", ["/FI", `PID eq ${pid}`, "/NH"], { encoding: "utf8" });
    return execFileSync("ps", ["-o", `${column}=`, "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return "";
  }
};

const commandOf = (pid: number) => {
  if (process.platform !== "linux") return processList(pid, "command");
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
};

const parentOf = (pid: number) => {
  if (process.platform !== "linux") return Number(processList(pid, "ppid"));
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return NaN;
  }
};

const isOurPostgres = (pid: number, dataFolder: string) => {
  const command = commandOf(pid);
  return process.platform === "win32"
    ? command.includes("postgres")
    : command.includes("postgres") && command.includes(dataFolder);
};

const signal = (pid: number, name: NodeJS.Signals) => {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the check and the signal.
  }
};

const isGoneWithin = async (ms: number, isAlive: () => boolean) => {
  for (const deadline = Date.now() + ms; Date.now() < deadline; await wait(20)) if (!isAlive()) return true;
  return !isAlive();
};

const noSuchPid = 2_000_000_000;

/**
 * Makes the data folder free to start on: stops an orphan Postgres that still runs on it and disarms a pid file whose number now
 * belongs to another program. Throws when the Postgres there is in use by a living owner.
 */
export const clearDataFolder = async (dataFolder: string, ownerFile: string): Promise<void> => {
  const pidFile = join(dataFolder, "postmaster.pid");
  const [firstLine = "", ...otherLines] = readText(pidFile).split("\n");
  const pid = Number(firstLine);
  if (!Number.isInteger(pid) || pid <= 1) return;

  if (!isOurPostgres(pid, dataFolder)) {
    // Deleting the file would also skip Postgres' own check for surviving backends; a number nobody has does not.
    writeFileSync(pidFile, [noSuchPid, ...otherLines].join("\n"));
    return;
  }

  const owner = Number(readText(ownerFile));
  // An orphan gets a new parent, so the recorded owner is alive exactly if it still is the parent.
  if (parentOf(pid) === owner)
    throw new Error(`The Postgres in ${dataFolder} is in use by process ${owner}: stop that first.`);

  const isAlive = () => isOurPostgres(pid, dataFolder);
  for (const name of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    signal(pid, name);
    if (await isGoneWithin(3000, isAlive)) return;
  }
  throw new Error(`The orphan Postgres ${pid} in ${dataFolder} could not be stopped.`);
};
