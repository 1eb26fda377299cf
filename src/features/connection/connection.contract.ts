import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";

const instant = z.iso.datetime().nullable();
const iso = (date: Date | null) => date?.toISOString() ?? null;

/** Query of the callback, as Meta sends it; the predecessor's frontend adds a `state` of its own to /url, ignored. */
export const callbackQuery = once(() =>
  z.object({
    code: z.string().optional(),
    state: z.string().optional(),
    error: z.string().optional(),
    error_code: z.string().optional(),
    error_message: z.string().optional(),
  }),
);

export const loginUrl = once(() =>
  z
    .transform((login: { authUrl: string; state: string; expiresInSeconds: number }) => ({
      auth_url: login.authUrl,
      state: login.state,
      expires_in: login.expiresInSeconds,
    }))
    .pipe(
      z.object({
        auth_url: z.url().describe(onPaper("Where to send the browser.")),
        state: z.string(),
        expires_in: z.number().describe(onPaper("Seconds.")),
      }),
    ),
);

export const disconnected = once(() =>
  z
    .transform(({ alreadyDisconnected, revokedAtMeta }: { alreadyDisconnected: boolean; revokedAtMeta: string }) => ({
      disconnected: true,
      already_disconnected: alreadyDisconnected,
      revoked_at_meta: revokedAtMeta === "yes",
      message: alreadyDisconnected ? "La cuenta de Meta ya estaba desconectada." : "Desconectamos tu cuenta de Meta.",
    }))
    .pipe(
      z.object({
        disconnected: z.boolean(),
        already_disconnected: z.boolean(),
        revoked_at_meta: z
          .boolean()
          .describe(onPaper("False when Meta could not be told: the token is forgotten all the same.")),
        message: z.string(),
      }),
    ),
);

export const systemUserToken = once(() =>
  z.strictObject({
    token: z
      .string()
      .trim()
      .regex(/^\S{10,2000}$/, "no parece un token")
      .describe(onPaper("As Business settings → System users shows it, once.")),
  }),
);

type TokenDebug = {
  connected: boolean;
  tokenExists: boolean;
  message: string;
  validation: {
    isValid: boolean;
    type: string | null;
    appId: string | null;
    expiresAt: Date | null;
    dataAccessExpiresAt: Date | null;
    issuedAt: Date | null;
    scopes: string[];
    error: { code: number; subcode: number | null } | null;
  } | null;
};

/** What Meta says of the token; the token itself has no place in it. */
export const tokenDebug = once(() =>
  z
    .transform(({ connected, tokenExists, message, validation }: TokenDebug) => ({
      connected,
      token_exists: tokenExists,
      message,
      validation: validation && {
        is_valid: validation.isValid,
        type: validation.type,
        app_id: validation.appId,
        expires_at: iso(validation.expiresAt),
        data_access_expires_at: iso(validation.dataAccessExpiresAt),
        issued_at: iso(validation.issuedAt),
        scopes: validation.scopes,
        error: validation.error,
      },
    }))
    .pipe(
      z.object({
        connected: z.boolean(),
        token_exists: z.boolean(),
        message: z.string(),
        validation: z
          .object({
            is_valid: z.boolean(),
            type: z.string().nullable(),
            app_id: z.string().nullable(),
            expires_at: instant,
            data_access_expires_at: instant,
            issued_at: instant,
            scopes: z.array(z.string()),
            error: z.object({ code: z.number(), subcode: z.number().nullable() }).nullable(),
          })
          .nullable(),
      }),
    ),
);
