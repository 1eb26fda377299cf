import type { Ctx } from "../../context.ts";
import { missingScopes } from "./capabilities.ts";
import { type Connection, countAccounts, findConnection } from "./connection.queries.ts";
import { listEvents } from "./events.queries.ts";
import { DAY_MS, EXPIRING_DAYS, isOver } from "./token-life.ts";

export type TokenLife = "none" | "ok" | "expiring" | "needs_reauth" | "revoked";

export type Warning = { code: string; daysLeft: number | null; message: string };

/** The state of the connection as we know it, without asking Meta. `daysLeft` is null where the expiry is unknown or never. */
export async function getTokenStatus(ctx: Ctx) {
  const [connection, adAccounts, events] = await Promise.all([
    findConnection(ctx),
    countAccounts(ctx),
    listEvents(ctx),
  ]);
  const hasToken = Boolean(connection?.tokenSealed);
  const expiresAt = hasToken ? (connection?.expiresAt ?? null) : null;
  const daysLeft = daysUntil(expiresAt, ctx.now());
  const status =
    !connection || !hasToken ? "disconnected" : isOver(expiresAt, ctx.now()) ? "needs_reauth" : connection.status;
  const scopes = connection?.grantedScopes ?? [];
  return {
    connected: status === "active" || status === "limited",
    status,
    life: lifeOf(connection, status, daysLeft),
    tokenType: hasToken ? (connection?.tokenType ?? null) : null,
    needsReconnect: status === "needs_reauth" || status === "limited",
    daysLeft,
    expiresAt,
    dataAccessExpiresAt: hasToken ? (connection?.dataAccessExpiresAt ?? null) : null,
    scopes,
    declinedScopes: connection?.declinedScopes ?? [],
    missingScopes: hasToken ? missingScopes(scopes, ctx.settings) : [],
    adAccounts,
    lastVerifiedAt: connection?.lastVerifiedAt ?? null,
    lastRenewedAt: connection?.renewedAt ?? null,
    lastErrorReason: connection?.lastErrorReason ?? null,
    warnings: connection && hasToken && status !== "needs_reauth" ? warningsOf(connection, ctx.now()) : [],
    events,
    connectUrl: "/crm/auth/meta/url",
  };
}

function lifeOf(connection: Connection | undefined, status: string, daysLeft: number | null): TokenLife {
  if (status === "disconnected") return connection?.status === "revoked" ? "revoked" : "none";
  if (status === "needs_reauth" || status === "revoked") return status;
  return daysLeft !== null && daysLeft < EXPIRING_DAYS ? "expiring" : "ok";
}

function warningsOf(connection: Connection, now: number): Warning[] {
  const token = daysUntil(connection.expiresAt, now);
  const access = daysUntil(connection.dataAccessExpiresAt, now);
  const isSoon = (days: number | null) => days !== null && days < EXPIRING_DAYS;
  const before = connection.expiresAt?.toISOString().slice(0, 10);
  return [
    ...(isSoon(token)
      ? [{ code: "token_expiring", daysLeft: token, message: "El permiso de Meta vence pronto: volvé a conectar." }]
      : []),
    ...(isSoon(access)
      ? [
          {
            code: "data_access_expiring",
            daysLeft: access,
            message: "Meta pide que confirmes el acceso a tus datos: volvé a conectar.",
          },
        ]
      : []),
    ...(connection.refreshIneffectiveAt
      ? [
          {
            code: "refresh_ineffective",
            daysLeft: token,
            message: `Meta no extendió el permiso: reconectá antes del ${before}.`,
          },
        ]
      : []),
    ...(connection.renewFailures > 0
      ? [
          {
            code: "renewal_failing",
            daysLeft: token,
            message: "Todavía no pudimos renovar el permiso: seguimos intentando.",
          },
        ]
      : []),
  ];
}

const daysUntil = (end: Date | null, now: number): number | null =>
  end && Math.max(0, Math.floor((end.getTime() - now) / DAY_MS));
