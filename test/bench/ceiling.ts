// What PostgreSQL itself can take: the rows that the sync wrote, once more, straight through pg into a table of the same
// kind, by unnest, in one transaction.
import type pg from "pg";

const ROWS_PER_STATEMENT = 5_000;
const ROUNDS = 3;

type Column = { name: string; type: string; isKey: boolean };

const columnsOf = async (client: pg.Client): Promise<Column[]> => {
  const { rows } = await client.query<Column>(`
    SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnum = ANY (indkey) AS "isKey"
    FROM pg_attribute JOIN pg_index ON indrelid = attrelid AND indisprimary
    WHERE attrelid = 'meta_ads_insights'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`);
  return rows;
};

const upsertOf = (columns: readonly Column[]): string => {
  const names = columns.map(({ name }) => name).join(", ");
  const keys = columns.filter(({ isKey }) => isKey).map(({ name }) => name);
  const values = columns.filter(({ isKey }) => !isKey).map(({ name }) => name);
  return `INSERT INTO ceiling_insights AS known (${names})
    SELECT ${names} FROM unnest(${columns.map(({ type }, place) => `$${place + 1}::${type}[]`).join(", ")}) AS fresh (${names})
    ON CONFLICT (${keys.join(", ")}) DO UPDATE SET ${values.map((name) => `${name} = excluded.${name}`).join(", ")}
    WHERE (${values.map((name) => `known.${name}`).join(", ")}) IS DISTINCT FROM (${values.map((name) => `excluded.${name}`).join(", ")})`;
};

/** Rows per second: the median of three rounds, each into the emptied table. */
export const benchCeiling = async (client: pg.Client, tenantId: number): Promise<number> => {
  await client.query("CREATE TABLE ceiling_insights (LIKE meta_ads_insights INCLUDING ALL)");
  const columns = await columnsOf(client);
  const upsert = upsertOf(columns);
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT ${columns.map(({ name }) => `${name}::text`).join(", ")} FROM meta_ads_insights WHERE tenant_id = $1`,
    values: [tenantId],
    rowMode: "array",
  });
  const perSecond: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await client.query("TRUNCATE ceiling_insights");
    const startedAt = performance.now();
    await client.query("BEGIN");
    for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
      const chunk = rows.slice(from, from + ROWS_PER_STATEMENT);
      await client.query(
        upsert,
        columns.map((_, place) => chunk.map((row) => row[place])),
      );
    }
    await client.query("COMMIT");
    perSecond.push((rows.length / (performance.now() - startedAt)) * 1000);
  }
  await client.query("DROP TABLE ceiling_insights");
  return perSecond.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? NaN;
};
