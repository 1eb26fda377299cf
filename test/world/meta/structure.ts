import { Hono } from "hono";
import { authenticate, openAccount, requireAdsAccess } from "./caller.ts";
import { dayNumberIn, dayText } from "./calendar.ts";
import type { Params, SimContext, SimEnv, SimRequest } from "./context.ts";
import type { AdAccount, Campaign, Place } from "./entities.ts";
import { forbidden, invalidParameter, missingObject } from "./envelope.ts";
import { asksAboutStatus, type Filter, parseFilters, passes } from "./filtering.ts";
import { limitParam, listParam } from "./params.ts";
import { opaqueCursor, pageOf } from "./paging.ts";
import { type FieldTree, parseFields, project } from "./projection.ts";
import { findPlace } from "./state.ts";
import { effectiveStatus } from "./statuses.ts";
import { nodeOf, nounOf, type Noun, typeOf } from "./structure-nodes.ts";

const placesUnder = (account: AdAccount, noun: Noun, within: (place: Place) => boolean = () => true): Place[] => {
  const campaigns = account.campaigns.filter(({ listed }) => listed).map((campaign) => ({ account, campaign }));
  const adsets = () => campaigns.flatMap((place) => place.campaign.adsets.map((adset) => ({ ...place, adset })));
  const ads = () => adsets().flatMap((place) => place.adset.ads.map((ad) => ({ ...place, ad })));
  const places: Place[] = noun === "campaign" ? campaigns : noun === "adset" ? adsets() : ads();
  return places.filter(within);
};

const STATUSES = new Set(
  "ACTIVE,PAUSED,DELETED,ARCHIVED,IN_PROCESS,WITH_ISSUES,CAMPAIGN_PAUSED,ADSET_PAUSED,DISAPPROVED,PENDING_REVIEW,PENDING_BILLING_INFO,PREAPPROVED".split(
    ",",
  ),
);

/** Without a filter on statuses the edge leaves out what is deleted or archived (§D.4). */
const keeper = (params: Params, noun: Noun): ((place: Place) => boolean) => {
  const statuses = listParam(params, "effective_status");
  const unknown = statuses?.find((status) => !STATUSES.has(status));
  if (unknown) throw invalidParameter(`param effective_status must be one of ${[...STATUSES].join(", ")}`);
  const filters: Filter[] = parseFilters(params);
  const since = params["updated_since"];
  if (since !== undefined && noun !== "campaign") {
    filters.push({ field: "updated_time", operator: "GREATER_THAN", value: Number(since) });
  }
  const showsGone = statuses !== undefined || asksAboutStatus(filters);
  return (place) => {
    const status = effectiveStatus(place);
    const isShown = showsGone ? (statuses?.includes(status) ?? true) : !/^(DELETED|ARCHIVED)$/.test(status);
    return isShown && passes(place, filters, noun);
  };
};

const EDGES: Record<string, Noun> = { campaigns: "campaign", adsets: "adset", ads: "ad" };

const changeStatus = (account: AdAccount, campaign: Campaign, status: string, now: number): void => {
  if (status !== "ACTIVE" && status !== "PAUSED" && status !== "ARCHIVED" && status !== "DELETED") {
    throw invalidParameter("param status must be one of ACTIVE, PAUSED, DELETED, ARCHIVED");
  }
  const today = dayText(dayNumberIn(account.timezoneName, now));
  const open = campaign.pauses.find(({ until }) => until === undefined);
  if (status === "ACTIVE" && open) open.until = today;
  if (status !== "ACTIVE" && campaign.status === "ACTIVE") campaign.pauses.push({ from: today });
  campaign.status = status;
  campaign.updatedAt = now;
};

export const structureRoutes = (sim: SimContext) => {
  const { state, clock } = sim;

  const show =
    (fields: FieldTree) =>
    (place: Place): Record<string, unknown> => {
      const node = nodeOf(sim, place);
      const nested = Object.entries(EDGES).filter(([edge]) => edge in fields);
      for (const [edge, noun] of nested) {
        const inside = (child: Place) =>
          child.campaign.id === place.campaign.id && (!place.adset || child.adset === place.adset);
        const children = placesUnder(place.account, noun, inside).filter(keeper({}, noun));
        const { limit = 25, children: childFields = {} } = fields[edge] ?? {};
        node[edge] = children.length > 0 ? { data: children.slice(0, limit).map(show(childFields)) } : undefined;
      }
      return project(node, fields, typeOf[nounOf(place)]);
    };

  const listEdge = (c: SimRequest, places: Place[], noun: Noun) => {
    const params = c.get("params");
    const fields = parseFields(params["fields"]);
    return c.json(
      pageOf(c, sim, places, {
        limit: limitParam(params),
        cursor: opaqueCursor,
        keep: keeper(params, noun),
        show: show(fields),
      }),
    );
  };

  const openPlace = (c: SimRequest): { place: Place; caller: ReturnType<typeof authenticate> } => {
    const caller = authenticate(c, sim);
    const id = c.req.param("id") ?? "";
    const place = findPlace(state, id);
    if (!place || !caller.accountIds.has(place.account.id)) {
      throw missingObject(id, c.req.method === "POST" ? "post" : "get");
    }
    requireAdsAccess(caller, place.account);
    return { place, caller };
  };

  return new Hono<SimEnv>()
    .get("/:act{act_[0-9]+}/:edge{campaigns|adsets|ads}", (c) => {
      const account = openAccount(authenticate(c, sim), state, c.req.param("act"));
      const noun = EDGES[c.req.param("edge")] ?? "campaign";
      return listEdge(c, placesUnder(account, noun), noun);
    })
    .get("/:id{[0-9]+}/:edge{adsets|ads}", (c) => {
      const { place } = openPlace(c);
      const noun = EDGES[c.req.param("edge")] ?? "ad";
      const inside = ({ campaign, adset }: Place) =>
        campaign === place.campaign && (place.adset === undefined || adset === place.adset);
      return listEdge(c, placesUnder(place.account, noun, inside), noun);
    })
    .get("/:id{[0-9]+}", (c) => c.json(show(parseFields(c.get("params")["fields"]))(openPlace(c).place)))
    .post("/:id{[0-9]+}", (c) => {
      const { place, caller } = openPlace(c);
      if (!caller.scopes.has("ads_management"))
        throw forbidden("Requires ads_management permission to manage the object");
      const { status } = c.get("params");
      if (place.adset || status === undefined)
        throw invalidParameter("Only the status of a campaign can be changed here");
      changeStatus(place.account, place.campaign, status, clock.now());
      state.revision += 1;
      return c.json({ success: true });
    });
};
