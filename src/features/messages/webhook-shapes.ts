// What Meta tells of messages (meta-graph-api §G.5–G.8), as far as we read it; texts are judged and forgotten.
import * as z from "zod";
import { once } from "../../lib/once.ts";
import { AppError } from "../../errors.ts";

/** What the room `webhooks` hands over: one message, status or preference. */
export type WebhookChange = { field: string; assetId: string; at: string; value: unknown };

const id = z.union([z.string().min(1).max(200), z.number().transform(String)]);
const maybe = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined);
const long = z.string().transform((text) => text.slice(0, 1000));

/** Seconds, as text or number. */
const seconds = z.coerce
  .number()
  .int()
  .min(1_000_000_000)
  .max(100_000_000_000)
  .transform((value) => new Date(value > 1e11 ? value : value * 1000));

const metadata = once(() => z.object({ phone_number_id: id }));

const referral = once(() =>
  z.object({
    source_type: maybe(z.string().max(20)),
    source_id: maybe(id),
    source_url: maybe(z.string().max(2000)),
    ctwa_clid: maybe(z.string().min(1).max(1024)),
    headline: maybe(long),
    body: maybe(z.string().transform((text) => text.slice(0, 5000))),
    media_type: maybe(z.string().max(20)),
  }),
);

export type Referral = z.output<ReturnType<typeof referral>>;

export const inbound = once(() =>
  z.object({
    metadata: metadata(),
    contacts: maybe(
      z.array(
        z.object({
          wa_id: maybe(id),
          user_id: maybe(id),
          parent_user_id: maybe(id),
          profile: maybe(z.object({ name: maybe(long), username: maybe(z.string().max(100)) })),
        }),
      ),
    ),
    messages: z.tuple([
      z.object({
        id,
        timestamp: seconds,
        type: z.string().max(40),
        from: maybe(id),
        from_user_id: maybe(id),
        text: maybe(z.object({ body: maybe(z.string()) })),
        button: maybe(z.object({ text: maybe(z.string()) })),
        interactive: maybe(z.object({ button_reply: maybe(z.object({ title: maybe(z.string()) })) })),
        context: maybe(z.object({ id: maybe(id) })),
        referral: maybe(referral()),
        system: maybe(z.object({ type: maybe(z.string()), wa_id: maybe(id), user_id: maybe(id) })),
      }),
    ]),
  }),
);

export type Inbound = z.output<ReturnType<typeof inbound>>;

export const statusChange = once(() =>
  z.object({
    metadata: maybe(metadata()),
    statuses: z.tuple([
      z.object({
        id,
        status: z.string().max(40),
        timestamp: seconds,
        recipient_id: maybe(id),
        recipient_user_id: maybe(id),
        biz_opaque_callback_data: maybe(z.string().max(512)),
        conversation: maybe(
          z.object({ expiration_timestamp: maybe(seconds), origin: maybe(z.object({ type: maybe(z.string()) })) }),
        ),
        pricing: maybe(
          z.object({
            billable: maybe(z.boolean()),
            category: maybe(z.string().max(60)),
            type: maybe(z.string().max(60)),
            pricing_model: maybe(z.string().max(20)),
          }),
        ),
        errors: maybe(z.array(z.object({ code: z.coerce.number().int() }))),
      }),
    ]),
  }),
);

export type Status = z.output<ReturnType<typeof statusChange>>["statuses"][0];

export const preference = once(() =>
  z.object({
    user_preferences: z.tuple([
      z.object({
        wa_id: maybe(id),
        user_id: maybe(id),
        category: maybe(z.string()),
        value: z.string(),
        timestamp: seconds,
      }),
    ]),
  }),
);

const word = z.string().max(64);
export const numberEvent = once(() =>
  z.union([
    z
      .object({
        display_phone_number: z.string().max(40),
        event: maybe(word),
        current_limit: maybe(word),
        decision: maybe(word),
      })
      .transform(({ display_phone_number, event, current_limit, decision }) => ({
        phone: display_phone_number.replaceAll(/\D/g, ""),
        facts: { event, messaging_limit: current_limit, name_decision: decision },
      })),
    z.object({ max_daily_conversation_per_phone: id }).transform((capability) => ({
      phone: undefined,
      facts: { max_daily_conversation_per_phone: capability.max_daily_conversation_per_phone },
    })),
  ]),
);

/** Throws request.invalid for what is of no known shape: told again, it would be the same. */
export function understand<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError("request.invalid", "Meta mandó algo que no conocemos.", {
    note: parsed.error.issues[0]?.path.join(".").slice(0, 100),
  });
}
