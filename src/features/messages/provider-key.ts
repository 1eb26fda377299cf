import type { Needs } from "../../context.ts";
import { AppError } from "../../errors.ts";
import type { Provider } from "./providers.queries.ts";

/** The place that a tenant's key is sealed into: what lies elsewhere does not open. */
const placeOf = (tenantId: number) => ({ tenantId, connectionId: "ycloud", kind: "messages" });

export const sealKey = (ctx: Needs<"db" | "vault">, key: string): Promise<string> =>
  ctx.vault.seal(key, placeOf(ctx.db.tenantId));

/** Throws connection.missing, vault.unsealable. */
export async function openKey(ctx: Needs<"db" | "vault">, { keySealed }: Pick<Provider, "keySealed">): Promise<string> {
  if (keySealed === null) throw new AppError("connection.missing", "Falta la clave de YCloud.");
  const key = await ctx.vault.open(keySealed, placeOf(ctx.db.tenantId));
  if (key === undefined)
    throw new AppError("vault.unsealable", "No podemos leer la clave de YCloud. Cargala de nuevo.");
  return key;
}
