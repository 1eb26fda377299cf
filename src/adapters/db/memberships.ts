import { and, eq } from "drizzle-orm";
import type { Database } from "./client.ts";
import { memberships } from "./schema/tenancy.ts";
import { runAsUser } from "./scope.ts";

export type Membership = { tenantId: number; role: string; isDefault: boolean };

/** The tenants a user may act for now. Empty when there is none; throws database.unavailable, never guesses. */
export function listMemberships(database: Database, userId: string): Promise<Membership[]> {
  return runAsUser(
    database,
    userId,
    database
      .select({ tenantId: memberships.tenantId, role: memberships.role, isDefault: memberships.isDefault })
      .from(memberships)
      .where(and(eq(memberships.userId, userId), eq(memberships.status, "active")))
      .orderBy(memberships.tenantId),
  );
}
