import type { Ctx, MetaLead } from "../../context.ts";
import { receiveLead } from "../leads/receive-lead.ts";
import { findAd, findForm, saveReceipt } from "./lead-ads.queries.ts";
import { toReceived } from "./to-received.ts";

/** What the webhook told of it, where there was one. */
export type Told = { pageId: string; formId: string | null; adId: string | null; at: Date };

/** Makes a lead of Meta's a lead of the tenant's. Once more changes nothing. */
export async function takeLead(ctx: Ctx, lead: MetaLead, told: Told): Promise<void> {
  const { leadgenId } = lead;
  const formId = lead.formId ?? told.formId;
  const adId = lead.adId ?? told.adId;
  const [form, ad] = await Promise.all([
    formId === null ? undefined : findForm(ctx, formId),
    adId === null ? undefined : findAd(ctx, adId),
  ]);
  const around = { mapping: form?.mapping ?? {}, formId, adId: told.adId, ad, toldAt: told.at };
  const { isNew } = await receiveLead(ctx, toReceived(lead, around));
  await saveReceipt(ctx, { leadgenId, pageId: told.pageId, formId, status: "done", problem: null });
  ctx.log("lead_ad.taken", { tenantId: ctx.tenantId, pageId: told.pageId, formId, isNew });
}
