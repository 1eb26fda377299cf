import { decodeProtectedHeader, errors, jwtVerify, type JWTVerifyGetKey } from "jose";
import * as z from "zod";
import { AppError } from "../../errors.ts";
import { hmacKey } from "../../lib/hmac.ts";
import { once } from "../../lib/once.ts";
import { createKeySet, type KeySetOptions } from "./key-set.ts";

const CLOCK_TOLERANCE_SECONDS = 5;
const LONGEST_TOKEN = 8192;
/** As long as CRM Ventas lets its sessions live. Whoever signs one for longer has made a mistake. */
const LONGEST_LIFE_SECONDS = 7 * 86_400;

// What CRM Ventas puts into its tokens today.
const claims = z.object({
  user_id: z.union([z.string().min(1).max(255), z.number().int()]).transform(String),
  email: z.string().optional(),
  role: z.string().optional(),
  tenant_id: z.coerce.number().int().positive().optional().catch(undefined),
});

/** `issuedAt` in seconds since the epoch. */
export type Session = { userId: string; tenantId: number | undefined; issuedAt: number | undefined };

export type SessionOptions = {
  secret?: string | undefined;
  jwksUrl?: string | undefined;
  issuer?: string | undefined;
  audience?: string | undefined;
} & Omit<KeySetOptions, "url">;

export type SessionVerifier = ReturnType<typeof createSessionVerifier>;

/**
 * Verifies a session token: HS256 with our secret, or RS256/ES256 with a key of the JWKS; `exp` is required and at
 * most seven days away. Undefined for every
 * token that does not hold. The reason is not told: jose's messages may quote the token.
 */
export function createSessionVerifier({ secret, jwksUrl, issuer, audience, now, ...outside }: SessionOptions) {
  // Once: of a secret as bytes jose makes a key anew for every token.
  const ours: JWTVerifyGetKey | undefined = secret === undefined ? undefined : once(() => hmacKey(secret, "verify"));
  const theirs = jwksUrl === undefined ? undefined : createKeySet({ url: jwksUrl, now, ...outside });
  // A key has one algorithm: who could choose would sign with a public key as if it were our secret.
  const keys = new Map([
    ["HS256", ours],
    ["RS256", theirs],
    ["ES256", theirs],
  ]);

  return async (token: string): Promise<Session | undefined> => {
    const algorithm = algorithmOf(token);
    const key = algorithm && keys.get(algorithm);
    if (!key) return undefined;
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [algorithm],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now()),
        ...(issuer === undefined ? {} : { issuer }),
        ...(audience === undefined ? {} : { audience }),
      });
      const soon = now() / 1000 + CLOCK_TOLERANCE_SECONDS;
      // jose lets in what has no `exp`: here it lasts for ever, which is too long.
      const { iat: issuedAt, exp = Infinity } = payload;
      if (exp - soon > LONGEST_LIFE_SECONDS || (issuedAt ?? 0) > soon) return undefined;
      const parsed = claims.safeParse(payload);
      return parsed.success ? { userId: parsed.data.user_id, tenantId: parsed.data.tenant_id, issuedAt } : undefined;
    } catch (thrown) {
      if (thrown instanceof errors.JOSEError) return undefined;
      // Keys that cannot be had are our trouble, not the user's.
      throw new AppError("identity.unavailable", "No podemos verificar tu sesión. Probá de nuevo.");
    }
  };
}

/**
 * The algorithm that a token names, of tokens that are worth a look. Keys it brings along or points to (`jwk`, `jku`, `x5u`) are
 * nothing to us, and what it calls critical we do not know.
 */
function algorithmOf(token: string): string | undefined {
  const signature = /^[\w-]+\.[\w-]+\.([\w-]+)$/.exec(token)?.[1];
  if (!signature || token.length > LONGEST_TOKEN || !isCanonical(signature)) return undefined;
  try {
    const { alg, typ, crit } = decodeProtectedHeader(token);
    // A `typ` that is no text throws, and is refused below.
    const isJwt = typ === undefined || typ.toUpperCase() === "JWT";
    return isJwt && crit === undefined ? alg : undefined;
  } catch {
    return undefined;
  }
}

// The last character of base64 may hold bits that nobody reads: one signature, one spelling.
function isCanonical(text: string): boolean {
  const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".indexOf(text.slice(-1));
  // Base64 never has the length that is missing: nothing is right at its end.
  const unread = { 0: 1, 2: 16, 3: 4 }[text.length % 4] ?? Number.NaN;
  return last % unread === 0;
}
