import * as z from "zod";

const instant = z
  .date()
  .nullable()
  .transform((date) => date?.toISOString() ?? null);

/** Query of the callback, as Meta sends it; the predecessor's frontend adds a `state` of its own to /url, ignored. */
export const callbackQuery = z.object({
  code: z.string().optional(),
  state: z.string().optional(),
  error: z.string().optional(),
  error_code: z.string().optional(),
  error_message: z.string().optional(),
});

export const loginUrl = z
  .object({ authUrl: z.url(), state: z.string(), expiresInSeconds: z.number() })
  .transform((login) => ({ auth_url: login.authUrl, state: login.state, expires_in: login.expiresInSeconds }));

export const disconnected = z
  .object({ alreadyDisconnected: z.boolean(), revokedAtMeta: z.string() })
  .transform(({ alreadyDisconnected, revokedAtMeta }) => ({
    disconnected: true,
    already_disconnected: alreadyDisconnected,
    revoked_at_meta: revokedAtMeta === "yes",
    message: alreadyDisconnected ? "La cuenta de Meta ya estaba desconectada." : "Desconectamos tu cuenta de Meta.",
  }));

const check = z.object({ name: z.string(), status: z.enum(["ok", "warn", "fail"]), hint: z.string().nullable() });

export const connectionTest = z
  .object({
    connected: z.boolean(),
    valid: z.boolean(),
    expired: z.boolean(),
    userId: z.string().nullable(),
    userName: z.string().nullable(),
    adAccountsCount: z.number(),
    expiresAt: instant,
    message: z.string(),
    checks: z.array(check),
  })
  .transform(({ userId, userName, adAccountsCount, expiresAt, ...rest }) => ({
    ...rest,
    user_id: userId,
    user_name: userName,
    ad_accounts_count: adAccountsCount,
    expires_at: expiresAt,
  }));

export const tokenDebug = z
  .object({
    connected: z.boolean(),
    tokenExists: z.boolean(),
    message: z.string(),
    validation: z
      .object({
        isValid: z.boolean(),
        type: z.string().nullable(),
        appId: z.string(),
        expiresAt: instant,
        dataAccessExpiresAt: instant,
        issuedAt: instant,
        scopes: z.array(z.string()),
        error: z.object({ code: z.number(), subcode: z.number().nullable() }).nullable(),
      })
      .transform(({ isValid, appId, expiresAt, dataAccessExpiresAt, issuedAt, ...rest }) => ({
        ...rest,
        is_valid: isValid,
        app_id: appId,
        expires_at: expiresAt,
        data_access_expires_at: dataAccessExpiresAt,
        issued_at: issuedAt,
      }))
      .nullable(),
  })
  .transform(({ tokenExists, ...rest }) => ({ ...rest, token_exists: tokenExists }));

export const tokenStatus = z
  .object({
    connected: z.boolean(),
    status: z.string(),
    needsReconnect: z.boolean(),
    daysLeft: z.number().nullable(),
    expiresAt: instant,
    dataAccessExpiresAt: instant,
    scopes: z.array(z.string()),
    declinedScopes: z.array(z.string()),
    missingScopes: z.array(z.string()),
    adAccounts: z.number(),
    lastVerifiedAt: instant,
    lastErrorReason: z.string().nullable(),
    connectUrl: z.string(),
  })
  .transform((status) => ({
    connected: status.connected,
    status: status.status,
    needs_reconnect: status.needsReconnect,
    days_left: status.daysLeft,
    expires_at: status.expiresAt,
    data_access_expires_at: status.dataAccessExpiresAt,
    scopes: status.scopes,
    declined_scopes: status.declinedScopes,
    missing_scopes: status.missingScopes,
    business_managers: [],
    ad_accounts: status.adAccounts,
    last_verified_at: status.lastVerifiedAt,
    last_error_reason: status.lastErrorReason,
    connect_url: status.connectUrl,
  }));
