// What the queue carries, as it is read: messages of earlier deployments too.
import * as z from "zod";
import type { Message } from "./context.ts";

const common = {
  v: z.literal(1),
  tenantId: z.number().int().positive(),
  requestId: z
    .string()
    .regex(/^[\w=-]{1,64}$/)
    .optional()
    .catch(undefined),
};
const accountId = z.string().regex(/^\d{1,32}$/);
const word = z.string().max(200);
const lateEntry = z.object({
  occurred_at: z.iso.datetime(),
  actor: word,
  role: word.nullable(),
  action: word,
  target: word.nullable(),
  outcome: z.enum(["success", "refused", "failed"]),
  reason: word.nullable(),
  http_status: z.number().int().nullable(),
  request_id: word,
  ip: word.nullable(),
});
export const message = z.discriminatedUnion("kind", [
  z.object({ ...common, kind: z.literal("insights.sync"), accountId, epoch: z.number().int().nonnegative() }),
  z.object({ ...common, kind: z.literal("webhook.process"), eventIds: z.array(z.uuid()).min(1).max(50) }),
  z.object({ ...common, kind: z.literal("templates.sync"), wabaId: accountId }),
  z.object({ ...common, kind: z.literal("audit.write"), entries: z.array(lateEntry).min(1) }),
  z.object({ ...common, kind: z.literal("leads.reconcile"), pageId: accountId }),
  z.object({
    ...common,
    kind: z.enum([
      "outcomes.settle",
      "token.keep",
      "connection.withdraw",
      "token.rewrap",
      "assets.bind",
      "automation.step",
      "message.send",
      "happenings.handle",
      "conversions.send",
      "notifications.send",
    ]),
  }),
]) satisfies z.ZodType<Message>;
