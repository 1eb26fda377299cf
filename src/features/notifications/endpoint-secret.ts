import type { Needs } from "../../context.ts";
import { AppError } from "../../errors.ts";
import type { Endpoint } from "./endpoints.queries.ts";
import { toSecret } from "./sign.ts";

/** The place that an endpoint's secret is sealed into: what lies elsewhere does not open. */
const placeOf = (tenantId: number, endpointId: string) => ({
  tenantId,
  connectionId: endpointId,
  kind: "notification",
});

/** A new secret for an endpoint, as its owner sees it once, and as it is kept. */
export async function makeSecret(ctx: Needs<"db" | "vault" | "secret">, endpointId: string) {
  const secret = toSecret(ctx.secret());
  return { secret, secretSealed: await ctx.vault.seal(secret, placeOf(ctx.db.tenantId, endpointId)) };
}

/** What signs now: the secret, and the one before it for as long as both do. Throws vault.unsealable. */
export async function liveSecrets(ctx: Needs<"db" | "vault" | "now">, endpoint: Endpoint): Promise<string[]> {
  const { id, secretSealed, formerSecretSealed, formerUntil } = endpoint;
  const isFormerLive = formerSecretSealed !== null && formerUntil !== null && formerUntil.getTime() > ctx.now();
  const sealed = [secretSealed, ...(isFormerLive ? [formerSecretSealed] : [])];
  return Promise.all(
    sealed.map(async (envelope) => {
      const secret = await ctx.vault.open(envelope, placeOf(ctx.db.tenantId, id));
      if (secret === undefined)
        throw new AppError("vault.unsealable", "No podemos leer la clave del aviso. Avisale a soporte.");
      return secret;
    }),
  );
}
