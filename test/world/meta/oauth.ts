import { type Context, Hono } from "hono";
import type { Params, SimContext, SimEnv } from "./context.ts";
import { deadToken, GraphError } from "./envelope.ts";
import type { Code, Token } from "./state.ts";
import { LONG_LIFE_SECONDS, SHORT_LIFE_SECONDS } from "./tokens.ts";

/** `oauth/access_token`: a code, a living token or the app's own secret for a token (§B.3–B.5). */

const CODE_LIFE_MS = 10 * 60_000;

const failure = (code: number, message: string, subcode?: number): GraphError =>
  new GraphError({ code, message, ...(subcode !== undefined && { subcode }) });

export const oauthRoutes = ({ state, tokens, clock }: SimContext) => {
  const checkApp = (params: Params): void => {
    if (params["client_id"] !== state.appId) {
      throw failure(101, "Error validating application. Invalid application ID.");
    }
    // Code 1 means "unknown, try again" everywhere else; here it is final.
    if (params["client_secret"] !== state.appSecret) throw failure(1, "Error validating client secret.");
  };

  const findCode = (params: Params): Code => {
    const code = state.codes.get(params["code"] ?? "");
    if (!code) throw failure(100, "Invalid verification code format.");
    if (code.isUsed) throw failure(100, "This authorization code has been used.", 36009);
    if (clock.now() - code.issuedAt > CODE_LIFE_MS) {
      throw failure(100, "This authorization code has expired.", 36007);
    }
    if (params["redirect_uri"] !== code.redirectUri) {
      throw failure(
        100,
        "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request",
        36008,
      );
    }
    return code;
  };

  const lifeOf = ({ configuration }: Code): number => {
    if (configuration?.neverExpires || state.codeGrant === "never") return 0;
    return configuration || state.codeGrant === "long" ? LONG_LIFE_SECONDS : SHORT_LIFE_SECONDS;
  };

  /** A token that never expires comes without expires_in. */
  const answer = (token: Token) => ({
    access_token: token.value,
    token_type: "bearer",
    ...(token.expiresAt !== 0 && { expires_in: token.expiresAt - clock.seconds() }),
  });

  const redeemCode = (params: Params) => {
    const code = findCode(params);
    code.isUsed = true;
    const kind = code.configuration?.tokenKind ?? "USER";
    const personId = kind === "SYSTEM_USER" ? (state.business.systemUserId ?? code.personId) : code.personId;
    return answer(tokens.issue({ kind, personId, scopes: code.scopes, expiresInSeconds: lifeOf(code) }));
  };

  const exchange = (params: Params) => {
    const old = tokens.find(params["fb_exchange_token"] ?? "");
    if (!old) throw failure(190, "Invalid OAuth access token - Cannot parse access token");
    const death = tokens.deathOf(old);
    if (death !== undefined) throw deadToken(death);
    if (state.exchangeMode === "same-token") return answer(old);
    const isSystem = old.kind === "SYSTEM_USER";
    const wantsSixtyDays = params["set_token_expires_in_60_days"] === "true";
    const kept = old.expiresAt === 0 ? 0 : old.expiresAt - clock.seconds();
    const renewed = isSystem && !wantsSixtyDays ? kept : LONG_LIFE_SECONDS;
    const token = tokens.issue({
      kind: old.kind,
      personId: old.personId,
      scopes: old.scopes,
      expiresInSeconds: state.exchangeMode === "unchanged-expiry" ? kept : renewed,
      // The exchange does not extend data access (§B.4).
      dataAccessExpiresAt: old.dataAccessExpiresAt,
      ...(old.accountIds && { accountIds: old.accountIds }),
      ...(old.wabaIds && { wabaIds: old.wabaIds }),
    });
    const { expires_in, ...rest } = answer(token);
    return state.exchangeMode === "no-expires-in" || expires_in === undefined ? rest : { ...rest, expires_in };
  };

  const accessToken = (c: Context<SimEnv>) => {
    const params = c.get("params");
    checkApp(params);
    const grantType = params["grant_type"] ?? "authorization_code";
    if (grantType === "fb_exchange_token") return c.json(exchange(params));
    if (grantType === "client_credentials") {
      return c.json({ access_token: tokens.appToken(), token_type: "bearer" });
    }
    if (grantType === "authorization_code") return c.json(redeemCode(params));
    throw failure(100, `Invalid grant_type: '${grantType}'. Supported types: authorization_code, client_credentials`);
  };

  return new Hono<SimEnv>().get("/oauth/access_token", accessToken).post("/oauth/access_token", accessToken);
};
