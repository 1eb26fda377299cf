// The credits of many tenants at once, from the database and from the oracle, as lines that can be compared.
import type { House } from "../support/house.ts";
import { type Business, type View, views } from "./business.ts";
import { creditsOfLead, creditsOfOpportunity, creditsOfSale } from "./credits.ts";
import type { OfTenant } from "./insert-business.ts";
import { touchOfColumnsId } from "./touches.ts";
import type { Credit } from "./weights.ts";

type Sql = House["sql"];

export const viewName = ({ model, window }: View) => `${model} ${window ?? "lifetime"}`;

/** The bit of each view, as the database numbers them. */
export async function readViewBits(sql: Sql): Promise<Map<string, number>> {
  const rows = await sql<{ name: string; bit: number }>(
    `SELECT model || ' ' || COALESCE("window"::text, 'lifetime') AS name, attribution_view(model, "window") AS bit
     FROM jsonb_to_recordset($1) AS v (model text, "window" integer)`,
    [JSON.stringify(views)],
  );
  return new Map(rows.map(({ name, bit }) => [name, bit]));
}

type Row = { tenant_id: number; line: string; touch_id: string; lead_id: string; weight: number; views: number };

/** "position 7: sale 42: touch 0.4, touch 0.6" for everything that has credit. */
export async function readCredits(sql: Sql, tenants: readonly OfTenant[]): Promise<Map<number, string[]>> {
  const bits = await readViewBits(sql);
  const rows = await sql<Row>(
    `SELECT c.tenant_id, c.subject || ' ' || c.subject_id AS line, c.touchpoint_id AS touch_id, c.lead_id,
       (c.weight * 1000000)::integer AS weight, c.views
     FROM attribution_credits c JOIN touchpoints t ON t.tenant_id = c.tenant_id AND t.id = c.touchpoint_id
     WHERE c.tenant_id = ANY ($1) ORDER BY t.occurred_at, t.id`,
    [tenants.map(({ tenantId }) => tenantId)],
  );
  const ofTenant = Map.groupBy(rows, (row) => row.tenant_id);
  return new Map(
    tenants.map(({ tenantId, business }) => {
      const known = new Set(business.touches.map(({ id }) => id));
      const touchName = ({ touch_id: id, lead_id: leadId }: Row) => (known.has(id) ? id : touchOfColumnsId(leadId));
      const lines = [...bits].flatMap(([name, bit]) => {
        const own = (ofTenant.get(tenantId) ?? []).filter((row) => (row.views & bit) !== 0);
        return [...Map.groupBy(own, ({ line }) => line)].map(
          ([line, parts]) => `${name}: ${line}: ${parts.map((part) => `${touchName(part)} ${part.weight}`).join(", ")}`,
        );
      });
      return [tenantId, lines.sort()];
    }),
  );
}

export function expectedCredits(business: Business): string[] {
  const line = (view: View, subject: string, credits: Credit[]) =>
    credits.length === 0
      ? []
      : [`${viewName(view)}: ${subject}: ${credits.map(({ touch, weight }) => `${touch.id} ${weight}`).join(", ")}`];
  const completed = business.sales.filter(({ status }) => status === "completed");
  return views
    .flatMap((view) => [
      ...business.leads.flatMap((lead) => line(view, `lead ${lead.id}`, creditsOfLead(business, lead, view))),
      ...business.opportunities.flatMap((one) =>
        line(view, `opportunity ${one.id}`, creditsOfOpportunity(business, one, view)),
      ),
      ...completed.flatMap((sale) => line(view, `sale ${sale.id}`, creditsOfSale(business, sale, view))),
    ])
    .sort();
}

/** What differs, in words; undefined where nothing does. */
export function difference(expected: readonly string[], actual: readonly string[]): Error | undefined {
  const missing = expected.filter((line) => !actual.includes(line));
  const extra = actual.filter((line) => !expected.includes(line));
  if (missing.length === 0 && extra.length === 0 && expected.length === actual.length) return undefined;
  const list = (title: string, lines: readonly string[]) => `${title}:\n  ${lines.slice(0, 12).join("\n  ")}`;
  return new Error(`${list("expected", missing)}\n${list("but there is", extra)}`);
}
