import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";

const instant = z.iso.datetime().nullable();
const iso = (date: Date | null) => date?.toISOString() ?? null;

type TokenStatus = {
  connected: boolean;
  status: string;
  life: "none" | "ok" | "expiring" | "needs_reauth" | "revoked";
  tokenType: "user" | "system_user" | null;
  needsReconnect: boolean;
  daysLeft: number | null;
  expiresAt: Date | null;
  dataAccessExpiresAt: Date | null;
  scopes: string[];
  declinedScopes: string[];
  missingScopes: string[];
  adAccounts: number;
  lastVerifiedAt: Date | null;
  lastRenewedAt: Date | null;
  lastErrorReason: string | null;
  warnings: { code: string; daysLeft: number | null; message: string }[];
  events: { at: Date; event: string; daysLeft: number | null; reason: string | null }[];
  connectUrl: string;
};

const daysLeft = z.number().nullable();

/** Stands beside the status too: the frontend's banner looks there. */
export const tokenBanner = once(() =>
  z.object({
    needs_reconnect: z.boolean(),
    days_left: z.number().nullable().describe(onPaper("Null where the expiry is unknown, or never.")),
    expires_at: instant,
  }),
);

export const tokenStatus = once(() =>
  z
    .transform((status: TokenStatus) => ({
      connected: status.connected,
      status: status.status,
      life: status.life,
      token_type: status.tokenType,
      needs_reconnect: status.needsReconnect,
      days_left: status.daysLeft,
      expires_at: iso(status.expiresAt),
      data_access_expires_at: iso(status.dataAccessExpiresAt),
      scopes: status.scopes,
      declined_scopes: status.declinedScopes,
      missing_scopes: status.missingScopes,
      business_managers: [],
      ad_accounts: status.adAccounts,
      last_verified_at: iso(status.lastVerifiedAt),
      last_renewed_at: iso(status.lastRenewedAt),
      last_error_reason: status.lastErrorReason,
      warnings: status.warnings.map(({ daysLeft: days_left, ...warning }) => ({ ...warning, days_left })),
      events: status.events.map(({ at, daysLeft: days_left, ...event }) => ({
        at: at.toISOString(),
        ...event,
        days_left,
      })),
      connect_url: status.connectUrl,
    }))
    .pipe(
      tokenBanner().extend({
        connected: z.boolean(),
        status: z.string().describe(onPaper("active, limited, needs_reauth or disconnected.")),
        life: z
          .enum(["none", "ok", "expiring", "needs_reauth", "revoked"])
          .describe(onPaper("Where the token is in its life; expiring from fourteen days before its end.")),
        token_type: z.enum(["user", "system_user"]).nullable(),
        data_access_expires_at: instant,
        scopes: z.array(z.string()),
        declined_scopes: z.array(z.string()),
        missing_scopes: z.array(z.string()),
        business_managers: z.array(z.never()),
        ad_accounts: z.number().describe(onPaper("How many are connected.")),
        last_verified_at: instant,
        last_renewed_at: instant,
        last_error_reason: z.string().nullable(),
        warnings: z
          .array(z.object({ code: z.string(), days_left: daysLeft, message: z.string() }))
          .describe(onPaper("What holds now and will hurt later.")),
        events: z
          .array(
            z.object({ at: z.iso.datetime(), event: z.string(), days_left: daysLeft, reason: z.string().nullable() }),
          )
          .describe(onPaper("What befell the connection, newest first; each thing is told once.")),
        connect_url: z.string(),
      }),
    ),
);
