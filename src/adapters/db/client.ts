import { neon, neonConfig } from "@neondatabase/serverless";
import { drizzle } from "drizzle-orm/neon-http";

const DEADLINE_MS = 8_000;

// The driver's endpoint is one setting for all its databases; this keeps one per host.
const endpoints = new Map<string, string>();
neonConfig.fetchEndpoint = (host) => endpoints.get(host) ?? `https://${host.replace(/^[^.]+\./, "api.")}/sql`;

export type DatabaseOptions = {
  /** postgresql://user:password@host/database */
  connectionString: string;
  /** Where to POST instead of Neon's own address; development and tests only. */
  endpoint?: string | undefined;
  fetch: typeof fetch;
};

/** A Drizzle over Neon's HTTP protocol: every statement or batch is one request, a batch is one transaction. */
export function createDatabase({ connectionString, endpoint, fetch: send }: DatabaseOptions) {
  if (endpoint) endpoints.set(new URL(connectionString).hostname, endpoint);
  neonConfig.fetchFunction = (url: string, init: RequestInit) =>
    send(url, { ...init, signal: AbortSignal.timeout(DEADLINE_MS) });
  return drizzle(neon(connectionString));
}

export type Database = ReturnType<typeof createDatabase>;
