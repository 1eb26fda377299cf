// Tenants made of random businesses; the same business is written once.
import type { House } from "../support/house.ts";
import type { Business } from "./business.ts";
import { insertBusinesses } from "./insert-business.ts";

type Tenant<B> = { tenantId: number; business: B };

/** Tenants count up from `first`. */
export function aPopulation<B extends Business>(
  sql: House["sql"],
  write: (sql: House["sql"], tenants: readonly Tenant<B>[]) => Promise<void> = insertBusinesses,
  first = 1,
) {
  const known = new Map<B, number>();
  let next = first;
  return async (businesses: readonly B[]): Promise<Tenant<B>[]> => {
    const fresh = businesses.filter((business) => !known.has(business));
    for (const business of fresh) known.set(business, next++);
    const tenants = businesses.map((business) => ({ tenantId: known.get(business) ?? 0, business }));
    if (fresh.length > 0)
      await write(
        sql,
        fresh.map((business) => ({ tenantId: known.get(business) ?? 0, business })),
      );
    return tenants;
  };
}
