import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyOptions } from "jose";
import * as z from "zod";
import { AppError } from "../../errors.ts";

const CLOCK_TOLERANCE_SECONDS = 5;

// What CRM Ventas puts into its tokens today.
const claims = z.object({
  user_id: z.union([z.string().min(1), z.number()]).transform(String),
  email: z.string().optional(),
  role: z.string().optional(),
  tenant_id: z.coerce.number().int().positive().optional().catch(undefined),
});

export type Session = { userId: string; tenantId: number | undefined };

export type SessionOptions = {
  secret?: string | undefined;
  jwksUrl?: string | undefined;
  issuer?: string | undefined;
  audience?: string | undefined;
  now: () => number;
};

export type SessionVerifier = ReturnType<typeof createSessionVerifier>;

/**
 * Verifies a session token: HS256 with our secret, or RS256/ES256 with a key of the JWKS; `exp` is required. Undefined for every
 * token that does not hold. The reason is not told: jose's messages may quote the token.
 */
export function createSessionVerifier({ secret, jwksUrl, issuer, audience, now }: SessionOptions) {
  const key = secret === undefined ? undefined : new TextEncoder().encode(secret);
  const keySet = jwksUrl === undefined ? undefined : createRemoteJWKSet(new URL(jwksUrl), { cooldownDuration: 30_000 });

  return async (token: string): Promise<Session | undefined> => {
    const options: JWTVerifyOptions = {
      requiredClaims: ["exp"],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(now()),
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    };
    const attempts = [
      ...(key ? [() => jwtVerify(token, key, { ...options, algorithms: ["HS256"] })] : []),
      ...(keySet ? [() => jwtVerify(token, keySet, { ...options, algorithms: ["RS256", "ES256"] })] : []),
    ];
    for (const attempt of attempts) {
      try {
        const parsed = claims.safeParse((await attempt()).payload);
        if (parsed.success) return { userId: parsed.data.user_id, tenantId: parsed.data.tenant_id };
      } catch (thrown) {
        // Not this key's: the next may know it. Keys that cannot be fetched are our trouble, not the user's.
        if (!isAboutTheToken(thrown))
          throw new AppError("identity.unavailable", "No podemos verificar tu sesión. Probá de nuevo.");
      }
    }
    return undefined;
  };
}

const isAboutTheToken = (thrown: unknown) =>
  thrown instanceof errors.JOSEError && !(thrown instanceof errors.JWKSTimeout) && thrown.code !== "ERR_JOSE_GENERIC";
