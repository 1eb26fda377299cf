import { type SQL, sql } from "drizzle-orm";
import type { Needs } from "../../context.ts";

/** As lib/phone's phoneKey writes it. */
const key = (phone: SQL) => sql`regexp_replace(${phone}, '^[+]549(?=[0-9]{10}$)', '+54')`;

/**
 * Whether the recipient of a row of `messages` wants none of its kind: by its phone or BSUID, and by those that the
 * lead's chats are known under.
 */
export const isSuppressed = (ctx: Needs<"db">): SQL => {
  const ofChats = (column: SQL) => sql`(
    SELECT ${column} FROM conversations c WHERE c.tenant_id = ${ctx.db.tenantId} AND c.lead_id = messages.lead_id)`;
  return sql`EXISTS (
    SELECT FROM suppressions s
    WHERE s.tenant_id = ${ctx.db.tenantId} AND s.is_active
      AND (s.purpose = 'all' OR s.purpose = lower(messages.template_category))
      AND ((s.kind = 'phone' AND (s.value = ${key(sql`messages.recipient_phone`)} OR s.value IN ${ofChats(key(sql`c.phone`))}))
        OR (s.kind = 'bsuid' AND (s.value = messages.recipient_bsuid OR s.value IN ${ofChats(sql`c.bsuid`)}))))`;
};
