import type { RotationEnv } from "../../../src/env.ts";
import { createVault, type VaultKey, type VaultPlace } from "../../../src/lib/vault.ts";
import type { House } from "../../support/house.ts";
import { runtimeRole } from "../../world/settings.ts";

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));

export const vaultOf = (...ring: VaultKey[]) => createVault(ring, random);

/** A new key, and as TOKEN_ENCRYPTION_KEYS has it. */
export const aRing = (id: string) => {
  const key: VaultKey = { id, bytes: random(32) };
  return { key, text: `${id}:${Buffer.from(key.bytes).toString("base64")}` };
};

/** The house's database as a script reaches it. */
export const databaseOf = async (house: House, ring: VaultKey[]): Promise<RotationEnv> => {
  const [row] = await house.sql<{ name: string }>("SELECT current_database() AS name");
  const name = row?.name ?? "";
  return {
    DATABASE_URL: `postgresql://${runtimeRole.name}:${runtimeRole.password}@${name}.local/${name}`,
    NEON_FETCH_ENDPOINT: house.neon.url,
    TOKEN_ENCRYPTION_KEYS: ring,
  };
};

/** That many tenants with a connection each, its token `EAA-<tenant>`; returns the tenants. */
export async function seedTokens(
  house: House,
  count: number,
  seal: (place: VaultPlace, secret: string, index: number) => Promise<string>,
): Promise<number[]> {
  const first = 1_000 + Math.floor(Math.random() * 2_000_000_000);
  const tenants = Array.from({ length: count }, (_, index) => first + index);
  const ids = tenants.map(() => crypto.randomUUID() as string);
  const sealed = await Promise.all(
    tenants.map((tenantId, index) =>
      seal({ tenantId, connectionId: ids[index] ?? "", kind: "user" }, `EAA-${tenantId}`, index),
    ),
  );
  await house.sql("INSERT INTO tenants (tenant_id, name) SELECT t, 'Empresa ' || t FROM unnest($1::integer[]) AS t", [
    tenants,
  ]);
  await house.sql(
    "INSERT INTO tenant_settings (tenant_id, timezone) SELECT t, 'America/Argentina/Buenos_Aires' FROM unnest($1::integer[]) AS t",
    [tenants],
  );
  await house.sql(
    `INSERT INTO connections (tenant_id, id, kind, status, token_sealed, granted_scopes, connected_by)
     SELECT t, id, 'user', 'active', sealed, '{ads_read,business_management}', 'test'
     FROM unnest($1::integer[], $2::uuid[], $3::text[]) AS s (t, id, sealed)`,
    [tenants, ids, sealed],
  );
  return tenants;
}
