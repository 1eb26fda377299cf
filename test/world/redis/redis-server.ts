import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { onExit } from "../on-exit.ts";
import { findFreePort } from "../ports.ts";
import type { Redis } from "./reply.ts";
import { connectResp } from "./resp-client.ts";

const startDeadlineMs = 5000;

const isProgram = (path: string) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

export type ServerProgram = { kind: "redis-server" | "valkey-server"; path: string };

/** The Redis or Valkey server on PATH, if there is one. */
export const findServerProgram = (): ServerProgram | undefined => {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return (["redis-server", "valkey-server"] as const)
    .flatMap((kind) => folders.map((folder) => ({ kind, path: join(folder, kind) })))
    .find(({ path }) => isProgram(path));
};

const connectWhenReady = async (child: ChildProcess, port: number, output: () => string) => {
  for (const deadline = Date.now() + startDeadlineMs; Date.now() < deadline; await wait(10)) {
    if (child.exitCode !== null) break;
    const client = await connectResp(port).catch(() => undefined);
    if (client) return client;
  }
  throw new Error(`Redis did not start on port ${port}: ${output()}`);
};

/** Starts that server on 127.0.0.1 with nothing kept on disk. */
export const startRedisServer = async (
  program: ServerProgram,
  { dir = tmpdir(), port: wanted = 0 }: { dir?: string; port?: number },
): Promise<Redis> => {
  mkdirSync(dir, { recursive: true });
  const port = await findFreePort(wanted, program.kind);
  let child: ChildProcess | undefined;
  const forget = onExit(() => child?.kill());
  const server = spawn(
    program.path,
    [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--dir",
      dir,
      "--save",
      "",
      "--appendonly",
      "no",
      "--daemonize",
      "no",
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  child = server;
  let output = "";
  for (const stream of [server.stdout, server.stderr])
    stream.on("data", (chunk) => (output = (output + String(chunk)).slice(-4000)));
  server.once("error", (error) => (output += error.message));
  const whenEnded = new Promise((resolve) => server.once("exit", resolve));

  const end = () => {
    server.kill();
    forget();
  };
  const client = await connectWhenReady(server, port, () => output).catch((error: unknown) => {
    end();
    throw error;
  });
  return {
    kind: program.kind,
    execute: client.execute,
    stop: async () => {
      client.close();
      end();
      await whenEnded;
    },
  };
};
