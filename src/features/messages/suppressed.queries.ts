import { type SQL, sql } from "drizzle-orm";
import type { Needs } from "../../context.ts";

/**
 * Whether the recipient of a row of `messages` wants none of its kind: by its phone or BSUID, and by those that the
 * lead's chats are known under.
 */
export const isSuppressed = (ctx: Needs<"db">): SQL => sql`EXISTS (
  SELECT FROM suppressions s
  WHERE s.tenant_id = ${ctx.db.tenantId} AND s.is_active
    AND (s.purpose = 'all' OR s.purpose = lower(messages.template_category))
    AND ((s.kind = 'phone' AND (s.value = messages.recipient_phone OR s.value IN (
        SELECT '+' || c.wa_id FROM conversations c WHERE c.tenant_id = ${ctx.db.tenantId} AND c.lead_id = messages.lead_id)))
      OR (s.kind = 'bsuid' AND (s.value = messages.recipient_bsuid OR s.value IN (
        SELECT c.bsuid FROM conversations c WHERE c.tenant_id = ${ctx.db.tenantId} AND c.lead_id = messages.lead_id)))))`;
