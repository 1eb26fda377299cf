// The server we measure ourselves against, in a process of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onExit } from "../world/on-exit.ts";

export type Peer = { url: string; stop: () => Promise<void> };

const program = fileURLToPath(new URL("peers/fastify.ts", import.meta.url));

export const startPeer = async ({
  databaseUrl,
  jwtSecret,
}: {
  databaseUrl: string;
  jwtSecret: string;
}): Promise<Peer> => {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
    env: { ...process.env, NODE_ENV: "production", DATABASE_URL: databaseUrl, JWT_SECRET: jwtSecret },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const forget = onExit(() => child.kill());
  const [port] = (await Promise.race([
    once(child.stdout, "data"),
    ended.then(() => {
      throw new Error("The peer ended before it listened.");
    }),
  ])) as [Buffer];
  return {
    url: `http://127.0.0.1:${port.toString().trim()}`,
    stop: async () => {
      child.kill();
      await ended;
      forget();
    },
  };
};
