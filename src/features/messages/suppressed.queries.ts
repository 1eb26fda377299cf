import { type SQL, sql } from "drizzle-orm";
import type { Needs } from "../../context.ts";

/**
 * Whether the recipient of a row of `messages` wants none of its kind: by its phone (as lib/phone's phoneKey writes it) or
 * BSUID, and by everything else the lead is known by.
 */
export const isSuppressed = (ctx: Needs<"db">): SQL => sql`EXISTS (
  SELECT FROM suppressions s
  WHERE s.tenant_id = ${ctx.db.tenantId} AND s.is_active
    AND (s.purpose = 'all' OR s.purpose = lower(messages.template_category))
    AND ((s.kind = 'phone' AND s.value = regexp_replace(messages.recipient_phone, '^[+]549(?=[0-9]{10}$)', '+54'))
      OR (s.kind = 'bsuid' AND s.value = messages.recipient_bsuid)
      OR (s.kind, s.value) IN (SELECT i.kind, i.value FROM lead_identities i
        WHERE i.tenant_id = ${ctx.db.tenantId} AND i.lead_id = messages.lead_id)))`;
