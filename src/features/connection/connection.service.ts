import type { Ctx, Needs } from "../../context.ts";
import { AppError, isAppError } from "../../errors.ts";
import { differenceOf } from "../../lib/difference.ts";
import { capabilitiesOf, type Capability, missingScopes, requestedScopes } from "./capabilities.ts";
import * as queries from "./connection.queries.ts";
import * as tokens from "./token.queries.ts";
import { unsubscribe } from "./asset-farewell.ts";
import { createLoginState, STATE_TTL_SECONDS } from "./oauth-state.ts";

const KIND = "user";

/** Where to send the browser, and the nonce its cookie must hold when it comes back. */
export async function startLogin(ctx: Ctx) {
  if (ctx.actor.kind !== "user") throw new Error("Only a user can log in at Meta.");
  const { userId } = ctx.actor;
  const { metaRedirectUri: redirectUri, metaLoginConfigId: configId } = ctx.settings;
  const [connection, login] = await Promise.all([
    queries.findConnection(ctx),
    createLoginState(ctx, { userId, redirectUri }),
  ]);
  const authUrl = ctx.meta.dialogUrl({
    redirectUri,
    state: login.state,
    scopes: requestedScopes(ctx.settings),
    configId,
    // Meta asks again for what was declined only when told to.
    authType: connection?.tokenSealed && lacksScopes(ctx, connection) ? "rerequest" : undefined,
    codeChallenge: login.codeChallenge,
  });
  return { authUrl, state: login.state, nonce: login.nonce, expiresInSeconds: STATE_TTL_SECONDS };
}

const lacksScopes = ({ settings }: Needs<"settings">, { grantedScopes }: queries.Connection) =>
  missingScopes(grantedScopes, settings).length > 0;

export type OpenConnection = { token: string; tokenVersion: number; grantedScopes: readonly string[] };

/** The tenant's token, ready for use for `capability`. Throws connection.* when there is nothing to use. */
export async function openConnection(ctx: Needs<"db" | "vault">, capability: Capability): Promise<OpenConnection> {
  const connection = await queries.findConnection(ctx);
  return openToken(ctx, connection, capability);
}

export async function openToken(
  ctx: Needs<"db" | "vault">,
  connection: queries.Connection | undefined,
  capability: Capability,
): Promise<OpenConnection> {
  if (connection?.status === "needs_reauth") {
    throw new AppError("connection.needs_reauth", "Meta pide que vuelvas a conectar tu cuenta.", {
      details: { reason: connection.lastErrorReason },
    });
  }
  if (!connection?.tokenSealed) throw new AppError("connection.missing", "Todavía no conectaste tu cuenta de Meta.");
  const { can, missing } = capabilitiesOf(connection.grantedScopes);
  if (!can(capability)) {
    throw new AppError("connection.missing_scope", "Faltan permisos de Meta. Volvé a conectar y aceptalos todos.", {
      details: { missing_scopes: missing[capability] },
    });
  }
  const token = await openSealed(ctx, connection);
  return { token, tokenVersion: connection.tokenVersion, grantedScopes: connection.grantedScopes };
}

/** The token itself, whatever the state of its connection. */
export async function openSealed(
  ctx: Needs<"db" | "vault">,
  { id: connectionId, tokenSealed }: Pick<queries.Connection, "id" | "tokenSealed">,
): Promise<string> {
  const { tenantId } = ctx.db;
  const token = await ctx.vault.open(tokenSealed ?? "", { tenantId, connectionId, kind: KIND });
  if (token === undefined)
    throw new AppError("vault.unsealable", "No podemos leer la conexión con Meta. Avisale a soporte.");
  return token;
}

export const sealToken = (ctx: Needs<"db" | "vault">, connectionId: string, token: string): Promise<string> =>
  ctx.vault.seal(token, { tenantId: ctx.db.tenantId, connectionId, kind: KIND });

/** Seals a verified token into its place and stores it with what Meta says of it. */
export async function storeToken(
  ctx: Ctx,
  token: string,
  granted: Omit<tokens.GrantedToken, "tokenSealed">,
): Promise<void> {
  const { id, ...before } = await queries.reserveConnection(ctx);
  const { tokenType, status, grantedScopes } = granted;
  const diff = { ...differenceOf(before, { tokenType, status, grantedScopes }), token: "changed" };
  const tokenSealed = await sealToken(ctx, id, token);
  const isRecovery = before.status === "needs_reauth" && status === "active";
  await tokens.saveGrantedToken(ctx, { ...granted, tokenSealed }, { isRecovery, diff });
}

/** Calls Meta with the tenant's token; an answer that the token is dead changes the connection before it is thrown. */
export async function withToken<T>(
  ctx: Needs<"db" | "vault" | "now" | "log" | "tenantId" | "actor" | "requestId">,
  capability: Capability,
  use: (connection: OpenConnection) => Promise<T>,
): Promise<T> {
  const opened = await openConnection(ctx, capability);
  try {
    return await use(opened);
  } catch (thrown) {
    await noteFailure(ctx, thrown, opened.tokenVersion);
    throw thrown;
  }
}

/** Marks the connection when `thrown` says that its token, of that version, is dead. */
export async function noteFailure(
  ctx: Needs<"db" | "now" | "log" | "tenantId" | "actor" | "requestId">,
  thrown: unknown,
  tokenVersion: number | undefined,
): Promise<void> {
  if (!isAppError(thrown, "connection.needs_reauth") || thrown.details["metaCode"] === undefined) return;
  const { reason } = thrown;
  if (await tokens.markDead(ctx, { code: thrown.code, reason }, tokenVersion))
    ctx.log("connection.needs_reauth", { tenantId: ctx.tenantId, reason });
}

/**
 * Disconnects: withdraws the grant at Meta unless another tenant lives on the same Meta user, forgets the secret, keeps
 * the history. Doing it again changes nothing.
 */
export async function disconnect(ctx: Ctx) {
  const connection = await queries.findConnection(ctx);
  if (!connection?.tokenSealed) return { alreadyDisconnected: true, revokedAtMeta: "nothing_to_revoke" };
  await unsubscribeAssets(ctx, connection);
  const revokedAtMeta = await revokeAtMeta(ctx, connection);
  await tokens.forgetToken(ctx, { revokedAtMeta });
  return { alreadyDisconnected: false, revokedAtMeta };
}

// Before the token is revoked: afterwards nobody could tell Meta.
async function unsubscribeAssets(ctx: Ctx, { id: connectionId, tokenSealed }: queries.Connection): Promise<void> {
  const assets = await queries.listSubscribedAssets(ctx);
  if (assets.length === 0) return;
  const token = await ctx.vault.open(tokenSealed ?? "", { tenantId: ctx.tenantId, connectionId, kind: KIND });
  await unsubscribe(ctx, assets, token);
}

async function revokeAtMeta(ctx: Ctx, connection: queries.Connection): Promise<string> {
  const { metaUserId, tokenSealed, id: connectionId } = connection;
  if (metaUserId && (await queries.countOtherUses(ctx, metaUserId)) > 0) return "kept_for_another_tenant";
  const token = await ctx.vault.open(tokenSealed ?? "", { tenantId: ctx.tenantId, connectionId, kind: KIND });
  if (token === undefined) return "unsealable";
  try {
    await ctx.meta.revoke(token);
    return "yes";
  } catch (thrown) {
    // The local secret goes in any case; the audit tells that Meta did not hear of it.
    return isAppError(thrown) ? `failed:${thrown.code}` : "failed";
  }
}
