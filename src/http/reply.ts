import type { Context } from "hono";
import type * as z from "zod";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Hall } from "./hall.ts";

/**
 * Answers with the envelope the frontend reads. Data is parsed against its contract first: a key the contract does not
 * name (a token, say) falls off. `beside` stands next to `data`, for readers that look there.
 */
export function reply<S extends z.ZodType, B extends object = object, U extends ContentfulStatusCode = 200>(
  c: Context<Hall>,
  contract: () => S,
  data: z.input<S>,
  { status, beside }: { status?: U; beside?: B } = {},
) {
  const timestamp = new Date(c.var.tools.now()).toISOString();
  c.set("answeredAt", timestamp);
  const body = { success: true as const, data: contract().parse(data), timestamp, ...beside } as {
    success: true;
    data: z.output<S>;
    timestamp: string;
  } & B;
  return c.json(body, status ?? (200 as U));
}
