import { and, desc, eq } from "drizzle-orm";
import { messageAttempts } from "../../adapters/db/schema/messages.ts";
import type { Needs } from "../../context.ts";

export async function lastAttempt(ctx: Needs<"db">, messageId: string) {
  const [found] = await ctx.db.one(
    ctx.db.q
      .select({ outcome: messageAttempts.outcome, errorCode: messageAttempts.errorCode })
      .from(messageAttempts)
      .where(and(ctx.db.mine(messageAttempts), eq(messageAttempts.messageId, messageId)))
      .orderBy(desc(messageAttempts.number))
      .limit(1),
  );
  return found;
}
