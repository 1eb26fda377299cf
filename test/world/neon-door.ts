// Neon's "SQL over HTTP" as its driver speaks it: https://github.com/neondatabase/neon/blob/main/proxy/src/serverless/sql_over_http.rs
import type { IncomingHttpHeaders } from "node:http";
import { DatabaseError, type Client } from "pg";
import { startDoor, type Answer, type Exchange } from "./door.ts";
import type { Fault } from "./faults.ts";
import { createConnections, type ConnectionLimits, type Target } from "./neon-connections.ts";

export type Rewrite = (sql: string) => string;

export type NeonDoorOptions = {
  postgresPort: number;
  port?: number;
  faults?: Fault;
  /** Alters every SQL text on its way to Postgres. */
  rewrite?: Rewrite;
  limits?: Partial<ConnectionLimits>;
};

export type NeonDoor = {
  /** What the driver's `fetchEndpoint` must return. */
  url: string;
  requests: () => number;
  /** Faults match on the SQL text; that of a batch is joined by ";\n". */
  setFault: (fault: Fault | undefined) => void;
  setRewrite: (rewrite: Rewrite | undefined) => void;
  stop: () => Promise<void>;
};

type Statement = { query: string; params?: unknown[] };
type Request = Statement | { queries: Statement[] };

const defaultLimits: ConnectionLimits = { perTarget: 10, total: 120, idleMs: 3000 };

const ok = (body: unknown): Answer => ({ status: 200, body: JSON.stringify(body) });
const refused = (body: Record<string, unknown>): Answer => ({ status: 400, body: JSON.stringify(body) });

const readTarget = (headers: IncomingHttpHeaders): Target | undefined => {
  const text = headers["neon-connection-string"];
  if (typeof text !== "string" || !URL.canParse(text)) return undefined;
  const { username, password, pathname } = new URL(text);
  const [user, database] = [decodeURIComponent(username), decodeURIComponent(pathname.slice(1))];
  return user && database ? { user, password: decodeURIComponent(password), database } : undefined;
};

const isStatement = (value: unknown): value is Statement =>
  typeof value === "object" && value !== null && "query" in value && typeof value.query === "string";

const readRequest = (body: string): Request | undefined => {
  try {
    const value: unknown = JSON.parse(body);
    if (isStatement(value)) return value;
    if (typeof value !== "object" || value === null || !("queries" in value)) return undefined;
    const { queries } = value;
    return Array.isArray(queries) && queries.every(isStatement) ? { queries } : undefined;
  } catch {
    return undefined;
  }
};

const isolationLevels = new Map([
  ["Serializable", "serializable"],
  ["ReadUncommitted", "read uncommitted"],
  ["ReadCommitted", "read committed"],
  ["RepeatableRead", "repeatable read"],
]);

const beginWith = (headers: IncomingHttpHeaders): string => {
  const level = isolationLevels.get(String(headers["neon-batch-isolation-level"]));
  return [
    "begin",
    level ? `isolation level ${level}` : "",
    headers["neon-batch-read-only"] === "true" ? "read only" : "",
    headers["neon-batch-deferrable"] === "true" ? "deferrable" : "",
  ].join(" ");
};

const errorBody = (error: unknown) => {
  if (error instanceof DatabaseError) {
    const { message, code, severity, detail, hint, position, internalPosition, internalQuery, where } = error;
    const { schema, table, column, dataType, constraint, file, line, routine } = error;
    return {
      message,
      code,
      severity,
      detail,
      hint,
      position,
      internalPosition,
      internalQuery,
      where,
      schema,
      table,
      column,
      dataType,
      constraint,
      file,
      line,
      routine,
    };
  }
  const connectionFailure = "08006";
  const reason = error instanceof AggregateError ? String(error.errors[0]) : String(error);
  return { message: `could not connect to the database: ${reason}`, code: connectionFailure };
};

/** Starts a local stand-in for Neon's HTTP endpoint in front of a real Postgres. */
export const startNeonDoor = async ({
  postgresPort,
  port,
  faults,
  rewrite: firstRewrite,
  limits,
}: NeonDoorOptions): Promise<NeonDoor> => {
  const connections = createConnections(postgresPort, { ...defaultLimits, ...limits });
  let rewrite = firstRewrite;

  const run = async (client: Client, { query, params = [] }: Statement, asArrays: boolean) => {
    // Without "extended" a query without parameters could hold several statements, which Neon refuses.
    const config = {
      text: rewrite ? rewrite(query) : query,
      values: params,
      rowMode: "array" as const,
      queryMode: "extended",
    };
    const { command, rowCount, fields, rows } = await client.query<unknown[]>(config);
    const asObject = (row: unknown[]) => Object.fromEntries(fields.map(({ name }, index) => [name, row[index]]));
    return { command, rowCount, rowAsArray: asArrays, fields, rows: asArrays ? rows : rows.map(asObject) };
  };

  const runBatch = async (client: Client, statements: Statement[], begin: string, asArrays: boolean) => {
    await client.query(begin);
    try {
      const results = [];
      for (const statement of statements) results.push(await run(client, statement, asArrays));
      await client.query("commit");
      return { results };
    } catch (error) {
      await client.query("rollback").catch(() => undefined);
      throw error;
    }
  };

  const understand = (headers: IncomingHttpHeaders, body: string): Exchange | Answer => {
    const target = readTarget(headers);
    if (!target)
      return refused({ message: "the header Neon-Connection-String is missing or not a usable connection string" });
    const request = readRequest(body);
    if (!request) return refused({ message: "the body is neither {query, params} nor {queries}" });
    const asArrays = headers["neon-array-mode"] === "true";
    const isBatch = "queries" in request;
    return {
      text: isBatch ? request.queries.map(({ query }) => query).join(";\n") : request.query,
      run: async (clientGone) => {
        try {
          return ok(
            await connections.use<unknown>(target, clientGone, (client) =>
              isBatch
                ? runBatch(client, request.queries, beginWith(headers), asArrays)
                : run(client, request, asArrays),
            ),
          );
        } catch (error) {
          return refused(errorBody(error));
        }
      },
    };
  };

  const door = await startDoor("the Neon door", { port, faults }, ({ method, url, headers }, body) =>
    method === "POST" && url === "/sql"
      ? understand(headers, body)
      : { status: 404, body: JSON.stringify({ message: "only POST /sql" }) },
  );

  return {
    url: `${door.origin}/sql`,
    requests: door.requests,
    setFault: door.setFault,
    setRewrite: (next) => {
      rewrite = next;
    },
    stop: async () => {
      await door.stop();
      await connections.stop();
    },
  };
};
