import type { Ctx, Needs } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { encodeCursor } from "../../lib/page.ts";
import type { Draft } from "./draft.ts";
import { cursor, type ListQuery } from "./templates.contract.ts";
import { hastenAll, listSyncs, listWabas } from "./syncs.queries.ts";
import { insertDraft, listTemplates, type Template } from "./templates.queries.ts";

export async function getTemplatePage(
  ctx: Needs<"db">,
  query: ListQuery,
): Promise<{ templates: Template[]; total: number; nextCursor: string | null }> {
  const { templates: found, total } = await listTemplates(ctx, query);
  const templates = found.slice(0, query.limit);
  const last = found.length > query.limit ? templates.at(-1) : undefined;
  return { templates, total, nextCursor: last ? encodeCursor(cursor.list, [last.name, last.language, last.id]) : null };
}

/** Throws template.duplicate. */
export async function createDraft(ctx: Needs<"db" | "now" | "uuid" | "audit">, draft: Draft): Promise<Template> {
  const created = await insertDraft(ctx, draft);
  if (created) return created;
  throw new AppError("template.duplicate", "Ya hay una plantilla con ese nombre en ese idioma.");
}

/** Has the accounts of the tenant, or one of them, read at Meta again: by the queue, and by cron where the queue fails. */
export async function requestSync(ctx: Ctx, wanted: string | undefined) {
  const wabas = (await listWabas(ctx)).filter((id) => wanted === undefined || id === wanted);
  if (wabas.length > 0) {
    await hastenAll(ctx, wabas);
    const { tenantId } = ctx;
    await ctx.enqueue(wabas.map((wabaId) => ({ message: { v: 1, kind: "templates.sync", tenantId, wabaId } })));
  }
  return getSyncs(ctx);
}

export const getSyncs = async (ctx: Needs<"db">) => ({
  accounts: (await listSyncs(ctx)).map(({ wabaId, syncedAt, problem }) => ({
    waba_id: wabaId,
    synced_at: syncedAt?.toISOString() ?? null,
    problem,
  })),
});
