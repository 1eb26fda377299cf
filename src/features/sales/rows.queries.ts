// Opportunities and sales on their way in. A row that was looked up and found goes by its id; one that was not is made,
// unless another request has made it in between: then it is changed as if it had been found.
import { type SQL, sql } from "drizzle-orm";
import {
  changedValues,
  columnNames,
  newValues,
  presentValues,
  type SentColumn,
  sentRows,
} from "../../adapters/db/sent.ts";
import type { Needs } from "../../context.ts";

export type Table = "opportunities" | "sales_transactions";

export type RowToStore = {
  /** Of a new row: the one it gets. */
  id: string;
  external_id: string | null;
  is_new: boolean;
  created_at: string;
  sent: Readonly<Record<string, unknown>>;
};

type Acts = Needs<"db" | "now">;

const more = "is_new boolean, created_at timestamptz, place integer";

/** The rows as `f`, in the order of their keys, so that two batches never wait for each other's rows. */
export const rowsInOrder = (rows: readonly RowToStore[]): SQL =>
  sentRows(
    rows
      .map((row, place) => ({ ...row, place }))
      .toSorted((a, b) => ((a.external_id ?? a.id) < (b.external_id ?? b.id) ? -1 : 1)),
    more,
  );

const atNow = (ctx: Needs<"now">): SQL => sql`${new Date(ctx.now()).toISOString()}::timestamptz`;

/** The id under which row `f` is stored. */
export const storedId = (ctx: Needs<"db">, table: Table): SQL<string> =>
  sql<string>`CASE WHEN f.is_new THEN COALESCE((SELECT k.id FROM ${sql.raw(table)} k
    WHERE k.tenant_id = ${ctx.db.tenantId} AND k.external_id = f.external_id), f.id) ELSE f.id END`;

export const itsId = (ctx: Needs<"db">, table: Table, rows: readonly RowToStore[]): SQL =>
  sql`(SELECT ${storedId(ctx, table)} FROM ${rowsInOrder(rows)})`;

export const insertRows = (ctx: Acts, table: Table, columns: readonly SentColumn[], rows: readonly RowToStore[]) =>
  ctx.db.q.execute(sql`
    INSERT INTO ${sql.raw(table)} (tenant_id, id, external_id, ${columnNames(columns)}, created_at, updated_at)
    SELECT ${ctx.db.tenantId}, f.id, f.external_id, ${newValues(columns)}, f.created_at, ${atNow(ctx)}
    FROM ${rowsInOrder(rows)}
    ON CONFLICT DO NOTHING`);

export function updateRows(ctx: Acts, table: Table, columns: readonly SentColumn[], rows: readonly RowToStore[]) {
  const changing: SentColumn[] = [{ name: "external_id", type: "text" }, ...columns];
  return ctx.db.q.execute(sql`
    UPDATE ${sql.raw(table)} t SET (${columnNames(changing)}, updated_at) = (${changedValues(changing)}, ${atNow(ctx)})
    FROM ${rowsInOrder(rows)}
    WHERE t.tenant_id = ${ctx.db.tenantId} AND t.id = ${storedId(ctx, table)} AND NOT (f.is_new AND t.id = f.id)
      AND (${presentValues(changing)}) IS DISTINCT FROM (${changedValues(changing)})`);
}

/** In the order in which they were sent. */
export const selectWritten = (ctx: Needs<"db">, table: Table, rows: readonly RowToStore[]) =>
  ctx.db.q
    .select({
      id: sql<string>`t.id`,
      externalId: sql<string | null>`t.external_id`,
      isCreated: sql<boolean>`f.is_new AND t.id = f.id`,
    })
    .from(rowsInOrder(rows))
    .innerJoin(sql`${sql.raw(table)} t`, sql`t.tenant_id = ${ctx.db.tenantId} AND t.id = ${storedId(ctx, table)}`)
    .orderBy(sql`f.place`);
