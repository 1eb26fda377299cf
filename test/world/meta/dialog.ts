import { type Context, Hono } from "hono";
import { consentPage, dialogErrorPage } from "./consent-page.ts";
import type { Params, SimContext, SimEnv } from "./context.ts";
import type { Person } from "./entities.ts";
import type { LoginConfiguration } from "./state.ts";

/** Facebook's login dialog (§B.2): a page to click through, or `sim_decision` for scripts that cannot click. */

const KNOWN_SCOPES = new Set(
  "public_profile,email,ads_read,ads_management,business_management,catalog_management,leads_retrieval,pages_show_list,pages_read_engagement,pages_manage_metadata,pages_manage_ads,pages_messaging,whatsapp_business_management,whatsapp_business_messaging,whatsapp_business_manage_events,read_insights,instagram_basic,instagram_manage_insights,openid".split(
    ",",
  ),
);

/** Facebook's own addition, which no server ever sees and browsers carry on to the next page (§B.2). */
const FRAGMENT = "#_=_";

interface Ask {
  redirectUri: string;
  /** Everything asked for. */
  scopes: string[];
  /** What the page asks about: scopes declined before are not asked again without `rerequest`. */
  asked: string[];
  person: Person;
  configuration?: LoginConfiguration;
}

type Refusal = { title: string; message: string };

const NO_SUCH_URL = {
  title: "URL bloqueada",
  message:
    "URL Blocked: This redirect failed because the redirect URI is not whitelisted in the app's Client OAuth Settings.",
};

const splitScopes = (text: string | undefined): string[] => (text ?? "").split(/[\s,]+/).filter(Boolean);

const DECISIONS = /^(approve|selected|deny|misconfig|partial:.*)$/;

const withParams = (uri: string, params: Record<string, string>): string => {
  const url = new URL(uri);
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
  return url.href;
};

const deny = (redirectUri: string, params: Params): string =>
  withParams(redirectUri, {
    error: "access_denied",
    error_code: "200",
    error_description: "Permissions error",
    error_reason: "user_denied",
    ...(params["state"] !== undefined && { state: params["state"] }),
  });

const approvedOf = (decision: string, params: Params, { asked, person }: Ask): string[] => {
  if (decision.startsWith("partial:")) {
    const chosen = splitScopes(decision.slice("partial:".length));
    return asked.filter((scope) => scope === "public_profile" || chosen.includes(scope));
  }
  if (decision === "selected") {
    return asked.filter((scope) => scope === "public_profile" || params[`sim_scope_${scope}`] !== undefined);
  }
  return asked.filter((scope) => !person.declines.includes(scope));
};

export const dialogRoutes = ({ state, tokens, clock }: SimContext) => {
  const readAsk = (params: Params): Ask | Refusal => {
    if (params["client_id"] !== state.appId) {
      return { title: "Error", message: "Invalid App ID: The provided app ID does not look like a valid app ID." };
    }
    const redirectUri = params["redirect_uri"] ?? "";
    if (!state.redirectUris.includes(redirectUri)) return NO_SUCH_URL;
    const configuration = state.configurations.find(({ id }) => id === params["config_id"]);
    if (params["config_id"] !== undefined && !configuration) {
      return { title: "Error", message: "Invalid config_id: the login configuration does not exist." };
    }
    const named = configuration?.scopes ?? splitScopes(params["scope"]);
    const unknown = named.filter((scope) => !KNOWN_SCOPES.has(scope));
    if (unknown.length > 0) return { title: "Invalid Scopes", message: `Invalid Scopes: ${unknown.join(", ")}` };
    const person = state.business.people.find(({ id }) => id === (params["sim_person"] ?? state.personId));
    if (!person) return { title: "Error", message: "Nobody with this id uses the simulated Facebook." };
    const scopes = [...new Set(["public_profile", ...named])];
    const grants = state.grants.get(person.id);
    const isRerequest = params["auth_type"] === "rerequest" || configuration !== undefined;
    const asked = scopes.filter((scope) => isRerequest || grants?.get(scope) !== "declined");
    return { redirectUri, scopes, asked, person, ...(configuration && { configuration }) };
  };

  const grant = (ask: Ask, approved: string[], params: Params): string => {
    const { person, scopes, redirectUri, configuration } = ask;
    const grants = state.grants.get(person.id) ?? new Map<string, "granted" | "declined">();
    for (const scope of ask.asked) grants.set(scope, approved.includes(scope) ? "granted" : "declined");
    state.grants.set(person.id, grants);
    const granted = scopes.filter((scope) => grants.get(scope) === "granted");
    const value = tokens.newCode();
    state.codes.set(value, {
      value,
      redirectUri,
      issuedAt: clock.now(),
      isUsed: false,
      personId: person.id,
      scopes: granted,
      ...(configuration && { configuration }),
    });
    const showsScopes = params["response_type"]?.includes("granted_scopes");
    const target = withParams(redirectUri, {
      code: value,
      ...(params["state"] !== undefined && { state: params["state"] }),
      ...(showsScopes && {
        granted_scopes: granted.join(","),
        denied_scopes: scopes.filter((scope) => !granted.includes(scope)).join(","),
      }),
    });
    return target + FRAGMENT;
  };

  const dialog = (c: Context<SimEnv>) => {
    c.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    const params = c.get("params");
    const ask = readAsk(params);
    if ("title" in ask) return c.html(dialogErrorPage(ask.title, ask.message), 400);
    const decision = params["sim_decision"];
    if (decision !== undefined && !DECISIONS.test(decision)) {
      return c.html(dialogErrorPage("Error", `The simulator does not know sim_decision=${decision}.`), 400);
    }
    if (decision === "misconfig") {
      return c.html(
        dialogErrorPage(
          "Función no disponible",
          "Feature Unavailable: Facebook Login is currently unavailable for this app.",
        ),
        400,
      );
    }
    if (decision === undefined) {
      const { appName, business } = state;
      const { asked, person } = ask;
      const people = business.people.filter(({ id }) => id !== business.systemUserId);
      return c.html(
        consentPage({ appName, people, personId: person.id, scopes: asked, declined: person.declines, params }),
      );
    }
    const approved = approvedOf(decision, params, ask);
    const isIncomplete = ask.configuration !== undefined && ask.scopes.some((scope) => !approved.includes(scope));
    const isDenied = decision === "deny" || isIncomplete;
    return c.redirect(isDenied ? deny(ask.redirectUri, params) : grant(ask, approved, params), 302);
  };

  return new Hono<SimEnv>().get("/dialog/oauth", dialog).post("/dialog/oauth", dialog);
};
