import { Hono } from "hono";
import { requirePageToken } from "./assets.ts";
import { authenticate, type Caller } from "./caller.ts";
import { metaTime } from "./calendar.ts";
import type { SimContext, SimEnv, SimRequest } from "./context.ts";
import { demoFormIds } from "./demo-ids.ts";
import type { LeadForm, Page } from "./entities.ts";
import { forbidden, GraphError, invalidParameter, missingObject } from "./envelope.ts";
import { compare, parseFilters } from "./filtering.ts";
import { isRecord, jsonParam, limitParam } from "./params.ts";
import { opaqueCursor, pageOf } from "./paging.ts";
import { parseFields, project } from "./projection.ts";
import { findPlace, type SimLead } from "./state.ts";
import type { Webhooks } from "./webhooks.ts";

/** Instant forms and the leads that people leave there (§H). */

const LEAD = {
  name: "LeadgenData",
  fields: new Set(
    "created_time,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,form_id,is_organic,platform,field_data,custom_disclaimer_responses,partner_name,post_submission_check_result".split(
      ",",
    ),
  ),
};

const FORM = {
  name: "LeadgenForm",
  fields: new Set("name,status,locale,questions,tracking_parameters,leads_count,page,created_time".split(",")),
};

/** Meta keeps a lead for ninety days. */
const KEPT_MS = 90 * 86_400_000;

/** Above 2^53, as Meta's newer ids are. */
const leadId = (serial: number): string => String(90_233_370_042_345_000n + BigInt(serial));

const isOfAdsPermission = ({ scopes }: Caller) => scopes.has("ads_read") || scopes.has("ads_management");

export interface LeadWish {
  formId?: string;
  /** Null: without an ad. */
  adId?: string | null;
  at?: number;
  platform?: string;
  isTest?: boolean;
  /** False: the app is never told. */
  isTold?: boolean;
  consents?: SimLead["consents"];
}

const DELIVERING = new Set(["form_leads", "all_leads"]);

export const createForms = ({ state, clock }: SimContext, webhooks: Webhooks) => {
  const adFor = (): string | undefined => {
    const ads = state.business.accounts
      .flatMap(({ campaigns }) => campaigns)
      .filter(({ goal, status }) => DELIVERING.has(goal) && status === "ACTIVE")
      .flatMap(({ adsets }) => adsets.flatMap((adset) => adset.ads));
    return ads[0]?.id;
  };

  const keepLead = (answers: SimLead["answers"], wish: LeadWish): SimLead => {
    const formId = wish.formId ?? demoFormIds.clinic;
    const page = state.business.pages.find(({ forms }) => forms.some(({ id }) => id === formId));
    if (!page) throw new Error(`No page has the form ${formId}.`);
    const adId = wish.adId === undefined ? adFor() : (wish.adId ?? undefined);
    state.serial += 1;
    const lead: SimLead = {
      id: leadId(state.serial),
      formId,
      pageId: page.id,
      createdAt: wish.at ?? clock.now(),
      ...(adId !== undefined && { adId }),
      platform: wish.platform ?? "ig",
      answers,
      consents: wish.consents ?? [{ checkbox_key: "optin", is_checked: "1" }],
      isTest: wish.isTest ?? false,
    };
    state.leads.set(lead.id, lead);
    return lead;
  };

  const tell = async (lead: SimLead): Promise<Response | undefined> => {
    if (!state.subscriptions.get(lead.pageId)?.includes("leadgen")) return undefined;
    const seconds = Math.floor(lead.createdAt / 1000);
    const value = {
      // Numbers on the wire, larger than a double can tell apart.
      leadgen_id: BigInt(lead.id),
      page_id: lead.pageId,
      form_id: lead.formId,
      ...(lead.adId !== undefined && { ad_id: lead.adId, adgroup_id: lead.adId }),
      created_time: seconds,
    };
    const entry = [{ id: lead.pageId, time: clock.seconds(), changes: [{ field: "leadgen", value }] }];
    return webhooks.notify({ object: "page", entry });
  };

  return {
    /** Somebody fills in a form; a subscribed app is told. */
    submitLead: async (
      answers: Record<string, string | string[]>,
      { isTold = true, ...wish }: LeadWish = {},
    ): Promise<{ lead: SimLead; told: Response | undefined }> => {
      const filled = Object.entries(answers).map(([name, values]) => ({ name, values: [values].flat() }));
      const lead = keepLead(filled, wish);
      return { lead, told: isTold ? await tell(lead) : undefined };
    },
    /** The page's people, or its Leads Access Manager, keep leads from the app; undefined gives them back. */
    denyLeads: (pageId: string, how: "100/33" | "10" | "200" | undefined): void => {
      if (how === undefined) state.noLeadAccess.delete(pageId);
      else state.noLeadAccess.set(pageId, how);
    },
  };
};

export type Forms = ReturnType<typeof createForms>;

export const leadRoutes = (sim: SimContext) => {
  const { state, clock } = sim;

  const isKept = ({ createdAt }: SimLead) => clock.now() - createdAt < KEPT_MS;

  const checkAccess = (caller: Caller, page: Page, id: string): void => {
    requirePageToken(caller, page);
    if (!caller.scopes.has("leads_retrieval"))
      throw forbidden("Requires leads_retrieval permission to manage the object");
    const denial = state.noLeadAccess.get(page.id);
    if (denial === "100/33") throw missingObject(id);
    if (denial === "10")
      throw new GraphError({ code: 10, status: 403, message: "(#10) App does not have lead access for this Page" });
    if (denial === "200")
      throw forbidden("Leads access for this user has been revoked by the Page's Leads Access Manager");
  };

  const pageOfForm = (formId: string): { page: Page; form: LeadForm } | undefined => {
    for (const page of state.business.pages) {
      const form = page.forms.find(({ id }) => id === formId);
      if (form) return { page, form };
    }
    return undefined;
  };

  const leadNode = (caller: Caller, lead: SimLead): Record<string, unknown> => {
    const place = lead.adId === undefined ? undefined : findPlace(state, lead.adId);
    const shown = place && isOfAdsPermission(caller) ? place : undefined;
    return {
      id: lead.id,
      created_time: metaTime("UTC", lead.createdAt),
      ad_id: shown?.ad?.id,
      ad_name: shown?.ad?.name,
      adset_id: shown?.adset?.id,
      adset_name: shown?.adset?.name,
      campaign_id: shown?.campaign.id,
      campaign_name: shown?.campaign.name,
      form_id: lead.formId,
      is_organic: lead.adId === undefined,
      platform: lead.platform,
      field_data: lead.answers,
      custom_disclaimer_responses: lead.consents,
    };
  };

  // Without `fields`, no more than this (§H).
  const leadFields = (c: SimRequest) => parseFields(c.get("params")["fields"] ?? "created_time,field_data");

  const openForm = (c: SimRequest, formId: string) => {
    const found = pageOfForm(formId);
    const caller = authenticate(c, sim);
    if (!found) throw missingObject(formId);
    checkAccess(caller, found.page, formId);
    return { ...found, caller };
  };

  const leadsPage = (c: SimRequest, caller: Caller, leads: SimLead[]) => {
    const filters = parseFilters(c.get("params"));
    if (filters.some(({ field }) => field !== "time_created")) throw invalidParameter("Filtering field is invalid");
    const fields = leadFields(c);
    return c.json(
      pageOf(
        c,
        sim,
        // The newest first.
        leads.toSorted((a, b) => b.createdAt - a.createdAt),
        {
          limit: limitParam(c.get("params")),
          cursor: opaqueCursor,
          keep: (lead) => filters.every((filter) => compare(filter, Math.floor(lead.createdAt / 1000))),
          show: (lead) => project(leadNode(caller, lead), fields, LEAD),
        },
      ),
    );
  };

  const formNode = (form: LeadForm, page: Page): Record<string, unknown> => ({
    ...form,
    leads_count: [...state.leads.values()].filter(({ formId }) => formId === form.id).length,
    page: { id: page.id, name: page.name },
  });

  return new Hono<SimEnv>()
    .get("/:page{[0-9]+}/leadgen_forms", (c) => {
      const caller = authenticate(c, sim);
      const page = state.business.pages.find(({ id }) => id === c.req.param("page"));
      if (!page) throw missingObject(c.req.param("page"));
      requirePageToken(caller, page);
      if (!caller.scopes.has("pages_manage_ads"))
        throw forbidden("Requires pages_manage_ads permission to manage the object");
      const fields = parseFields(c.get("params")["fields"] ?? "name,status,locale");
      const show = (form: LeadForm) => project(formNode(form, page), fields, FORM);
      return c.json(pageOf(c, sim, page.forms, { limit: limitParam(c.get("params")), cursor: opaqueCursor, show }));
    })
    .get("/:form{[0-9]+}/leads", (c) => {
      const { form, caller } = openForm(c, c.req.param("form"));
      const leads = [...state.leads.values()].filter((lead) => lead.formId === form.id && !lead.isTest && isKept(lead));
      return leadsPage(c, caller, leads);
    })
    .get("/:form{[0-9]+}/test_leads", (c) => {
      const { form, caller } = openForm(c, c.req.param("form"));
      return leadsPage(
        c,
        caller,
        [...state.leads.values()].filter((lead) => lead.formId === form.id && lead.isTest),
      );
    })
    .post("/:form{[0-9]+}/test_leads", (c) => {
      const { form, page } = openForm(c, c.req.param("form"));
      if ([...state.leads.values()].some((lead) => lead.formId === form.id && lead.isTest))
        throw invalidParameter("A test lead already exists for this form; delete it first");
      const sent = jsonParam(c.get("params"), "field_data");
      const answers = (Array.isArray(sent) ? sent : []).filter(isRecord).map(({ name, values }) => ({
        name: String(name),
        values: [values].flat().map(String),
      }));
      const dummy = form.questions.map(({ key, type }) => ({
        name: key,
        values: [type === "EMAIL" ? "test@fb.com" : `<test lead: dummy data for ${key}>`],
      }));
      state.serial += 1;
      const lead: SimLead = {
        id: leadId(state.serial),
        formId: form.id,
        pageId: page.id,
        createdAt: clock.now(),
        platform: "fb",
        answers: answers.length > 0 ? answers : dummy,
        consents: [],
        isTest: true,
      };
      state.leads.set(lead.id, lead);
      return c.json({ id: lead.id });
    })
    .get("/:id{[0-9]+}", (c, next) => {
      const id = c.req.param("id");
      const lead = state.leads.get(id);
      const found = pageOfForm(lead?.formId ?? id);
      if (!found) return next();
      const caller = authenticate(c, sim);
      if (!lead) {
        requirePageToken(caller, found.page);
        return c.json(
          project(formNode(found.form, found.page), parseFields(c.get("params")["fields"] ?? "name,status"), FORM),
        );
      }
      checkAccess(caller, found.page, id);
      if (!isKept(lead)) throw missingObject(id);
      return c.json(project(leadNode(caller, lead), leadFields(c), LEAD));
    })
    .delete("/:id{[0-9]+}", (c, next) => {
      const lead = state.leads.get(c.req.param("id"));
      const found = lead && pageOfForm(lead.formId);
      if (!found) return next();
      checkAccess(authenticate(c, sim), found.page, lead.id);
      state.leads.delete(lead.id);
      return c.json({ success: true });
    });
};
