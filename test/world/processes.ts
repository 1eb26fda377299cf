// What is known about other processes of this machine, without any package: /proc on Linux, ps on macOS, tasklist on Windows.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const askPs = (...words: string[]): string => {
  try {
    return execFileSync("ps", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
};

const askTasklist = (pid: number): string => {
  try {
    return execFileSync("tasklist", ["/FI", `PID eq ${pid}`, "/NH"], { encoding: "utf8" });
  } catch {
    return "";
  }
};

/** The command line of a process (on Windows only its name), or "" when there is none with this number. */
export const commandOf = (pid: number): string => {
  if (process.platform === "win32") return askTasklist(pid);
  if (process.platform !== "linux") return askPs("-o", "command=", "-p", String(pid)).trim();
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
};

/** The parent of a process; NaN when there is none with this number. */
export const parentOf = (pid: number): number => {
  if (process.platform === "win32") return NaN;
  if (process.platform !== "linux") return Number.parseInt(askPs("-o", "ppid=", "-p", String(pid)), 10);
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return NaN;
  }
};

const allPids = (): number[] =>
  process.platform === "linux"
    ? readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
    : askPs("-A", "-o", "pid=").split("\n").map(Number).filter(Boolean);

/** The direct children of a process; empty on Windows, where they are not to be had without a package. */
export const childrenOf = (parent: number): number[] =>
  process.platform === "win32" ? [] : allPids().filter((pid) => parentOf(pid) === parent);

/** Signals a process that may have ended meanwhile. */
export const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the check and the signal.
  }
};
