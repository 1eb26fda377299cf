import * as z from "zod";
import { isAppError } from "../../errors.ts";
import { classifyMetaError, protocolError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import { integer, metaId, text, unixTime } from "./shapes.ts";

export type DialogInput = {
  redirectUri: string;
  /** Single use, bound to the user; checked when Meta sends the browser back. */
  state: string;
  scopes: readonly string[];
  /** Facebook Login for Business: replaces `scopes` (§B.1). */
  configId?: string | undefined;
  authType?: "rerequest" | "reauthenticate" | "reauthorize" | undefined;
  /** S256. Meta promises nothing about it outside OIDC: an extra, not a control (§B.9). */
  codeChallenge?: string | undefined;
};

/** Where to send the browser so that its user grants access. */
export const dialogUrl = (
  { dialogBaseUrl, version, appId }: { dialogBaseUrl: string; version: string; appId: string },
  { redirectUri, state, scopes, configId, authType, codeChallenge }: DialogInput,
): string => {
  const url = new URL(`${dialogBaseUrl.replace(/\/+$/, "")}/${version}/dialog/oauth`);
  url.search = new URLSearchParams({
    client_id: appId,
    redirect_uri: redirectUri,
    state,
    response_type: "code",
    ...(configId ? { config_id: configId, override_default_response_type: "true" } : { scope: scopes.join(",") }),
    ...(authType && { auth_type: authType }),
    ...(codeChallenge && { code_challenge: codeChallenge, code_challenge_method: "S256" }),
  }).toString();
  return url.href;
};

const grant = z
  .object({ access_token: z.string().min(1), expires_in: integer.nullish() })
  .transform(({ access_token, expires_in }) => ({
    accessToken: access_token,
    /** Null when Meta does not say, which it often does not: ask `debugToken`, invent nothing (§B.4). */
    expiresInSeconds: expires_in ?? null,
  }));

export type TokenGrant = z.output<typeof grant>;

// By POST, so that codes, tokens and the secret stay out of URLs; once, because a code is single use.
const exchange = (graph: Graph, params: Record<string, string | undefined>): Promise<TokenGrant> =>
  graph.call({ method: "POST", path: "oauth/access_token", params, auth: "client", schema: grant });

/**
 * Trades the dialog's code for a token. `redirectUri` is the dialog's, to the letter. A bad code is meta.bad_request
 * with reason `code_expired`, `code_used` or `redirect_mismatch` where Meta tells.
 */
export const exchangeCode = (
  graph: Graph,
  { code, redirectUri, codeVerifier }: { code: string; redirectUri: string; codeVerifier?: string | undefined },
): Promise<TokenGrant> => exchange(graph, { code, redirect_uri: redirectUri, code_verifier: codeVerifier });

/**
 * Renews a token that is still valid; an expired one cannot be saved (connection.needs_reauth). A system user's moves only
 * when sixty days are asked for (§B.5).
 */
export const exchangeLongLived = (
  graph: Graph,
  token: string,
  { isSystemUser = false }: { isSystemUser?: boolean } = {},
): Promise<TokenGrant> =>
  exchange(graph, {
    grant_type: "fb_exchange_token",
    fb_exchange_token: token,
    set_token_expires_in_60_days: isSystemUser ? "true" : undefined,
  });

const inspection = z.object({
  data: z
    .object({
      // Absent when Meta cannot even parse the token.
      app_id: metaId.nullish(),
      is_valid: z.boolean(),
      type: text,
      expires_at: unixTime,
      data_access_expires_at: unixTime,
      issued_at: unixTime,
      scopes: z.array(z.string()).default([]),
      granular_scopes: z.array(z.object({ scope: z.string(), target_ids: z.array(metaId).nullish() })).default([]),
      user_id: metaId.nullish(),
      // Here the key is `subcode`, elsewhere `error_subcode` (§B.6).
      error: z.object({ code: integer, subcode: integer.nullish() }).nullish(),
    })
    .transform((found) => ({
      appId: found.app_id ?? null,
      isValid: found.is_valid,
      /** USER, SYSTEM_USER, PAGE, APP or what Meta invents next. */
      type: found.type,
      /** Null: never. */
      expiresAt: found.expires_at,
      /** Null: never. Exchanging the token does not move it (§B.4). */
      dataAccessExpiresAt: found.data_access_expires_at,
      issuedAt: found.issued_at,
      scopes: found.scopes,
      granularScopes: found.granular_scopes.map(({ scope, target_ids }) => ({
        scope,
        targetIds: target_ids ?? ("all" as const),
      })),
      userId: found.user_id ?? null,
      error: found.error
        ? {
            code: found.error.code,
            subcode: found.error.subcode ?? null,
            reason:
              classifyMetaError({
                status: 400,
                code: found.error.code,
                subcode: found.error.subcode ?? undefined,
              }).details.reason ?? null,
          }
        : null,
    })),
});

export type TokenInspection = z.output<typeof inspection>["data"];

/** What Meta knows about a token. An invalid one is an answer (`isValid: false`), not an error. */
export const debugToken = async (graph: Graph, token: string): Promise<TokenInspection> => {
  const params = { input_token: token };
  return (await graph.call({ path: "debug_token", params, auth: "app", schema: inspection })).data;
};

const permission = z.object({ permission: z.string(), status: z.string() });

/** What the user really granted, which may be less than what the dialog asked. */
export const listPermissions = async (graph: Graph, token: string) => {
  const rows = await graph.list({ path: "me/permissions", auth: { token }, schema: permission });
  const having = (status: string) => rows.filter((row) => row.status === status).map((row) => row.permission);
  return { granted: having("granted"), declined: having("declined"), expired: having("expired") };
};

/** Withdraws every permission, which kills all tokens of that user for our app. A dead token counts as revoked. */
export const revoke = async (graph: Graph, token: string): Promise<void> => {
  const schema = z.object({ success: z.boolean() });
  try {
    const { success } = await graph.call({ method: "DELETE", path: "me/permissions", auth: { token }, schema });
    if (!success) throw protocolError("not_revoked");
  } catch (thrown) {
    if (isAppError(thrown, "connection.needs_reauth") && thrown.details["metaCode"] === 190) return;
    throw thrown;
  }
};

const person = z.object({ id: metaId, name: text });

/** Who the token belongs to (ids are app-scoped); the cheapest proof that it works. */
export const getMe = (graph: Graph, token: string): Promise<{ id: string; name: string | null }> =>
  graph.call({ path: "me", params: { fields: "id,name" }, auth: { token }, schema: person });
