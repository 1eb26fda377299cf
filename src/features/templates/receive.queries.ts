import { and, eq, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { noteHappenings } from "../../adapters/db/happenings.ts";
import { metaTemplates } from "../../adapters/db/schema/automation.ts";
import type { Needs } from "../../context.ts";
import type { Named } from "./events.ts";
import { hasten } from "./syncs.queries.ts";
import { foldStatus, isStop, isVerdict } from "./template-status.ts";
import type { Template } from "./templates.queries.ts";

type Db = Needs<"db" | "now">;

/** By Meta's id, else by account, name and language: one that was just handed over has no id yet. */
export async function findNamed(ctx: Needs<"db">, wabaId: string, told: Named): Promise<Template | undefined> {
  const { message_template_id: metaId, message_template_name: name, message_template_language: language } = told;
  const { metaTemplateId } = metaTemplates;
  const found = await ctx.db.one(
    ctx.db.q
      .select()
      .from(metaTemplates)
      .where(
        and(
          ctx.db.mine(metaTemplates),
          eq(metaTemplates.wabaId, wabaId),
          or(
            eq(metaTemplateId, metaId),
            name && language ? and(eq(metaTemplates.name, name), eq(metaTemplates.language, language)) : undefined,
          ),
        ),
      ),
  );
  return found.find((one) => one.metaTemplateId === metaId) ?? found[0];
}

/** Has the account's list read at once. */
export const readSoon = (ctx: Db, wabaId: string) => ctx.db.one(hasten(ctx, wabaId, 0));

const isIt = (ctx: Needs<"db">, { id }: Pick<Template, "id">) =>
  sql`${ctx.db.mine(metaTemplates)} AND ${eq(metaTemplates.id, id)}`;

const isNewer = (column: PgColumn, at: Date, orSame = false): SQL =>
  sql`COALESCE(${column} ${sql.raw(orSame ? "<=" : "<")} ${at.toISOString()}::timestamptz, true)`;

/** Of two words of one second the one that stops wins. */
export async function saveStatus(
  ctx: Db,
  template: Template,
  { metaId, status, reason, at }: { metaId: string; status: string; reason: string | null; at: Date },
): Promise<void> {
  const applies = isNewer(metaTemplates.statusAt, at, isStop(status));
  const details = { template_id: template.id, status, ...(reason && { reason: reason.slice(0, 200) }) };
  const told = { kind: "template.stopped" as const, key: `${template.id}:${status}:${at.toISOString()}` };
  const isNews = sql`EXISTS (SELECT FROM ${metaTemplates} WHERE ${isIt(ctx, template)} AND ${applies}
    AND ${isVerdict(status) ? sql`${metaTemplates.status} <> ${status}` : sql`upper(${metaTemplates.status}) = 'APPROVED'`})`;
  await ctx.db.run(
    ...(foldStatus(status) === "APPROVED"
      ? []
      : [noteHappenings(ctx.db, [{ ...told, occurredAt: at, details }], isNews)]),
    ctx.db.q
      .update(metaTemplates)
      .set({ status, metaTemplateId: metaId, rejectedReason: reason, statusAt: at, updatedAt: new Date(ctx.now()) })
      .where(and(isIt(ctx, template), applies)),
  );
}

export async function saveQuality(ctx: Db, template: Template, qualityScore: string, at: Date): Promise<void> {
  await ctx.db.one(
    ctx.db.q
      .update(metaTemplates)
      .set({ qualityScore, qualityAt: at, updatedAt: new Date(ctx.now()) })
      .where(and(isIt(ctx, template), isNewer(metaTemplates.qualityAt, at))),
  );
}

type Categories = Pick<Template, "category" | "previousCategory" | "correctCategory">;

export async function saveCategory(ctx: Db, template: Template, categories: Categories, at: Date): Promise<void> {
  await ctx.db.one(
    ctx.db.q
      .update(metaTemplates)
      .set({ ...categories, categoryAt: at, updatedAt: new Date(ctx.now()) })
      .where(and(isIt(ctx, template), isNewer(metaTemplates.categoryAt, at))),
  );
}

/** The list, which has them whole, is read soon. */
export async function saveComponents(ctx: Db, template: Template, components: unknown, at: Date): Promise<void> {
  await ctx.db.run(
    ctx.db.q
      .update(metaTemplates)
      .set({ components, componentsAt: at, updatedAt: new Date(ctx.now()) })
      .where(and(isIt(ctx, template), isNewer(metaTemplates.componentsAt, at))),
    hasten(ctx, template.wabaId, 0),
  );
}
