import { and, eq, sql } from "drizzle-orm";
import { AppError } from "../../errors.ts";
import type { Database } from "./client.ts";
import { answerVersions, memberships } from "./schema/tenancy.ts";
import { runAsUser } from "./scope.ts";

/** `answerVersion` grows whenever an answer about the tenant may have changed. */
export type Membership = {
  tenantId: number;
  role: string;
  isDefault: boolean;
  sessionsValidFrom: Date | null;
  answerVersion: number;
};

/**
 * The tenants a user may act for now. Empty when there is none; throws database.unavailable, never guesses. Throws
 * config.invalid for a role that row level security does not bind: one of the two walls would be missing.
 */
export async function listMemberships(database: Database, userId: string): Promise<Membership[]> {
  const found = await runAsUser(
    database,
    userId,
    database
      .select({
        tenantId: memberships.tenantId,
        role: memberships.role,
        isDefault: memberships.isDefault,
        sessionsValidFrom: memberships.sessionsValidFrom,
        answerVersion: sql`COALESCE(${answerVersions.version}, 0)`.mapWith(Number),
        isWalled: sql<boolean>`row_security_active('answer_versions')`,
      })
      .from(memberships)
      .leftJoin(answerVersions, eq(answerVersions.tenantId, memberships.tenantId))
      .where(and(eq(memberships.userId, userId), eq(memberships.status, "active")))
      .orderBy(memberships.tenantId),
  );
  return found.map(({ isWalled, ...membership }) => {
    if (!isWalled) throw new AppError("config.invalid", "El servicio está mal configurado. Ya estamos avisados.");
    return membership;
  });
}
