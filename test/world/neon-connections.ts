import { connect } from "node:net";
import { Client } from "pg";

export type Target = { user: string; password: string; database: string };

type Shelf = { idle: Idle[]; waiting: (() => void)[]; open: number };
type Idle = { client: Client; since: number };

export type ConnectionLimits = { perTarget: number; total: number; idleMs: number };

// Answers go out as Postgres writes them: the driver parses.
const rawText = { getTypeParser: () => (text: string | Buffer) => text };

const cancelRequestCode = 80877102;

/** Asks Postgres to cancel what this connection is doing; resolves when the request was delivered. */
const cancel = (client: Client, port: number) =>
  new Promise<void>((resolve) => {
    const { processID, secretKey } = client as Client & { processID: number; secretKey: number };
    const message = Buffer.alloc(16);
    [16, cancelRequestCode, processID, secretKey].forEach((word, index) => message.writeInt32BE(word, index * 4));
    const socket = connect(port, "127.0.0.1", () => socket.end(message));
    socket.on("close", () => resolve()).on("error", () => resolve());
  });

/**
 * Connections kept per user and database. `total` caps all of them together, so that many test databases side by side stay
 * below max_connections: before the cap is passed, the longest idle connection of any database is closed.
 */
export const createConnections = (port: number, limits: ConnectionLimits) => {
  const shelves = new Map<string, Shelf>();
  const everyone = new Set<Client>();
  const starved: (() => void)[] = [];
  let total = 0;

  const shelfOf = (target: Target) => {
    const key = JSON.stringify(target);
    const shelf = shelves.get(key) ?? { idle: [], waiting: [], open: 0 };
    shelves.set(key, shelf);
    return shelf;
  };

  const wakeNext = (shelf: Shelf) => (shelf.waiting.shift() ?? starved.shift())?.();

  const close = (shelf: Shelf, client: Client) => {
    if (!everyone.delete(client)) return;
    shelf.idle = shelf.idle.filter((idle) => idle.client !== client);
    shelf.open -= 1;
    total -= 1;
    client.end().catch(() => undefined);
    wakeNext(shelf);
  };

  const closeLongestIdle = () => {
    const oldest = [...shelves.values()]
      .flatMap((shelf) => shelf.idle.slice(0, 1).map((idle) => ({ shelf, idle })))
      .toSorted((a, b) => a.idle.since - b.idle.since)[0];
    if (oldest) close(oldest.shelf, oldest.idle.client);
  };

  const open = async (target: Target, shelf: Shelf) => {
    shelf.open += 1;
    total += 1;
    const client = new Client({ ...target, host: "127.0.0.1", port, types: rawText, application_name: "neon-door" });
    everyone.add(client);
    // A terminated connection (its database was dropped) must leave the shelf, not end the process.
    client.on("error", () => close(shelf, client));
    try {
      await client.connect();
    } catch (error) {
      close(shelf, client);
      throw error;
    }
    return client;
  };

  const take = async (target: Target): Promise<{ shelf: Shelf; client: Client }> => {
    const shelf = shelfOf(target);
    for (;;) {
      const idle = shelf.idle.pop();
      if (idle) return { shelf, client: idle.client };
      if (shelf.open < limits.perTarget) {
        if (total >= limits.total) closeLongestIdle();
        if (total < limits.total) return { shelf, client: await open(target, shelf) };
        await new Promise<void>((resolve) => starved.push(resolve));
      } else {
        await new Promise<void>((resolve) => shelf.waiting.push(resolve));
      }
    }
  };

  // After the answer, not before the next question: nobody waits for it.
  const giveBack = async (shelf: Shelf, client: Client) => {
    try {
      await client.query("discard all");
    } catch {
      return close(shelf, client);
    }
    if (!everyone.has(client)) return;
    if (starved.length > 0 && shelf.waiting.length === 0) return close(shelf, client);
    shelf.idle.push({ client, since: Date.now() });
    wakeNext(shelf);
  };

  const sweep = setInterval(() => {
    const limit = Date.now() - limits.idleMs;
    for (const shelf of shelves.values()) {
      for (const { client, since } of shelf.idle) if (since < limit) close(shelf, client);
    }
    for (const [key, shelf] of shelves) if (shelf.open === 0 && shelf.waiting.length === 0) shelves.delete(key);
  }, 1000).unref();

  return {
    /** Lends a clean connection to `work`. When `clientGone` fires meanwhile, the work is cancelled, as Neon does. */
    use: async <T>(target: Target, clientGone: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> => {
      const { shelf, client } = await take(target);
      if (clientGone.aborted) {
        void giveBack(shelf, client);
        throw new Error("the client left before its turn came");
      }
      let isCancelled = false;
      const onGone = () => {
        isCancelled = true;
        void cancel(client, port).then(() => close(shelf, client));
      };
      clientGone.addEventListener("abort", onGone, { once: true });
      try {
        return await work(client);
      } finally {
        clientGone.removeEventListener("abort", onGone);
        if (!isCancelled) void giveBack(shelf, client);
      }
    },
    stop: async () => {
      clearInterval(sweep);
      await Promise.all([...everyone].map((client) => client.end().catch(() => undefined)));
    },
  };
};
