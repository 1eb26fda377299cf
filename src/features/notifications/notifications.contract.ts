import * as z from "zod";
import { happeningKinds } from "../../lib/happening-kinds.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { pageQuery } from "../../lib/page.ts";

const [MOST_ENDPOINTS, ROTATION_HOURS] = [20, 24];
export { MOST_ENDPOINTS, ROTATION_HOURS };

const kinds = z.enum(happeningKinds);
const words = {
  url: z.string().max(2_000),
  description: z
    .string()
    .trim()
    .max(200)
    .regex(/^[^\0]*$/),
};
const events = once(() =>
  z
    .array(kinds)
    .min(1)
    .max(happeningKinds.length)
    .transform((list) => [...new Set(list)]),
);

export const endpointInput = once(() =>
  z.strictObject({
    url: words.url.describe(onPaper("https, a public name, port 443 or 8443.")),
    description: words.description.default(""),
    events: events(),
  }),
);

export const endpointChange = once(() =>
  z.strictObject({
    url: words.url.optional(),
    description: words.description.optional(),
    events: events().optional(),
    is_active: z.boolean().optional(),
    rotate_secret: z
      .literal(true)
      .optional()
      .describe(onPaper(`A new secret; for ${ROTATION_HOURS} hours deliveries are signed with both.`)),
  }),
);

export type EndpointInput = z.output<ReturnType<typeof endpointInput>>;
export type EndpointChange = z.output<ReturnType<typeof endpointChange>>;

export const idParam = once(() => z.object({ id: z.string().min(1).max(64) }));

/** What is no uuid is the id of nothing: 404, not 422. */
export const isId = (id: string): boolean => z.guid().safeParse(id).success;

const instant = z.iso.datetime();

const shown = once(() => ({
  id: z.string(),
  url: z.string(),
  description: z.string(),
  events: z.array(z.string()),
  is_active: z.boolean(),
  disabled_reason: z
    .string()
    .nullable()
    .describe(onPaper("gone: it answered 410. failing: nothing arrived for five days.")),
  failing_since: instant.nullable(),
  created_at: instant,
  updated_at: instant,
}));

export const endpoint = once(() => z.object(shown()));
export const endpointList = once(() => z.array(endpoint()));

/** With its secret, which is shown this once. */
export const endpointWithSecret = once(() =>
  z.object({
    ...shown(),
    secret: z.string().nullable().describe(onPaper("whsec_…, shown once; null where none was made.")),
  }),
);

export const removed = once(() => z.object({ id: z.string(), deleted: z.literal(true) }));

const states = ["pending", "delivered", "failed", "dropped"] as const;

export const deliveriesCursor = { list: "deliveries", after: z.tuple([z.string().max(40), z.guid()]) };

export const deliveriesQuery = once(() =>
  z.object({
    ...pageQuery(50, deliveriesCursor),
    endpoint_id: z.guid().optional(),
    state: z.enum(states).optional(),
    event: kinds.optional(),
  }),
);

export type DeliveriesQuery = z.output<ReturnType<typeof deliveriesQuery>>;

export const delivery = once(() =>
  z.object({
    id: z.string().describe(onPaper("Travels as webhook-id: one delivery, however often it is tried.")),
    endpoint_id: z.string(),
    event: z.string(),
    state: z.enum(states),
    attempts: z.number(),
    status: z.number().nullable().describe(onPaper("HTTP status of the last answer.")),
    problem: z.string().nullable(),
    next_try_at: instant.nullable(),
    delivered_at: instant.nullable(),
    created_at: instant,
  }),
);

export const deliveryList = once(() => z.array(delivery()));

export const beside = once(() => z.object({ total: z.number(), next_cursor: z.string().nullable() }));
