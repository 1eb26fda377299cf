// What befell the connection stands in the audit, each thing once, and is read back with its state.
import { and, desc, sql } from "drizzle-orm";
import type { AuditEntry } from "../../adapters/db/audit.ts";
import { auditLog } from "../../adapters/db/schema/audit.ts";
import { actorName, type Needs } from "../../context.ts";
import type { Event } from "./token-outcome.ts";

const SHOWN = 10;

export const auditOfEvent = (
  { actor, requestId }: Needs<"actor" | "requestId">,
  at: Date,
  { action, daysLeft, reason }: Event,
): AuditEntry => ({
  occurredAt: at,
  actor: actorName(actor),
  action,
  target: daysLeft === undefined ? (reason ? `reason:${reason}` : null) : `days_left:${daysLeft}`,
  outcome: "success",
  httpStatus: null,
  requestId,
});

export type ConnectionEvent = { at: Date; event: string; daysLeft: number | null; reason: string | null };

/** The newest events of the connection, newest first. */
export async function listEvents(ctx: Needs<"db">): Promise<ConnectionEvent[]> {
  const rows = await ctx.db.one(
    ctx.db.q
      .select({ at: auditLog.occurredAt, event: auditLog.action, target: auditLog.target })
      .from(auditLog)
      .where(and(ctx.db.mine(auditLog), sql`action LIKE 'connection.%'`))
      .orderBy(desc(auditLog.occurredAt), desc(auditLog.seq))
      .limit(SHOWN),
  );
  return rows.map(({ at, event, target }) => {
    const [, key, value = null] = /^(days_left|reason):(.+)$/.exec(target ?? "") ?? [];
    return {
      at,
      event,
      daysLeft: key === "days_left" ? Number(value) : null,
      reason: key === "reason" ? value : null,
    };
  });
}
