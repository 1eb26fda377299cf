// Meta tells that somebody filled in a form, and no more than its id: the lead is fetched. What cannot be read for want of a
// permission is written down and tried again each hour (reconcile.jobs.ts); what may go better in a moment is thrown.
import * as z from "zod";
import type { Ctx } from "../../context.ts";
import { AppError, isAppError } from "../../errors.ts";
import { once } from "../../lib/once.ts";
import { type Asset, findAsset, noteLeadAccess } from "../assets/assets.queries.ts";
import { BIND } from "../assets/assets.jobs.ts";
import { askNow } from "../assets/schedule.queries.ts";
import { openPageToken } from "../connection/page-token.ts";
import { listSettled, saveReceipt } from "./lead-ads.queries.ts";
import { takeLead } from "./take-lead.ts";

export type WebhookChange = { field: string; assetId: string; at: string; value: unknown };

// Numbers or texts (§G.2); what has grown beyond 2^53 came as text.
const id = z.union([z.string(), z.int().transform(String)]).pipe(z.string().regex(/^\d{1,32}$/));
const adId = id.nullish().catch(null);

const leadgen = once(() =>
  z.object({
    leadgen_id: id,
    form_id: id.nullish().catch(null),
    ad_id: adId,
    adgroup_id: adId,
    created_time: z.coerce.number().int().positive().nullish().catch(null),
  }),
);

/** 0, 444444444444: what stands where there is nothing. */
const isDummy = (text: string) => /^(?:0+|(\d)\1{5,})$/.test(text);
const realOrNull = (text: string | null | undefined) => (text && !isDummy(text) ? text : null);

/** Throws what may go better if it is tried again, asset.not_found for a page that is not the tenant's. */
export async function receiveLeadgen(ctx: Ctx, change: WebhookChange): Promise<void> {
  const parsed = leadgen().safeParse(change.value);
  if (!parsed.success) throw new AppError("request.invalid", "El aviso de Meta no dice de qué lead se trata.");
  const { leadgen_id: leadgenId, form_id, ad_id, adgroup_id, created_time } = parsed.data;
  const pageId = change.assetId;
  if (isDummy(leadgenId)) {
    // The "Test" button of Meta's dashboard: nothing can be fetched.
    ctx.log("lead_ad.dummy", { tenantId: ctx.tenantId, pageId });
    return;
  }
  const page = await findAsset(ctx, "page", pageId);
  if (!page) throw new AppError("asset.not_found", "Esa página no es de esta empresa.");
  if ((await listSettled(ctx, [leadgenId])).has(leadgenId)) return;
  const told = {
    pageId,
    formId: realOrNull(form_id),
    adId: realOrNull(ad_id) ?? realOrNull(adgroup_id),
    at: created_time ? new Date(created_time * 1000) : new Date(change.at),
  };
  try {
    const token = await pageToken(ctx, page);
    await takeLead(ctx, await ctx.meta.getLead(token, leadgenId), told);
    await noteLeadAccess(ctx, pageId, true);
  } catch (thrown) {
    if (!isAppError(thrown) || thrown.fate !== "give-up") throw thrown;
    await setAside(ctx, { leadgenId, pageId, formId: told.formId }, thrown);
  }
}

export async function pageToken(ctx: Ctx, page: Asset): Promise<string> {
  const token = await openPageToken(ctx, page);
  if (token === undefined) throw new AppError("asset.no_token", "Falta el permiso de la página.");
  return token;
}

/** Writes down a lead that cannot be had now, and why. */
export async function setAside(
  ctx: Ctx,
  lead: { leadgenId: string; pageId: string; formId: string | null },
  failure: AppError,
): Promise<void> {
  const { code } = failure;
  await saveReceipt(ctx, { ...lead, status: "failed", problem: code });
  ctx.log("lead_ad.set_aside", { tenantId: ctx.tenantId, pageId: lead.pageId, code });
  if (isAppError(failure, "meta.permission", "meta.not_found")) await noteLeadAccess(ctx, lead.pageId, false);
  // The page's token is fetched anew.
  if (isAppError(failure, "connection.needs_reauth", "asset.no_token", "vault.unsealable")) await askNow(ctx, BIND);
}
