/** An error reply, such as "WRONGTYPE Operation against a key holding the wrong kind of value". */
export class RedisError extends Error {
  override name = "RedisError";
}

/** What Redis answers; errors occur inside the reply of EXEC, on top level `execute` throws them. */
export type Reply = string | number | null | RedisError | Reply[];

export type Redis = {
  kind: "redis-server" | "valkey-server" | "emulator";
  /** Runs one command. Commands given in the same tick run one after the other with nothing in between. */
  execute: (command: string[]) => Promise<Reply>;
  stop: () => Promise<void>;
};
