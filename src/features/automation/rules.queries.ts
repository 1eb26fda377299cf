import { and, count, eq, getTableColumns, gt, inArray, or, sql } from "drizzle-orm";
import { type Diff, runAudited } from "../../adapters/db/audit.ts";
import { automationRules, metaTemplates } from "../../adapters/db/schema/automation.ts";
import type { Needs } from "../../context.ts";

type Db = Needs<"db">;

const columns = {
  ...getTableColumns(automationRules),
  templateName: metaTemplates.name,
  templateStatus: metaTemplates.status,
};

export type Rule = typeof automationRules.$inferSelect & {
  templateName: string | null;
  templateStatus: string | null;
};
export type RuleTemplate = { id: string; name: string; status: string };

/** What people write of a rule. */
export type RuleColumns = Pick<
  typeof automationRules.$inferSelect,
  | "name"
  | "triggerType"
  | "triggerConditions"
  | "actionType"
  | "actionConfig"
  | "templateId"
  | "timingValue"
  | "timingUnit"
  | "isActive"
> &
  Partial<
    Pick<
      typeof automationRules.$inferSelect,
      "steps" | "purpose" | "quietHours" | "caps" | "stopOn" | "schedule" | "nextRunAt"
    >
  >;

/** What starts need of a rule. */
export type StartingRule = typeof automationRules.$inferSelect;

export const listActiveRules = (ctx: Db, id?: string): Promise<StartingRule[]> =>
  ctx.db.one(
    ctx.db.q
      .select()
      .from(automationRules)
      .where(
        and(
          ctx.db.mine(automationRules),
          eq(automationRules.isActive, true),
          id === undefined ? undefined : eq(automationRules.id, id),
        ),
      ),
  );

const selectRules = (ctx: Db) =>
  ctx.db.q
    .select(columns)
    .from(automationRules)
    .leftJoin(metaTemplates, and(ctx.db.mine(metaTemplates), eq(metaTemplates.id, automationRules.templateId)));

const withIds = (ctx: Db, ids: readonly string[]) =>
  and(ctx.db.mine(automationRules), inArray(automationRules.id, [...ids]));

/** A page by name and one rule more, if there is one; and how many there are. */
export async function listRules(
  ctx: Db,
  { limit, offset, cursor }: { limit: number; offset: number; cursor?: string | undefined },
): Promise<{ rules: Rule[]; total: number }> {
  const after = cursor === undefined ? undefined : gt(automationRules.name, cursor);
  const [rules, [counted]] = await ctx.db.run(
    selectRules(ctx)
      .where(and(ctx.db.mine(automationRules), after))
      .orderBy(automationRules.name)
      .limit(limit + 1)
      .offset(after ? 0 : offset),
    ctx.db.q.select({ total: count() }).from(automationRules).where(ctx.db.mine(automationRules)),
  );
  return { rules, total: counted?.total ?? 0 };
}

export async function findRule(ctx: Db, ruleId: string): Promise<Rule | undefined> {
  const [found] = await ctx.db.one(selectRules(ctx).where(withIds(ctx, [ruleId])));
  return found;
}

/** The rules of these ids, and every template they name or are to name. */
export async function findForChange(
  ctx: Db,
  { ids, templateIds, templateNames }: Record<"ids" | "templateIds" | "templateNames", readonly string[]>,
): Promise<{ rules: Rule[]; templates: RuleTemplate[] }> {
  const named = ctx.db.q.select({ id: automationRules.templateId }).from(automationRules).where(withIds(ctx, ids));
  const [rules, templates] = await ctx.db.run(
    selectRules(ctx).where(withIds(ctx, ids)),
    ctx.db.q
      .select({ id: metaTemplates.id, name: metaTemplates.name, status: metaTemplates.status })
      .from(metaTemplates)
      .where(
        and(
          ctx.db.mine(metaTemplates),
          or(
            inArray(metaTemplates.id, [...templateIds]),
            inArray(metaTemplates.name, [...templateNames]),
            inArray(metaTemplates.id, named),
          ),
        ),
      ),
  );
  return { rules, templates };
}

/** Writes all or nothing, with what the audit is to tell of it. `updated` counts rules that became others; the rules come back as they are now, by name. */
export async function writeRules(
  ctx: Needs<"db" | "now" | "audit">,
  created: readonly (RuleColumns & { id: string })[],
  changes: readonly { id: string; change: Partial<RuleColumns> }[],
  diff: Diff,
): Promise<{ updated: number; rules: Rule[] }> {
  const at = new Date(ctx.now());
  const { tenantId } = ctx.db;
  const ids = [...created, ...changes].map(({ id }) => id);
  const isThere = sql`EXISTS (SELECT FROM ${automationRules} WHERE ${withIds(ctx, ids)})`;
  const results = await runAudited(
    ctx,
    { diff, when: isThere },
    ...changes.map(({ id, change }) => updateRule(ctx, id, change, at)),
    ...created.map((rule) =>
      ctx.db.q.insert(automationRules).values({ ...rule, tenantId, activatedAt: at, createdAt: at, updatedAt: at }),
    ),
    selectRules(ctx).where(withIds(ctx, ids)).orderBy(automationRules.name),
  );
  const changed = results.slice(0, changes.length) as { id: string }[][];
  return { updated: changed.flat().length, rules: results.at(-1) as Rule[] };
}

/** From when on things start it: since it runs, by this trigger. */
const activation = ({ isActive, triggerType }: Partial<RuleColumns>, at: Date) => sql`CASE WHEN
  ${isActive === true ? sql`NOT is_active` : sql`false`} OR ${triggerType === undefined ? sql`false` : sql`trigger_type <> ${triggerType}`}
  THEN ${at.toISOString()}::timestamptz ELSE activated_at END`;

/** Nothing, when it is so already. */
function updateRule(ctx: Db, id: string, change: Partial<RuleColumns>, updatedAt: Date) {
  const news = Object.entries(change).map(([name, value]) => {
    const column = automationRules[name as keyof RuleColumns];
    return sql`${column} IS DISTINCT FROM ${sql.param(value, column)}`;
  });
  return ctx.db.q
    .update(automationRules)
    .set({
      ...change,
      updatedAt,
      version: sql`version + 1`,
      ...((change.isActive === true || change.triggerType !== undefined) && {
        activatedAt: activation(change, updatedAt),
      }),
    })
    .where(and(withIds(ctx, [id]), or(...news, sql`false`)))
    .returning({ id: automationRules.id });
}

/** Its logs stay. False when there is none. */
export async function deleteRule(ctx: Needs<"db" | "now" | "audit">, ruleId: string): Promise<boolean> {
  // Deleted and told in one statement: what is gone can only be told by who took it.
  const deleted = sql`WITH gone AS (DELETE FROM ${automationRules} WHERE ${withIds(ctx, [ruleId])} RETURNING *)`;
  const told = (["name", "trigger_type", "action_type", "template_id", "is_active"] as const).map(
    (name) => sql`${name}::text, jsonb_build_object('before', gone.${sql.identifier(name)}, 'after', NULL)`,
  );
  const diff = sql`jsonb_build_object(${sql.join(told, sql`, `)})`;
  await runAudited(ctx, { diff, change: { with: deleted, from: sql`gone` } });
  return ctx.audit.isWritten;
}
