// @upstash/ratelimit's scripts begin with "#!lua flags=allow-key-locking", which only Upstash knows. The line is emptied (not
// removed, so that line numbers stay) and the hash the driver computed from the original is mapped to that of what Redis got.
import { createHash } from "node:crypto";

const upstashFlag = /^#!lua[^\n]*\ballow-key-locking\b[^\n]*/;

const sha1 = (text: string) => createHash("sha1").update(text).digest("hex");

/** Translates scripts and script hashes on their way to Redis. */
export const createScriptHashes = () => {
  const known = new Map<string, string>();

  const plain = (source: string) => {
    const stripped = source.replace(upstashFlag, "");
    if (stripped !== source) known.set(sha1(source), sha1(stripped));
    return stripped;
  };
  const plainHash = (sha: string) => known.get(sha.toLowerCase()) ?? sha;

  const toRedis = (command: string[]): string[] => {
    const [name = "", first = "", ...rest] = command;
    const isLoad = /^load$/i.test(first);
    switch (name.toUpperCase()) {
      case "EVAL":
      case "EVAL_RO":
        return [name, plain(first), ...rest];
      case "EVALSHA":
      case "EVALSHA_RO":
        return [name, plainHash(first), ...rest];
      case "SCRIPT":
        return [name, first, ...rest.map(isLoad ? plain : plainHash)];
      default:
        return command;
    }
  };

  /** SCRIPT LOAD must answer with the hash of what the client sent. */
  const loadedHash = ([name = "", action = "", source]: string[]): string | undefined =>
    /^script$/i.test(name) && /^load$/i.test(action) && source !== undefined ? sha1(source) : undefined;

  return { toRedis, loadedHash };
};
