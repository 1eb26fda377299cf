import { and, eq, notInArray, type SQL, sql } from "drizzle-orm";
import { runAudited, wroteHere } from "../../adapters/db/audit.ts";
import { metaTemplates } from "../../adapters/db/schema/automation.ts";
import type { Needs } from "../../context.ts";
import { componentsOf, type Draft } from "./draft.ts";
import { hasten } from "./syncs.queries.ts";
import { DRAFT, SUBMITTING } from "./template-status.ts";
import type { Template } from "./templates.queries.ts";

type Does = Needs<"db" | "now" | "audit">;
type Change = Partial<typeof metaTemplates.$inferInsert>;

/** Soon, where nobody knows what Meta did. */
const SOON_MS = 60_000;

const isIt = (ctx: Needs<"db">, id: string, status?: string): SQL =>
  sql`${ctx.db.mine(metaTemplates)} AND ${eq(metaTemplates.id, id)} AND ${status === undefined ? sql`true` : eq(metaTemplates.status, status)}`;

async function change(ctx: Does, id: string, from: string | undefined, to: Change, waba?: string) {
  const at = new Date(ctx.now());
  const diff = { status: to.status, ...(to.category && { category: to.category }), ...(waba && { waba_id: waba }) };
  const [[changed]] = await runAudited(
    ctx,
    { target: id, diff, when: wroteHere(metaTemplates, isIt(ctx, id)) },
    ctx.db.q
      .update(metaTemplates)
      .set({ updatedAt: at, ...to })
      .where(isIt(ctx, id, from))
      .returning(),
    ...(waba === undefined ? [] : [hasten(ctx, waba, SOON_MS)]),
  );
  return changed;
}

/** A draft that is about to be handed to Meta; undefined where another got hold of it. Soon after, Meta is asked in any case. */
export const beginSubmission = (ctx: Does, id: string, wabaId: string) =>
  change(
    ctx,
    id,
    DRAFT,
    { status: SUBMITTING, wabaId, submittedAt: new Date(ctx.now()), rejectedReason: null },
    wabaId,
  );

/** Meta has it. What Meta has told of it meanwhile stays. */
export async function endSubmission(
  ctx: Does,
  { id, submittedAt }: Template,
  made: { id: string; status: string; category?: string | undefined },
): Promise<Template | undefined> {
  const { id: metaTemplateId, status, category } = made;
  const to = { metaTemplateId, status, statusAt: submittedAt, ...(category && { category }) };
  return change(ctx, id, SUBMITTING, to);
}

/** Meta has refused it: a draft again, with the reason. */
export const undoSubmission = (ctx: Does, id: string, reason: string | null) =>
  change(ctx, id, SUBMITTING, { status: DRAFT, wabaId: "", rejectedReason: reason });

const contentOf = (draft: Draft): Change => ({
  category: draft.category,
  components: componentsOf(draft),
  example: draft.example,
});

/** Undefined where it is no draft any more. */
export const saveDraft = (ctx: Does, id: string, draft: Draft) =>
  change(ctx, id, DRAFT, { ...contentOf(draft), name: draft.name, language: draft.language, rejectedReason: null });

/** Meta looks at it anew; what it makes of the category is read soon. */
export const saveEdit = (ctx: Does, { id, wabaId }: Template, draft: Draft) => {
  const at = new Date(ctx.now());
  const told = { status: "PENDING", statusAt: at, componentsAt: at, rejectedReason: null };
  return change(ctx, id, undefined, { ...contentOf(draft), ...told }, wabaId);
};

/** Gone at Meta; what was sent with it keeps its name. */
export const saveDeletion = (ctx: Does, id: string) =>
  change(ctx, id, undefined, { status: "DELETED", statusAt: new Date(ctx.now()) });

/** Throws database.conflict where a rule needs it. */
export async function removeDraft(ctx: Does, id: string): Promise<boolean> {
  const { tenantId } = ctx.db;
  const gone = sql`WITH gone AS (DELETE FROM meta_templates WHERE ${isIt(ctx, id, DRAFT)} RETURNING tenant_id)`;
  await runAudited(ctx, { target: id, diff: { status: "removed" }, change: { with: gone, from: sql`gone` } });
  const [left] = await ctx.db.one(
    ctx.db.q
      .select({ id: metaTemplates.id })
      .from(metaTemplates)
      .where(and(eq(metaTemplates.tenantId, tenantId), eq(metaTemplates.id, id))),
  );
  return left === undefined;
}

/** Have the account read soon: what became of a call to Meta is not known. */
export const askSoon = (ctx: Needs<"db" | "now">, wabaId: string) => ctx.db.one(hasten(ctx, wabaId, SOON_MS));

/** Another of this name and language that Meta may still have. */
export async function findTwin(ctx: Needs<"db">, { name, language }: Draft, wabaId: string) {
  const [twin] = await ctx.db.one(
    ctx.db.q
      .select({ id: metaTemplates.id })
      .from(metaTemplates)
      .where(
        and(
          ctx.db.mine(metaTemplates),
          eq(metaTemplates.wabaId, wabaId),
          eq(metaTemplates.name, name),
          eq(metaTemplates.language, language),
          notInArray(metaTemplates.status, ["DELETED"]),
        ),
      ),
  );
  return twin;
}
