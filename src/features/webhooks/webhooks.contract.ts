import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { pageQuery } from "../../lib/page.ts";
import { topics } from "./split.ts";

export const received = once(() => z.object({ success: z.literal(true) }));

export const challenge = once(() => z.string().describe(onPaper("hub.challenge, as plain text.")));

export const anyTenant = once(() =>
  z.object({ tenant_id: z.string().describe(onPaper("Anything: whose an event is, its asset says.")) }),
);

export const handshake = once(() =>
  z.object({
    "hub.mode": z.string().describe(onPaper("subscribe")),
    "hub.verify_token": z.string().describe(onPaper("META_WEBHOOK_VERIFY_TOKEN.")),
    "hub.challenge": z.string().describe(onPaper("Comes back as it is.")),
  }),
);

export const notification = once(() => z.object({ object: z.string(), entry: z.array(z.unknown()) }));

const instant = z.iso.datetime({ offset: true });

export const eventsCursor = { list: "webhook_events", after: z.tuple([z.iso.datetime(), z.uuid()]) };

const states = ["pending", "done", "failed"] as const;

export const eventsQuery = once(() =>
  z.object({
    ...pageQuery(50, eventsCursor),
    state: z.enum(states).optional(),
    topic: z.enum(topics).optional(),
  }),
);

export type EventsQuery = z.output<ReturnType<typeof eventsQuery>>;

const wireInstant = z.string().describe(onPaper("ISO 8601, UTC."));

export const eventList = once(() =>
  z.object({
    counts: z.array(z.object({ topic: z.string(), state: z.string(), count: z.number() })),
    events: z.array(
      z.object({
        id: z.uuid(),
        topic: z.string(),
        field: z.string(),
        asset_id: z.string().describe(onPaper("Of the page or the WhatsApp account.")),
        state: z.string().describe(onPaper("pending, done or failed.")),
        tries: z.number(),
        last_error: z.string().nullable().describe(onPaper("An error code.")),
        is_late: z.boolean().describe(onPaper("It had happened more than a week before it came.")),
        received_at: wireInstant,
        due_at: wireInstant.nullable(),
        processed_at: wireInstant.nullable(),
        can_replay: z.boolean().describe(onPaper("False once what it said was erased.")),
      }),
    ),
  }),
);

export const beside = once(() => z.object({ next_cursor: z.string().nullable() }));

const wrong = "se espera ids, o failed: true, o since y until";

export const replay = once(() =>
  z.union(
    [
      z.strictObject({ ids: z.array(z.uuid()).min(1).max(500) }),
      z.strictObject({ failed: z.literal(true) }),
      z.strictObject({ since: instant, until: instant }),
    ],
    wrong,
  ),
);

export type Replay = z.output<ReturnType<typeof replay>>;

export const replayed = once(() =>
  z.object({
    replayed: z.number().describe(onPaper("Events that are due again.")),
    complete: z.boolean().describe(onPaper("False where there may be more of them than one request takes.")),
  }),
);
