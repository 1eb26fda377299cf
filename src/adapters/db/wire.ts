import { type AnyColumn, type SQL, sql } from "drizzle-orm";

/** An instant as it travels: ISO 8601, UTC, milliseconds. */
export const isoText = (at: AnyColumn | SQL) =>
  sql<string>`to_char(${at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
