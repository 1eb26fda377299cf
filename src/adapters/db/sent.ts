// Rows of which callers send some columns: what was not sent gets its fallback when the row is made and stays as it is
// when the row is there. Rows travel as one JSON parameter: { id, external_id, sent: { column: value, … }, … }.
import { type SQL, sql } from "drizzle-orm";

export type SentColumn = {
  name: string;
  type: "text" | "uuid" | "numeric" | "date" | "timestamptz" | "jsonb";
  /** For a new row, where nothing was sent. */
  fallback?: SQL;
  /** For a row that is there, instead of what was sent; may speak of `t`, the row, and of `f`. */
  change?: SQL;
};

/** `f.<sent column>`, NULL where it was not sent. */
export const sentValue = ({ name, type }: Pick<SentColumn, "name" | "type">): SQL =>
  sql.raw(type === "jsonb" ? `f.sent -> '${name}'` : `(f.sent ->> '${name}')::${type}`);

export const isSent = (name: string): SQL => sql.raw(`jsonb_exists(f.sent, '${name}')`);

/** The rows as `f`, with `id`, `external_id` and `sent` beside the columns named in `more`. */
export const sentRows = (rows: readonly object[], more = ""): SQL =>
  sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
    AS f (id uuid, external_id text, sent jsonb${sql.raw(more && `, ${more}`)})`;

export const columnNames = (columns: readonly SentColumn[]): SQL => sql.raw(columns.map(({ name }) => name).join(", "));

/** What a new row holds, in the order of the columns. */
export const newValues = (columns: readonly SentColumn[]): SQL =>
  list(
    columns.map((column) =>
      column.fallback ? sql`COALESCE(${sentValue(column)}, ${column.fallback})` : sentValue(column),
    ),
  );

/** What a row `t` that is there becomes, in the order of the columns. */
export const changedValues = (columns: readonly SentColumn[]): SQL =>
  list(
    columns.map(
      (column) =>
        column.change ??
        sql`CASE WHEN ${isSent(column.name)} THEN ${sentValue(column)} ELSE ${sql.raw(`t.${column.name}`)} END`,
    ),
  );

/** `t`'s columns, in their order. */
export const presentValues = (columns: readonly SentColumn[]): SQL =>
  sql.raw(columns.map(({ name }) => `t.${name}`).join(", "));

/** Adds the keys that were sent to an object; what is no object (a list, a JSON text in a text) starts anew. */
export const mergeObject = (name: string): SQL =>
  sql.raw(`CASE WHEN jsonb_exists(f.sent, '${name}')
    THEN CASE jsonb_typeof(t.${name}) WHEN 'object' THEN t.${name} ELSE '{}' END || (f.sent -> '${name}') ELSE t.${name} END`);

const list = (parts: readonly SQL[]): SQL => sql.join([...parts], sql`, `);
