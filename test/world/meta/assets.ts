import { Hono } from "hono";
import { authenticate, type Caller } from "./caller.ts";
import type { SimContext, SimEnv, SimRequest } from "./context.ts";
import type { Page, Waba } from "./entities.ts";
import { forbidden, GraphError, invalidParameter, missingObject } from "./envelope.ts";
import { limitParam, listParam } from "./params.ts";
import { offsetCursor, pageOf } from "./paging.ts";
import { parseFields, project } from "./projection.ts";

/** Pages, WhatsApp accounts and their numbers, and what of theirs the app is sent (§G.2, §I.1). */

const WABA = {
  name: "WhatsAppBusinessAccount",
  fields: new Set(
    "name,currency,timezone_id,country,account_review_status,business_verification_status,ownership_type,status,message_template_namespace".split(
      ",",
    ),
  ),
};

const PHONE_NUMBER = {
  name: "WhatsAppBusinessPhoneNumber",
  fields: new Set(
    "display_phone_number,verified_name,quality_rating,status,code_verification_status,name_status,account_mode,platform_type,throughput,is_official_business_account,username".split(
      ",",
    ),
  ),
};

const LEADGEN_FIELDS = /^(leadgen|feed|messages|mention|messaging_postbacks|leadgen_update)$/;

/** What a page's edges ask for: the page's own token, not its people's (§G.2). */
export const requirePageToken = ({ token }: Caller, page: Page): void => {
  if (token.kind !== "PAGE")
    throw new GraphError({ code: 190, message: "(#190) This method must be called with a Page Access Token" });
  if (token.pageId !== page.id) throw missingObject(page.id);
};

export const assetRoutes = (sim: SimContext) => {
  const { state } = sim;

  const wabasOf = ({ person, token }: Caller): Waba[] =>
    state.business.wabas.filter(
      ({ id, ownerPortfolioId, clientPortfolioIds }) =>
        (token.wabaIds?.includes(id) ?? true) &&
        person.portfolioIds.some((portfolio) => [ownerPortfolioId, ...clientPortfolioIds].includes(portfolio)),
    );

  const openWaba = (c: SimRequest, id: string): Waba => {
    const caller = authenticate(c, sim);
    if (!caller.scopes.has("whatsapp_business_management"))
      throw new GraphError({
        code: 200,
        status: 403,
        message: "(#200) You do not have the necessary permissions required to access this WhatsApp Business Account",
      });
    const waba = wabasOf(caller).find((one) => one.id === id);
    if (!waba) throw missingObject(id);
    return waba;
  };

  const wabaNode = (waba: Waba): Record<string, unknown> => ({
    id: waba.id,
    name: waba.name,
    currency: waba.currency,
    timezone_id: waba.timezoneId,
    account_review_status: "APPROVED",
    business_verification_status: "verified",
    status: "ACTIVE",
    message_template_namespace: `ns_${waba.id}`,
  });

  const wabasOfPortfolio = (pick: (waba: Waba, portfolioId: string) => boolean) => (c: SimRequest) => {
    const caller = authenticate(c, sim);
    if (!caller.scopes.has("whatsapp_business_management") || !caller.scopes.has("business_management"))
      throw forbidden("Requires business_management permission to manage the object");
    const portfolioId = c.req.param("portfolio") ?? "";
    if (!caller.person.portfolioIds.includes(portfolioId)) throw missingObject(portfolioId);
    const fields = parseFields(c.get("params")["fields"] ?? "name");
    return c.json(
      pageOf(
        c,
        sim,
        wabasOf(caller).filter((waba) => pick(waba, portfolioId)),
        {
          limit: limitParam(c.get("params")),
          cursor: offsetCursor,
          show: (waba) => project(wabaNode(waba), fields, WABA),
        },
      ),
    );
  };

  const openPage = (c: SimRequest, page: Page): void => {
    const caller = authenticate(c, sim);
    requirePageToken(caller, page);
    if (!caller.scopes.has("pages_manage_metadata"))
      throw new GraphError({
        code: 200,
        status: 403,
        message: "(#200) To subscribe to the leadgen field, one of these permissions is needed: pages_manage_metadata",
      });
    if (!page.tasks.includes("MANAGE"))
      throw new GraphError({
        code: 200,
        status: 403,
        message: "(#200) User does not have sufficient administrative permission for this action on this page",
      });
  };

  const subscribe = (id: string, fields: string[]): void => {
    if (!state.forgetsSubscriptions) state.subscriptions.set(id, fields);
  };

  return new Hono<SimEnv>()
    .get(
      "/:portfolio{[0-9]+}/owned_whatsapp_business_accounts",
      wabasOfPortfolio((waba, id) => waba.ownerPortfolioId === id),
    )
    .get(
      "/:portfolio{[0-9]+}/client_whatsapp_business_accounts",
      wabasOfPortfolio((waba, id) => waba.clientPortfolioIds.includes(id)),
    )
    .get("/:waba{[0-9]+}/phone_numbers", (c) => {
      const { phoneNumbers } = openWaba(c, c.req.param("waba"));
      const fields = parseFields(c.get("params")["fields"] ?? "display_phone_number,verified_name,quality_rating");
      return c.json(
        pageOf(c, sim, phoneNumbers, {
          limit: limitParam(c.get("params")),
          cursor: offsetCursor,
          show: (number) =>
            project(
              {
                id: number.id,
                display_phone_number: number.displayPhoneNumber,
                verified_name: number.verifiedName,
                quality_rating: number.qualityRating,
                status: number.status,
                code_verification_status: "VERIFIED",
                account_mode: "LIVE",
                platform_type: "CLOUD_API",
                throughput: { level: "STANDARD" },
              },
              fields,
              PHONE_NUMBER,
            ),
        }),
      );
    })
    .on(["GET", "POST", "DELETE"], "/:asset{[0-9]+}/subscribed_apps", (c) => {
      const id = c.req.param("asset");
      const { method } = c.req;
      const page = state.business.pages.find((one) => one.id === id);
      if (page) openPage(c, page);
      else openWaba(c, id);
      if (method === "DELETE") {
        state.subscriptions.delete(id);
        return c.json({ success: true });
      }
      if (method === "POST") {
        const fields = listParam(c.get("params"), "subscribed_fields") ?? [];
        if (page && (fields.length === 0 || fields.some((field) => !LEADGEN_FIELDS.test(field))))
          throw invalidParameter("Param subscribed_fields must be one of {leadgen, feed, messages, mention}");
        subscribe(id, fields);
        return c.json({ success: true });
      }
      const subscribed = state.subscriptions.get(id);
      if (!subscribed) return c.json({ data: [] });
      const app = { id: state.appId, name: state.appName };
      return c.json({
        data: [
          page
            ? { ...app, link: "https://app.example/", subscribed_fields: subscribed }
            : { whatsapp_business_api_data: { ...app, link: "https://app.example/" } },
        ],
      });
    })
    .get("/:id{[0-9]+}", (c, next) => {
      const id = c.req.param("id");
      if (!state.business.wabas.some((waba) => waba.id === id)) return next();
      return c.json(project(wabaNode(openWaba(c, id)), parseFields(c.get("params")["fields"] ?? "name"), WABA));
    });
};
