import { type AnyColumn, type SQL, sql } from "drizzle-orm";

/** An instant as it travels: ISO 8601, UTC, milliseconds. */
export const isoText = (at: AnyColumn | SQL) =>
  sql<string>`to_char(${at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Milliseconds since 1970 as an instant of PostgreSQL's. */
export const toInstant = (ms: number): SQL => sql`${new Date(ms).toISOString()}::timestamptz`;
