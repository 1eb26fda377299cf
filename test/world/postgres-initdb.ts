import { execFile } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { handOver, serverIdentity } from "./postgres-places.ts";

export const superuser = "postgres";
// Fixed because it only guards a server on 127.0.0.1 that holds made-up people.
export const password = "local-only";

export const environment = { ...process.env, LC_ALL: "C" };

/** Makes a new data folder, with UTF-8 and one superuser. */
export const initialize = async (programs: string, folder: string, data: string, durable: boolean) => {
  const draft = `${data}.new`;
  const passwordFile = join(folder, "password");
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  for (const path of [draft, passwordFile]) handOver(path);
  try {
    // As on Neon: UTF-8, C.UTF-8 from the built-in provider, GMT.
    const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
    // One iteration: a real hash costs milliseconds per connection and there is nothing to protect.
    const settings = ["-c", "scram_iterations=1", "-c", "timezone=GMT", "-c", "log_timezone=GMT"];
    const identity = [`--username=${superuser}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
    await promisify(execFile)(
      join(programs, "initdb"),
      ["-D", draft, ...identity, ...locale, ...settings, ...(durable ? [] : ["--no-sync"])],
      { ...serverIdentity, cwd: folder, env: environment },
    );
    // In one step, so that an interrupted initdb never looks like a finished one.
    renameSync(draft, data);
  } finally {
    rmSync(passwordFile, { force: true });
  }
};
