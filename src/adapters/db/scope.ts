import { type AnyColumn, eq, type SQL, sql } from "drizzle-orm";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import type { Database } from "./client.ts";
import { toDatabaseError } from "./failure.ts";

export type Statement = BatchItem<"pg">;

/**
 * A database seen by one tenant. Two walls stand here: `mine` is the predicate that every query carries, and
 * `run` sets the tenant for row level security at the head of the same transaction. A statement that is awaited
 * by itself, past `run`, has no tenant set and sees no row.
 */
export type TenantDb = ReturnType<typeof scopeToTenant>;

export function scopeToTenant(database: Database, tenantId: number) {
  return {
    tenantId,
    /** Builds statements; hand them to `run` or `one`. */
    q: database as Omit<Database, "batch" | "transaction">,
    /** `table.tenant_id = <this tenant>`. */
    mine: (table: { tenantId: AnyColumn }): SQL => eq(table.tenantId, tenantId),
    /** Runs statements in order in one transaction and one round trip; all happen or none. */
    run: <const T extends readonly Statement[]>(...statements: T): Promise<BatchResponse<T>> =>
      runBatch(database, ofTenant(tenantId), statements),
    /** Runs one statement. */
    one: <T extends Statement>(statement: T) => runOne(database, ofTenant(tenantId), statement),
  };
}

// Statements here are short and many: compiling one, or starting workers for it, costs more than running it.
const ofTenant = (tenantId: number) => sql`select set_config('app.tenant_id', ${String(tenantId)}, true),
  set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)`;

/** The dispatcher's view: which accounts are due, over all tenants, and nothing else of them. */
export type DispatchDb = ReturnType<typeof scopeToDispatcher>;

export function scopeToDispatcher(database: Database) {
  return {
    q: database as Omit<Database, "batch" | "transaction">,
    one: <T extends Statement>(statement: T) =>
      runOne(database, sql`select set_config('role', 'app_dispatch', true)`, statement),
  };
}

/** A user's own rows, before a tenant is chosen. */
export const runAsUser = <T extends Statement>(database: Database, userId: string, statement: T) =>
  runOne(database, sql`select set_config('app.user_id', ${userId}, true)`, statement);

async function runOne<T extends Statement>(
  database: Database,
  setting: SQL,
  statement: T,
): Promise<BatchResponse<[T]>[0]> {
  const [result] = await runBatch<[T]>(database, setting, [statement]);
  return result;
}

async function runBatch<T extends readonly Statement[]>(
  database: Database,
  setting: SQL,
  statements: T,
): Promise<BatchResponse<T>> {
  try {
    const [, ...results] = await database.batch([database.execute(setting), ...statements]);
    return results;
  } catch (thrown) {
    throw toDatabaseError(thrown);
  }
}
