// How PostgreSQL means to answer what a request asked: the plans of the statements that went through the Neon door.
import type pg from "pg";

type Statement = { query: string; params?: unknown[] };

/** The statements of one request to the Neon door, but for the one that names the tenant. */
export const statementsOf = (body: string): Statement[] => {
  const request = JSON.parse(body) as Statement | { queries: Statement[] };
  const statements = "queries" in request ? request.queries : [request];
  return statements.filter(({ query }) => !query.includes("set_config("));
};

type Plan = { statement: Statement; lines: string[] };

/** As the runtime role sees it, behind its walls; nothing is executed. */
export const explain = async (
  client: pg.ClientBase,
  tenantId: number,
  statements: readonly Statement[],
): Promise<Plan[]> => {
  const plans: Plan[] = [];
  await client.query("BEGIN READ ONLY");
  try {
    await client.query("SET LOCAL ROLE app_rw");
    await client.query("SELECT set_config('app.tenant_id', $1, true)", [String(tenantId)]);
    for (const statement of statements) {
      const { rows } = await client.query<[string]>({
        text: `EXPLAIN (COSTS OFF) ${statement.query}`,
        values: statement.params ?? [],
        rowMode: "array",
      });
      plans.push({ statement, lines: rows.map(([line]) => line) });
    }
  } finally {
    await client.query("ROLLBACK");
  }
  return plans;
};

/** What grows with a tenant's history. */
export const histories = [
  "daily_spend",
  "daily_outcomes",
  "meta_ads_insights",
  "leads",
  "touchpoints",
  "attribution_credits",
  "opportunities",
  "sales_transactions",
];

const indentOf = (line: string) => line.search(/\S/);

// A day, or a single row of something.
const narrowing = /\b(day|date|transaction_date|\w+_at|lead_id|subject_id|id)\b/;

/** Scans of a history that neither a day nor a key narrows, and that no LIMIT ends: the work would grow with its length. */
export const wholeReads = ({ lines }: Plan): string[] =>
  lines.filter((line, place) => {
    const table = /\bScan (?:Backward )?(?:using \w+ )?on (\w+)/.exec(line)?.[1] ?? "";
    if (!histories.includes(table)) return false;
    const below = lines.slice(place + 1);
    const end = below.findIndex((other) => indentOf(other) <= indentOf(line) || other.includes("->"));
    const condition = below.slice(0, end === -1 ? undefined : end).find((other) => /(Index|Recheck) Cond:/.test(other));
    const isNarrowed = narrowing.test(condition?.replaceAll("tenant_id", "") ?? "");
    return !isNarrowed && !isLimited(lines.slice(0, place + 1));
  });

/** Whether the last line stands under a Limit, with nothing between that would read everything first. */
const isLimited = (lines: readonly string[]): boolean => {
  const own = indentOf(lines.at(-1) ?? "");
  const place = lines.findLastIndex((line, at) => (at === 0 || line.includes("->")) && indentOf(line) < own);
  const above = lines[place] ?? "";
  if (/^(\s*->\s+)?(Result|Append)\b/.test(above)) return isLimited(lines.slice(0, place + 1));
  return /^(\s*->\s+)?Limit\b/.test(above);
};

const readsHistory = (line: string) => histories.some((table) => new RegExp(`\\bon ${table}\\b`).test(line));

/** Without what is asked of settings and accounts on the way: a row each, but many lines. */
const withoutAsides = (lines: readonly string[]): string[] => {
  const [first, ...rest] = lines;
  if (first === undefined) return [];
  if (!/^\s*(InitPlan|SubPlan) /.test(first)) return [first, ...withoutAsides(rest)];
  const end = rest.findIndex((line) => indentOf(line) <= indentOf(first));
  const inside = end === -1 ? rest : rest.slice(0, end);
  const after = withoutAsides(rest.slice(inside.length));
  return inside.some(readsHistory) ? [first, ...withoutAsides(inside), ...after] : after;
};

const HEAD = 120;

/** A plan with what differs from day to day, from tenant to tenant and from machine to machine left out. */
export const describePlan = ({ statement, lines }: Plan, tenantId: number): string => {
  const plain = (text: string) =>
    text
      .replaceAll(/'\d{4}-\d{2}-\d{2}([ T][\d:.]+([+-]\d{2}(:\d{2})?|Z)?)?'/g, (_, time?: string) =>
        time ? "<instant>" : "<day>",
      )
      .replaceAll(/\(InitPlan \d+\)\.col\d+/g, "<aside>")
      .replaceAll(`tenant_id = ${tenantId})`, "tenant_id = <tenant>)");
  const shown = withoutAsides(lines).filter((line) => /^\S|->|(Index|Recheck|Hash|Merge) Cond|Filter:/.test(line));
  return [`-- ${statement.query.replaceAll(/\s+/g, " ").trim().slice(0, HEAD)}`, ...shown.map(plain)].join("\n");
};
