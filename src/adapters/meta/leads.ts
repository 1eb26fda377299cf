// Leads of instant forms (§H). Always with the page's own token.
import * as z from "zod";
import type { Graph } from "./graph.ts";
import { metaId, requireId, text, time } from "./shapes.ts";

/** Leads of one listing: beyond this the window is to be made smaller. */
const MAX_PAGES = 10;
const PAGE_SIZE = 100;

// Meta tells only id, time and answers unless asked (§H).
const FIELDS =
  "id,created_time,ad_id,adset_id,campaign_id,form_id,is_organic,platform,field_data,custom_disclaimer_responses";

/** One odd answer must not cost the lead: what is no text is left out. */
const words = z
  .array(z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]).catch(""))
  .nullish()
  .catch(null)
  .transform((values) => (values ?? []).filter(Boolean));

const idOrNull = metaId.nullish().catch(null);

const lead = z
  .object({
    id: metaId,
    created_time: time,
    ad_id: idOrNull,
    adset_id: idOrNull,
    campaign_id: idOrNull,
    form_id: idOrNull,
    is_organic: z.boolean().nullish().catch(null),
    platform: text.catch(null),
    field_data: z
      .array(z.object({ name: z.string(), values: words }).nullable().catch(null))
      .nullish()
      .catch(null),
    custom_disclaimer_responses: z
      .array(
        z
          .object({ checkbox_key: z.string(), is_checked: z.union([z.string(), z.number(), z.boolean()]) })
          .nullable()
          .catch(null),
      )
      .nullish()
      .catch(null),
  })
  .transform((found) => ({
    leadgenId: found.id,
    createdAt: found.created_time,
    adId: found.ad_id ?? null,
    adSetId: found.adset_id ?? null,
    campaignId: found.campaign_id ?? null,
    formId: found.form_id ?? null,
    /** Null where Meta does not say. */
    isOrganic: found.is_organic ?? null,
    platform: found.platform,
    answers: (found.field_data ?? []).flatMap((answer) => answer ?? []),
    /** Boxes to tick under the form's own terms. */
    consents: (found.custom_disclaimer_responses ?? []).flatMap((box) =>
      box ? { key: box.checkbox_key, isChecked: ["1", "true"].includes(String(box.is_checked)) } : [],
    ),
  }));

export type MetaLead = z.output<typeof lead>;

/** Throws meta.not_found for what is not there, and for what the page's people may not see (§H). */
export const getLead = (graph: Graph, token: string, leadgenId: string): Promise<MetaLead> =>
  graph.call({ path: requireId(leadgenId), params: { fields: FIELDS }, auth: { token }, schema: lead });

const question = z.object({ key: z.string(), label: text, type: text }).nullable().catch(null);

const form = z
  .object({
    id: metaId,
    name: text,
    status: text,
    locale: text,
    questions: z.array(question).nullish().catch(null),
  })
  .transform(({ id, name, status, locale, questions }) => ({
    formId: id,
    name: name ?? id,
    status,
    locale,
    questions: (questions ?? []).flatMap((one) => one ?? []),
  }));

export type MetaForm = z.output<typeof form>;

export const listForms = (graph: Graph, token: string, pageId: string): Promise<MetaForm[]> => {
  const params = { fields: "id,name,status,locale,questions", limit: 50 };
  return graph.list({ path: `${requireId(pageId)}/leadgen_forms`, params, auth: { token }, schema: form });
};

/**
 * Every lead that was made in the window, in no order. Throws meta.protocol with reason `too_many_pages` when there are
 * more than a thousand.
 */
export const listLeads = (
  graph: Graph,
  token: string,
  formId: string,
  { after, before }: { after: Date; before?: Date | undefined },
): Promise<MetaLead[]> => {
  const bound = (operator: string, at: Date) => ({
    field: "time_created",
    operator,
    value: Math.floor(at.getTime() / 1000),
  });
  const filtering = [bound("GREATER_THAN", after), ...(before ? [bound("LESS_THAN", before)] : [])];
  const params = { fields: FIELDS, filtering, limit: PAGE_SIZE };
  const path = `${requireId(formId)}/leads`;
  return graph.list({ path, params, auth: { token }, schema: lead }, { maxPages: MAX_PAGES });
};
