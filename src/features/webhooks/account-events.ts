// What Meta decides about a WhatsApp account. It is noted on the account; where it stops messages, people are told.
// https://developers.facebook.com/docs/whatsapp/business-management-api/webhooks/components#account-update
import * as z from "zod";
import type { Needs } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { once } from "../../lib/once.ts";
import { saveAccountEvent } from "./account.queries.ts";
import type { WebhookChange } from "./split.ts";

const word = z.string().regex(/^\w{1,64}$/);

const shape = once(() =>
  z.union([
    z.object({ event: word }),
    z.object({ decision: word }).transform(({ decision }) => ({ event: `REVIEW_${decision}` })),
    z.object({ alert_type: word }).transform(({ alert_type }) => ({ event: `ALERT_${alert_type}` })),
  ]),
);

const grave = new Set([
  "ACCOUNT_DELETED",
  "ACCOUNT_OFFBOARDED",
  "ACCOUNT_RESTRICTION",
  "ACCOUNT_VIOLATION",
  "DISABLED_UPDATE",
  "PARTNER_REMOVED",
  "REVIEW_REJECTED",
]);

/** Throws request.invalid for what is of no known shape. */
export async function noteAccountEvent(ctx: Needs<"db" | "now">, { assetId, at, value }: WebhookChange): Promise<void> {
  const parsed = shape().safeParse(value);
  if (!parsed.success) throw new AppError("request.invalid", "Meta mandó algo que no conocemos.");
  const { event } = parsed.data;
  await saveAccountEvent(ctx, { wabaId: assetId, event, at: new Date(at), isGrave: grave.has(event) });
}
