// Pages, WhatsApp accounts and their numbers, and what of theirs Meta sends us (§G.2, §I.1).
import * as z from "zod";
import { isAppError } from "../../errors.ts";
import { listPortfolios } from "./accounts.ts";
import { protocolError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import { metaId, requireId, text } from "./shapes.ts";

/** How many portfolios are walked through for WhatsApp accounts. */
const MAX_PORTFOLIOS = 30;

const page = z
  .object({ id: metaId, name: text, category: text, access_token: text, tasks: z.array(z.string()).nullish() })
  .transform(({ id, name, category, access_token, tasks }) => ({
    id,
    name: name ?? id,
    category,
    tasks: tasks ?? [],
    /** The page's own; null where the token's user may not act for it. */
    token: access_token,
  }));

export type MetaPage = z.output<typeof page>;

/** Pages of the token's user. Throws meta.permission without pages_show_list. */
export const listPages = (graph: Graph, token: string): Promise<MetaPage[]> => {
  const params = { fields: "id,name,category,tasks,access_token", limit: 100 };
  return graph.list({ path: "me/accounts", params, auth: { token }, schema: page });
};

const waba = z
  .object({ id: metaId, name: text, currency: text, timezone_id: text.catch(null) })
  .transform(({ id, name, currency, timezone_id }) => ({ id, name: name ?? id, currency, timezoneId: timezone_id }));

export type Waba = z.output<typeof waba>;

const WABA_FIELDS = "id,name,currency,timezone_id";

/** What one may not see is not there; anything else that goes wrong leaves nothing to be trusted. */
const orNothing = async <T>(asking: Promise<T>): Promise<T | undefined> => {
  try {
    return await asking;
  } catch (thrown) {
    if (isAppError(thrown, "meta.permission", "meta.not_found")) return undefined;
    throw thrown;
  }
};

/**
 * WhatsApp accounts that the token may use: the ones it was granted for by name, else those that its user's portfolios own
 * or were given.
 */
export const listWabas = async (
  graph: Graph,
  token: string,
  { targetIds }: { targetIds: readonly string[] | "all" },
): Promise<Waba[]> => {
  const auth = { token };
  const found = new Map<string, Waba>();
  const add = (wabas: readonly (Waba | undefined)[]) => {
    for (const one of wabas) if (one && !found.has(one.id)) found.set(one.id, one);
  };
  if (targetIds !== "all") {
    const params = { fields: WABA_FIELDS };
    for (const id of targetIds) add([await orNothing(graph.call({ path: requireId(id), params, auth, schema: waba }))]);
    return [...found.values()];
  }
  const portfolios = ((await orNothing(listPortfolios(graph, token))) ?? []).slice(0, MAX_PORTFOLIOS);
  const params = { fields: WABA_FIELDS, limit: 100 };
  for (const { id } of portfolios) {
    const edges = ["owned", "client"].map((kind) =>
      orNothing(graph.list({ path: `${id}/${kind}_whatsapp_business_accounts`, params, auth, schema: waba })),
    );
    for (const listed of await Promise.all(edges)) add(listed ?? []);
  }
  return [...found.values()];
};

const phoneNumber = z
  .object({
    id: metaId,
    display_phone_number: text,
    verified_name: text,
    quality_rating: text,
    status: text,
    platform_type: text,
    throughput: z.object({ level: text }).nullish().catch(null),
  })
  .transform(({ id, display_phone_number, verified_name, throughput, ...rest }) => ({
    id,
    displayPhoneNumber: display_phone_number,
    verifiedName: verified_name,
    qualityRating: rest.quality_rating,
    status: rest.status,
    platformType: rest.platform_type,
    throughput: throughput?.level ?? null,
  }));

export type PhoneNumber = z.output<typeof phoneNumber>;

export const listPhoneNumbers = (graph: Graph, token: string, wabaId: string): Promise<PhoneNumber[]> => {
  const fields = "id,display_phone_number,verified_name,quality_rating,status,platform_type,throughput";
  const path = `${requireId(wabaId)}/phone_numbers`;
  return graph.list({ path, params: { fields, limit: 100 }, auth: { token }, schema: phoneNumber });
};

// A page names the app itself; a WhatsApp account wraps it.
const subscription = z.object({
  id: metaId.optional(),
  subscribed_fields: z.array(z.string()).nullish(),
  whatsapp_business_api_data: z.object({ id: metaId }).nullish(),
});

/** Which of an asset's fields our app is sent; undefined when it is not subscribed at all. */
export const listSubscribedFields = async (
  graph: Graph,
  token: string,
  { assetId, appId }: { assetId: string; appId: string },
): Promise<string[] | undefined> => {
  const path = `${requireId(assetId)}/subscribed_apps`;
  const rows = await graph.list({ path, auth: { token }, schema: subscription });
  const ours = rows.find(({ id, whatsapp_business_api_data: wrapped }) => (wrapped?.id ?? id) === appId);
  return ours && (ours.subscribed_fields ?? []);
};

const success = z.object({ success: z.boolean() });

/** Has Meta send us what happens on the asset. That it said yes is no proof: read it back. */
export const subscribe = async (
  graph: Graph,
  token: string,
  { assetId, fields }: { assetId: string; fields?: string },
): Promise<void> => {
  const path = `${requireId(assetId)}/subscribed_apps`;
  const params = { subscribed_fields: fields };
  const answer = await graph.call({ method: "POST", path, params, auth: { token }, schema: success });
  if (!answer.success) throw protocolError("not_subscribed");
};

export const unsubscribe = async (graph: Graph, token: string, assetId: string): Promise<void> => {
  const path = `${requireId(assetId)}/subscribed_apps`;
  await graph.call({ method: "DELETE", path, auth: { token }, schema: success });
};
