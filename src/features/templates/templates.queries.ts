import { and, count, eq, inArray, notInArray, type SQL, sql } from "drizzle-orm";
import { runAudited, wroteHere } from "../../adapters/db/audit.ts";
import { metaTemplates } from "../../adapters/db/schema/automation.ts";
import type { Needs } from "../../context.ts";
import { differenceOf } from "../../lib/difference.ts";
import { componentsOf, type Draft } from "./draft.ts";
import { DRAFT, wordsOf } from "./template-status.ts";
import type { ListQuery } from "./templates.contract.ts";

export type Template = typeof metaTemplates.$inferSelect;

const word = sql`upper(${metaTemplates.status})`;

function fits(ctx: Needs<"db">, { status, category, language, search }: ListQuery): SQL | undefined {
  const words = status && wordsOf(status);
  return and(
    ctx.db.mine(metaTemplates),
    words && ("among" in words ? inArray(word, [...words.among]) : notInArray(word, [...words.notAmong])),
    category === undefined ? undefined : sql`upper(${metaTemplates.category}) = ${category}`,
    language === undefined ? undefined : eq(metaTemplates.language, language),
    search ? sql`strpos(lower(${metaTemplates.name}), lower(${search})) > 0` : undefined,
  );
}

/** A page and one row more, if there is one, by name, language and id; and how many there are. */
export async function listTemplates(
  ctx: Needs<"db">,
  query: ListQuery,
): Promise<{ templates: Template[]; total: number }> {
  const { name, language, id } = metaTemplates;
  const { limit, offset, cursor } = query;
  const after = cursor && sql`(${name}, ${language}, ${id}) > (${cursor[0]}, ${cursor[1]}, ${cursor[2]}::uuid)`;
  const [templates, [counted]] = await ctx.db.run(
    ctx.db.q
      .select()
      .from(metaTemplates)
      .where(and(fits(ctx, query), after))
      .orderBy(name, language, id)
      .limit(limit + 1)
      .offset(cursor ? 0 : offset),
    ctx.db.q.select({ total: count() }).from(metaTemplates).where(fits(ctx, query)),
  );
  return { templates, total: counted?.total ?? 0 };
}

export async function findTemplate(ctx: Needs<"db">, templateId: string): Promise<Template | undefined> {
  const [found] = await ctx.db.one(
    ctx.db.q
      .select()
      .from(metaTemplates)
      .where(and(ctx.db.mine(metaTemplates), eq(metaTemplates.id, templateId))),
  );
  return found;
}

/** Undefined when there is one of this name and language already, at Meta or as a draft. */
export async function insertDraft(
  ctx: Needs<"db" | "now" | "uuid" | "audit">,
  draft: Draft,
): Promise<Template | undefined> {
  const { tenantId } = ctx.db;
  const id = ctx.uuid();
  const at = new Date(ctx.now()).toISOString();
  const { name, category, language, example } = draft;
  const isIt = sql`${ctx.db.mine(metaTemplates)} AND ${eq(metaTemplates.id, id)}`;
  const [, [inserted]] = await runAudited(
    ctx,
    {
      target: id,
      diff: differenceOf({}, { name, category, language, status: DRAFT }),
      when: wroteHere(metaTemplates, isIt),
    },
    ctx.db.q.execute(sql`
      INSERT INTO ${metaTemplates}
        (tenant_id, id, name, category, language, status, components, example, created_at, updated_at)
      SELECT ${tenantId}, ${id}::uuid, ${name}, ${category}, ${language}, ${DRAFT},
        ${JSON.stringify(componentsOf(draft))}::jsonb, ${JSON.stringify(example)}::jsonb, ${at}::timestamptz, ${at}::timestamptz
      WHERE NOT EXISTS (
        SELECT FROM ${metaTemplates}
        WHERE ${ctx.db.mine(metaTemplates)} AND ${metaTemplates.name} = ${name} AND ${metaTemplates.language} = ${language}
      )
      ON CONFLICT DO NOTHING`),
    ctx.db.q.select().from(metaTemplates).where(isIt),
  );
  return inserted;
}
