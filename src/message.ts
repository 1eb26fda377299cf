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
export const message = z.discriminatedUnion("kind", [
  z.object({ ...common, kind: z.literal("insights.sync"), accountId, epoch: z.number().int().nonnegative() }),
  z.object({ ...common, kind: z.enum(["outcomes.settle", "token.keep", "connection.withdraw", "token.rewrap"]) }),
]) satisfies z.ZodType<Message>;
