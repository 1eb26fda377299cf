import type { Ctx } from "../../context.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { countAccounts, findConnection } from "./connection.queries.ts";

const DAY_MS = 86_400_000;

/** The state of the connection as we know it, without asking Meta. `daysLeft` is null where the expiry is unknown or never. */
export async function getTokenStatus(ctx: Ctx) {
  const [connection, adAccounts] = await Promise.all([findConnection(ctx), countAccounts(ctx)]);
  const hasToken = Boolean(connection?.tokenSealed);
  const expiresAt = hasToken ? (connection?.expiresAt ?? null) : null;
  const daysLeft = expiresAt ? Math.max(0, Math.floor((expiresAt.getTime() - ctx.now()) / DAY_MS)) : null;
  const isExpired = expiresAt !== null && expiresAt.getTime() <= ctx.now();
  const status = !connection || !hasToken ? "disconnected" : isExpired ? "needs_reauth" : connection.status;
  const scopes = connection?.grantedScopes ?? [];
  return {
    connected: status === "active" || status === "limited",
    status,
    needsReconnect: status === "needs_reauth" || status === "limited",
    daysLeft,
    expiresAt,
    dataAccessExpiresAt: hasToken ? (connection?.dataAccessExpiresAt ?? null) : null,
    scopes,
    declinedScopes: connection?.declinedScopes ?? [],
    missingScopes: hasToken ? capabilitiesOf(scopes).missingScopes : [],
    adAccounts,
    lastVerifiedAt: connection?.lastVerifiedAt ?? null,
    lastErrorReason: connection?.lastErrorReason ?? null,
    connectUrl: "/crm/auth/meta/url",
  };
}
