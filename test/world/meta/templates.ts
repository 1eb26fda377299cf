// WhatsApp's templates (§I.2): one row per language, a review that decides later, and refusals told one at a time.
import { Hono } from "hono";
import { authenticate } from "./caller.ts";
import type { SimContext, SimEnv, SimRequest } from "./context.ts";
import { forbidden, GraphError, invalidParameter, missingObject } from "./envelope.ts";
import { isRecord, jsonParam, limitParam, listParam } from "./params.ts";
import { offsetCursor, pageOf } from "./paging.ts";
import type { Manner, Webhooks } from "./webhooks.ts";

type Component = Record<string, unknown>;

export interface SimTemplate {
  id: string;
  wabaId: string;
  name: string;
  language: string;
  status: string;
  category: string;
  components: Component[];
  parameter_format: string;
  quality_score?: { score: string; date: number };
  rejected_reason: string;
  previous_category?: string;
  correct_category?: string;
  allowsCategoryChange: boolean;
}

/** The WhatsApp account of Meta's samples, and those of the demo business. */
const seeded = ["102290129340398", "114455667788001", "114455667788002"];
const FIELDS = ["id", "name", "language", "status", "category", "components", "parameter_format"];

const body = (text: string, ...examples: string[]): Component => ({
  type: "BODY",
  text,
  ...(examples.length > 0 && { example: { body_text: [examples] } }),
});

type Seed = Pick<SimTemplate, "name" | "language" | "status" | "category" | "components"> & Partial<SimTemplate>;
const seeds: Seed[] = [
  {
    name: "seasonal_promo",
    language: "es_AR",
    status: "APPROVED",
    category: "MARKETING",
    quality_score: { score: "GREEN", date: 1_763_000_000 },
    components: [
      { type: "HEADER", format: "TEXT", text: "Our {{1}} is on!", example: { header_text: ["Summer Sale"] } },
      body("Hola {{1}}, usá {{2}} para un 25%.", "Ana", "25OFF"),
      { type: "FOOTER", text: "Tocá para no recibir más promos" },
      {
        type: "BUTTONS",
        buttons: [
          { type: "QUICK_REPLY", text: "Stop promotions" },
          { type: "URL", text: "Comprar", url: "https://x.example/p?c={{1}}", example: ["https://x.example/p?c=abc"] },
          { type: "PHONE_NUMBER", text: "Llamar", phone_number: "+16467043595" },
        ],
      },
    ],
  },
  {
    name: "appointment",
    language: "es",
    status: "PAUSED",
    category: "UTILITY",
    parameter_format: "NAMED",
    components: [
      {
        ...body("Hola {{first_name}}, tu turno es {{date}}."),
        example: {
          body_text_named_params: [
            { param_name: "first_name", example: "Ana" },
            { param_name: "date", example: "3/12" },
          ],
        },
      },
    ],
  },
  {
    name: "codigo",
    language: "es_AR",
    status: "APPROVED",
    category: "AUTHENTICATION",
    components: [
      { type: "BODY", text: "*{{1}}* es tu código.", add_security_recommendation: true },
      { type: "BUTTONS", buttons: [{ type: "OTP", otp_type: "COPY_CODE", text: "Copiar" }] },
    ],
  },
];

const refuse = (subcode: number, userMessage: string): GraphError =>
  new GraphError({
    code: 100,
    subcode,
    message: "Invalid parameter",
    userTitle: "Message template",
    userMessage,
    isTransient: false,
  });

const variablesIn = (text: string) => new Set([...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, name]) => name));
const textOf = (part: Component | undefined) => (typeof part?.["text"] === "string" ? part["text"] : "");
const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

/** The first thing that is wrong, as Meta says it. */
const check = (components: Component[], category: string): void => {
  const part = (type: string) => components.find((one) => one["type"] === type);
  const [header, main, footer, buttons] = ["HEADER", "BODY", "FOOTER", "BUTTONS"].map(part);
  if (!main) throw refuse(2_388_072, "The message template needs a body.");
  if (category === "AUTHENTICATION") {
    if (main["text"] !== undefined) throw invalidParameter("Authentication templates have no text of their own.");
    return;
  }
  const text = textOf(main);
  if (text.length > 1024 || textOf(header).length > 60 || textOf(footer).length > 60)
    throw refuse(2_388_040, "The field exceeds the character limit.");
  if (/\n|\*|_/.test(textOf(header)) || variablesIn(textOf(header)).size > 1)
    throw refuse(2_388_047, "The header has a wrong format.");
  if (text === "" || /\{\{\s*\}\}/.test(text)) throw refuse(2_388_072, "The body has a wrong format.");
  if (footer && /\{\{/.test(textOf(footer))) throw refuse(2_388_073, "The footer has a wrong format.");
  if (/^\s*\{\{[^}]*\}\}|\{\{[^}]*\}\}\s*$/.test(text))
    throw refuse(2_388_299, "Variables can't be at the start or end of the template.");
  const words = text.replaceAll(/\{\{[^}]*\}\}/g, " ").match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
  const variables = variablesIn(text).size;
  if (variables > 0 && words <= variables)
    throw refuse(2_388_293, "This template has too many variables for its length.");
  const example = isRecord(main["example"]) ? main["example"] : {};
  const [given] = Array.isArray(example["body_text"]) ? (example["body_text"] as unknown[]) : [];
  if (lengthOf(given) !== variables) throw refuse(2_388_043, "The body needs an example for each variable.");
  if (lengthOf(buttons?.["buttons"]) > 10) throw invalidParameter("components: too many buttons");
};

export const createTemplates = (sim: SimContext, webhooks: Webhooks) => {
  const { clock } = sim;
  const all: SimTemplate[] = [];
  const wabas = new Set<string>();
  /** `${waba} ${name} ${language}` → until when it cannot be made again. */
  const deleted = new Map<string, number>();
  const levers = {
    maxTemplates: 250,
    /** What a new one is made into, where its maker lets Meta choose. */ category: "",
  };
  let serial = 0;

  const add = (wabaId: string, seed: Seed): SimTemplate => {
    serial += 1;
    const made: SimTemplate = {
      parameter_format: "POSITIONAL",
      rejected_reason: "NONE",
      allowsCategoryChange: true,
      ...structuredClone(seed),
      wabaId,
      id: seed.id ?? String(1_689_556_908_129_800 + serial),
    };
    all.push(made);
    return made;
  };
  const open = (wabaId: string, from: Seed[] = []): SimTemplate[] => {
    wabas.add(wabaId);
    return from.map((seed) => add(wabaId, seed));
  };
  const forget = (): void => {
    all.length = 0;
    deleted.clear();
    wabas.clear();
    Object.assign(levers, { maxTemplates: 250, category: "" });
    serial = 0;
    for (const id of seeded) open(id, seeds);
  };
  forget();

  const mayManage = (c: SimRequest): void => {
    if (!authenticate(c, sim).scopes.has("whatsapp_business_management"))
      throw forbidden("You do not have the necessary permissions required to manage this WhatsApp Business Account");
  };
  const enter = (c: SimRequest, id: string, verb: "get" | "post" | "delete") => {
    mayManage(c);
    if (!wabas.has(id)) throw missingObject(id, verb);
  };

  const show = (fields: readonly string[]) => (one: SimTemplate) =>
    Object.fromEntries(
      ["id", ...fields].flatMap((field) => {
        const value = (one as unknown as Record<string, unknown>)[field];
        return value === undefined ? [] : [[field, value]];
      }),
    );

  const readComponents = (params: Record<string, string>): Component[] => {
    const given = jsonParam(params, "components");
    if (!Array.isArray(given) || !given.every(isRecord))
      throw invalidParameter("The parameter components is required.");
    return given;
  };

  const app = new Hono<SimEnv>()
    .get("/:id{[0-9]+}/message_templates", (c) => {
      const wabaId = c.req.param("id");
      enter(c, wabaId, "get");
      const params = c.get("params");
      const isAmong = (name: string, value: string) => listParam(params, name)?.includes(value) ?? true;
      const keep = (one: SimTemplate) =>
        isAmong("status", one.status) &&
        isAmong("category", one.category) &&
        isAmong("language", one.language) &&
        one.name.includes(params["name"] ?? "") &&
        JSON.stringify(one.components).includes(params["content"] ?? "");
      const fields = listParam(params, "fields") ?? FIELDS;
      const rows = all.filter((one) => one.wabaId === wabaId && one.status !== "DELETED");
      return c.json(
        pageOf(c, sim, rows, { limit: limitParam(params), cursor: offsetCursor, keep, show: show(fields) }),
      );
    })
    .post("/:id{[0-9]+}/message_templates", (c) => {
      const wabaId = c.req.param("id");
      enter(c, wabaId, "post");
      const params = c.get("params");
      const { name = "", language = "", category = "" } = params;
      if (!/^[a-z0-9_]{1,512}$/.test(name)) throw invalidParameter("The parameter name is invalid.");
      if (!/^[a-z]{2,3}(_[A-Z]{2,3})?$/.test(language)) throw invalidParameter("The parameter language is invalid.");
      if (!["MARKETING", "UTILITY", "AUTHENTICATION"].includes(category))
        throw invalidParameter("Param category must be one of {AUTHENTICATION, MARKETING, UTILITY}");
      const components = readComponents(params);
      check(components, category);
      const here = all.filter((one) => one.wabaId === wabaId && one.status !== "DELETED");
      if (here.length >= levers.maxTemplates)
        throw refuse(2_388_019, "The limit of message templates of this account is reached.");
      if ((deleted.get(`${wabaId} ${name} ${language}`) ?? 0) > clock.now())
        throw refuse(2_388_023, "Message template language is being deleted.");
      if (here.some((one) => one.name === name && one.language === language))
        throw refuse(2_388_024, "There is already content in this language for this template.");
      const allowsCategoryChange = params["allow_category_change"] === "true";
      const made = add(wabaId, {
        name,
        language,
        status: "PENDING",
        category: (allowsCategoryChange && levers.category) || category,
        components,
        allowsCategoryChange,
      });
      return c.json({ id: made.id, status: made.status, category: made.category });
    })
    .delete("/:id{[0-9]+}/message_templates", (c) => {
      const wabaId = c.req.param("id");
      enter(c, wabaId, "delete");
      const { name, hsm_id: hsmId } = c.get("params");
      if (!name) throw invalidParameter("The parameter name is required.");
      // A name alone takes every language along.
      const gone = all.filter(
        (one) => one.wabaId === wabaId && one.name === name && one.status !== "DELETED" && (!hsmId || one.id === hsmId),
      );
      if (gone.length === 0) throw missingObject(hsmId ?? name, "delete");
      for (const one of gone) {
        one.status = "DELETED";
        deleted.set(`${wabaId} ${name} ${one.language}`, clock.now() + 30 * 86_400_000);
      }
      return c.json({ success: true });
    })
    .post("/:id{[0-9]+}", async (c, next) => {
      const found = all.find((one) => one.id === c.req.param("id") && one.status !== "DELETED");
      if (!found) return next();
      mayManage(c);
      if (!["APPROVED", "REJECTED", "PAUSED"].includes(found.status))
        throw invalidParameter("Message templates can only be edited when approved, rejected or paused.");
      const params = c.get("params");
      const category = params["category"] ?? found.category;
      if (found.status === "APPROVED" && category !== found.category)
        throw invalidParameter("The category of an approved template can't be changed.");
      const components = readComponents(params);
      check(components, category);
      Object.assign(found, { components, category, status: "PENDING" });
      return c.json({ success: true });
    });

  const namesOf = (one: SimTemplate) => ({
    message_template_id: BigInt(one.id),
    message_template_name: one.name,
    message_template_language: one.language,
  });

  const tell = (
    one: SimTemplate,
    field: string,
    value: object,
    { at = clock.now(), ...manner }: Manner & { at?: number } = {},
  ) =>
    webhooks.notify(
      {
        object: "whatsapp_business_account",
        entry: [
          { id: one.wabaId, time: Math.floor(at / 1000), changes: [{ field, value: { ...namesOf(one), ...value } }] },
        ],
      },
      manner,
    );

  const find = (id: string): SimTemplate => {
    const found = all.find((one) => one.id === id);
    if (!found) throw new Error(`No template ${id}`);
    return found;
  };

  /** What becomes of each word: the status it leaves, and what is told beside the event. */
  const decide = (id: string, event: string, more: object, manner?: Manner) => {
    const one = find(id);
    return tell(
      one,
      "message_template_status_update",
      { event, reason: "NONE", message_template_category: one.category, ...more },
      manner,
    );
  };

  return {
    app,
    templates: {
      all,
      levers,
      /** A WhatsApp account with these templates of its own. */
      open,
      seeds,
      namesOf,
      forget,
      approve: (id: string, manner?: Manner) => {
        const one = Object.assign(find(id), { status: "APPROVED", rejected_reason: "NONE" });
        return decide(one.id, "APPROVED", {}, manner);
      },
      reject: (id: string, reason = "INVALID_FORMAT", manner?: Manner) => {
        Object.assign(find(id), { status: "REJECTED", rejected_reason: reason });
        const rejection_info = {
          reason: "Parameters are next to each other.",
          recommendation: "Write text between them.",
        };
        return decide(id, "REJECTED", { reason, rejection_info }, manner);
      },
      pause: (id: string, title = "FIRST_PAUSE", manner?: Manner) => {
        Object.assign(find(id), { status: "PAUSED" });
        return decide(id, "PAUSED", { reason: null, other_info: { title, description: "Low quality" } }, manner);
      },
      unpause: (id: string, manner?: Manner) => {
        Object.assign(find(id), { status: "APPROVED" });
        return decide(id, "APPROVED", { other_info: { title: "UNPAUSE", description: "" } }, manner);
      },
      disable: (id: string, manner?: Manner) => {
        Object.assign(find(id), { status: "DISABLED" });
        const disable_info = { disable_date: Math.floor(clock.now() / 1000) };
        return decide(id, "DISABLED", { other_info: { title: "DISABLED", description: "" }, disable_info }, manner);
      },
      rate: (id: string, score: string, manner?: Manner) => {
        const one = find(id);
        const previous = one.quality_score?.score ?? "UNKNOWN";
        one.quality_score = { score, date: Math.floor(clock.now() / 1000) };
        const value = { previous_quality_score: previous, new_quality_score: score };
        return tell(one, "message_template_quality_update", value, manner);
      },
      /** At once, or only announced. */
      recategorise: (
        id: string,
        category: string,
        { isNotice = false, ...manner }: Manner & { isNotice?: boolean } = {},
      ) => {
        const one = find(id);
        if (isNotice) {
          one.correct_category = category;
          return tell(
            one,
            "template_category_update",
            { new_category: one.category, correct_category: category },
            manner,
          );
        }
        const previous = one.category;
        Object.assign(one, { category, previous_category: previous, correct_category: undefined });
        return tell(one, "template_category_update", { previous_category: previous, new_category: category }, manner);
      },
      rewrite: (id: string, text: string, manner?: Manner) => {
        const one = find(id);
        one.components = one.components.map((part) => (part["type"] === "BODY" ? { ...part, text } : part));
        return tell(one, "message_template_components_update", { message_template_element: text }, manner);
      },
    },
  };
};

export type Templates = ReturnType<typeof createTemplates>["templates"];

/** What the board may do with a template. */
export const reviewOf = (templates: Templates, act: string, id: string): Promise<Response | undefined> | undefined => {
  if (!templates.all.some((one) => one.id === id)) return undefined;
  const acts: Record<string, () => Promise<Response | undefined>> = {
    approve: () => templates.approve(id),
    reject: () => templates.reject(id),
    pause: () => templates.pause(id),
    unpause: () => templates.unpause(id),
    disable: () => templates.disable(id),
    yellow: () => templates.rate(id, "YELLOW"),
    marketing: () => templates.recategorise(id, "MARKETING"),
  };
  return acts[act]?.();
};
