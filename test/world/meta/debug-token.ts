import { Hono } from "hono";
import { tokenValueOf } from "./caller.ts";
import type { SimContext, SimEnv } from "./context.ts";
import type { Person } from "./entities.ts";
import { deadToken, GraphError, invalidParameter, sessionMessage } from "./envelope.ts";
import type { Token } from "./state.ts";

/** Without target_ids a scope holds for every asset; with them only for these (§B.6). */
const granularScopes = (scopes: string[], token: Token, person: Person | undefined) =>
  scopes
    .filter((scope) => /^(ads_|business_|pages_|whatsapp_)/.test(scope))
    .map((scope) => {
      if (scope.startsWith("whatsapp_")) return token.wabaIds ? { scope, target_ids: token.wabaIds } : { scope };
      if (!token.accountIds) return { scope };
      if (scope.startsWith("ads_")) return { scope, target_ids: token.accountIds };
      if (scope.startsWith("pages_")) return { scope, target_ids: person?.pageIds ?? [] };
      return { scope, target_ids: person?.portfolioIds ?? [] };
    });

export const debugTokenRoutes = ({ state, tokens }: SimContext) => {
  /** The inspecting token is the app's own, or a living one of the same app. */
  const checkInspector = (value: string | undefined): void => {
    if (value === undefined) {
      throw new GraphError({ code: 104, message: "An access token is required to request this resource." });
    }
    if (tokens.isAppToken(value)) return;
    if (/^\d+\|/.test(value)) throw new GraphError({ code: 190, message: "Invalid OAuth access token signature." });
    const token = tokens.find(value);
    if (!token) throw new GraphError({ code: 190, message: "Invalid OAuth access token - Cannot parse access token" });
    const death = tokens.deathOf(token);
    if (death !== undefined) throw deadToken(death);
  };

  const describe = (token: Token) => {
    const death = tokens.deathOf(token);
    const person = state.business.people.find(({ id }) => id === token.personId);
    const isValid = death === undefined;
    const scopes = isValid ? tokens.scopesOf(token) : [];
    return {
      app_id: token.appId,
      type: token.kind,
      application: state.appName,
      ...(isValid && { data_access_expires_at: token.dataAccessExpiresAt }),
      expires_at: token.expiresAt,
      is_valid: isValid,
      ...(token.isLongLived && { issued_at: token.issuedAt }),
      ...(token.pageId && { profile_id: token.pageId }),
      ...(death !== undefined && { error: { code: 190, message: sessionMessage(death), subcode: death } }),
      scopes,
      ...(isValid && { granular_scopes: granularScopes(scopes, token, person) }),
      user_id: token.personId,
    };
  };

  return new Hono<SimEnv>().get("/debug_token", (c) => {
    checkInspector(tokenValueOf(c));
    const input = c.get("params")["input_token"];
    if (!input) throw invalidParameter("The parameter input_token is required");
    if (tokens.isAppToken(input)) {
      return c.json({
        data: { app_id: state.appId, type: "APP", application: state.appName, is_valid: true, scopes: [] },
      });
    }
    const token = tokens.find(input);
    if (!token) {
      const error = { code: 190, message: "Invalid OAuth access token - Cannot parse access token" };
      return c.json({ data: { error, is_valid: false, scopes: [] } });
    }
    if (token.appId !== state.appId) {
      throw invalidParameter("The App_id in the input_token did not match the Viewing App");
    }
    return c.json({ data: describe(token) });
  });
};
