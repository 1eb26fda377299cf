// Reads the templates of each WhatsApp account at Meta: hourly, sooner where something is not known. A message that is lost,
// doubled or late changes nothing but time.
import type { Ctx, MessageOf, Tools } from "../../context.ts";
import { type AppError, isAppError } from "../../errors.ts";
import { withToken } from "../connection/connection.service.ts";
import { LAG_MS, saveListing } from "./listing.queries.ts";
import { claimDueSyncs, endSync, findSync } from "./syncs.queries.ts";

const MINUTE_MS = 60_000;

/** Posts a message for every account that is due. */
export async function planTemplatesSync(tools: Pick<Tools, "dispatch" | "enqueue" | "now">): Promise<void> {
  const due = await claimDueSyncs(tools);
  await tools.enqueue(due.map((one) => ({ message: { v: 1, kind: "templates.sync", ...one } })));
}

/** Reads an account, if it is due. What part of a listing says is not kept. */
export async function runTemplatesSync(ctx: Ctx, { wabaId }: MessageOf<"templates.sync">): Promise<void> {
  const readAt = new Date(ctx.now());
  const sync = await findSync(ctx, wabaId);
  if (!sync || sync.dueAt > readAt) return;
  try {
    const listed = await withToken(ctx, "templates", ({ token }) => ctx.meta.listTemplates(token, wabaId));
    // Pages shift while they are read: one may come twice.
    const rows = [...new Map(listed.map((row) => [`${row.name} ${row.language}`, row])).values()];
    const { isWaiting } = await saveListing(ctx, wabaId, { rows, readAt });
    const dueAt = later(ctx, isWaiting ? LAG_MS + MINUTE_MS : hour(ctx));
    await ctx.db.one(endSync(ctx, wabaId, { readAt, dueAt, problem: null, syncedAt: readAt }));
    ctx.log("templates.synced", { tenantId: ctx.tenantId, wabaId, templates: rows.length });
  } catch (thrown) {
    if (!isAppError(thrown) || !/^(meta|vault|connection)\./.test(thrown.code)) throw thrown;
    await ctx.db.one(endSync(ctx, wabaId, { readAt, dueAt: later(ctx, waitOf(ctx, thrown)), problem: thrown.code }));
    ctx.log("templates.synced", { tenantId: ctx.tenantId, wabaId, outcome: thrown.code });
  }
}

const later = (ctx: Ctx, ms: number) => new Date(ctx.now() + ms);

const waitOf = (ctx: Ctx, { fate, retryAfterSeconds }: AppError): number =>
  retryAfterSeconds !== undefined ? retryAfterSeconds * 1000 : fate === "give-up" ? hour(ctx) : 5 * MINUTE_MS;

/** An hour, more or less: those that were connected together do not stay together. */
const hour = (ctx: Ctx): number => (55 + Number.parseInt(ctx.uuid().slice(0, 4), 16) / 6554) * MINUTE_MS;
