// What the database adds up to: for each sale over all its touches, and for each level over all its entities.
import type { Day } from "../../src/lib/dates.ts";
import type { House } from "../support/house.ts";
import type { View } from "./business.ts";
import type { Basis } from "./outcomes.ts";
import { readViewBits, viewName } from "./read-credits.ts";

export type TotalsAsked = { tenantId: number; since: Day; until: Day; view: View; basis: Basis };

/** "sale 42", "campaign leads", "outside refunds ARS": decimal. Nothing that is zero. */
export type DatabaseTotals = Map<string, string>;

const counts = ["leads", "opportunities", "won"];
const money = ["sales", "refunds", "open_value"];

const measures = [
  ...counts.map((name) => `('${name}', o.${name})`),
  ...money.map((name) => `('${name} ' || o.currency, o.${name})`),
].join(", ");

export async function readTotals(sql: House["sql"], asked: readonly TotalsAsked[]): Promise<DatabaseTotals[]> {
  const bits = await readViewBits(sql);
  const rows = await sql<{ n: number; name: string; amount: string }>(
    `WITH o AS MATERIALIZED (
       SELECT q.n, o.* FROM jsonb_to_recordset($1) AS q (n integer, tenant integer, since date, until date, bit integer, basis text)
       CROSS JOIN LATERAL attributed_outcomes(q.tenant, q.since, q.until, q.bit, q.basis) o
     )
     SELECT n, concat('sale ', subject_id) AS name, trim_scale(sum(sales + refunds)) AS amount
     FROM o WHERE subject = 'sale' GROUP BY 1, 2
     UNION ALL
     SELECT o.n, concat(v.level, ' ', m.name), trim_scale(sum(m.amount)) FROM o
     CROSS JOIN LATERAL outcome_levels(o.account_id, o.campaign_id, o.ad_set_id, o.ad_id, o.ad_account_id, o.outside) v
     CROSS JOIN LATERAL (VALUES ${measures}) AS m (name, amount)
     GROUP BY 1, 2 HAVING sum(m.amount) <> 0`,
    [
      JSON.stringify(
        asked.map(({ tenantId, view, ...rest }, n) => ({
          ...rest,
          n,
          tenant: tenantId,
          bit: bits.get(viewName(view)),
        })),
      ),
    ],
  );
  const answers = Map.groupBy(rows, ({ n }) => n);
  return asked.map((_, n) => new Map((answers.get(n) ?? []).map(({ name, amount }) => [name, amount])));
}
