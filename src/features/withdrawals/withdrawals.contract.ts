import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";

export const signedForm = once(() => z.object({ signed_request: z.string() }));

export const deletionCode = once(() => z.object({ code: z.string().describe(onPaper("The confirmation code.")) }));

export const received = once(() => z.object({ success: z.literal(true) }));

/** Named by Meta. */
export const deletionReceived = once(() =>
  z.object({
    url: z.url().describe(onPaper("Where the person sees how far it is.")),
    confirmation_code: z.string(),
  }),
);

export const deletionStatus = once(() =>
  z
    .transform(({ receivedAt, doneAt }: { receivedAt: Date; doneAt: Date | null }) => ({
      status: doneAt ? ("done" as const) : ("received" as const),
      received_at: receivedAt.toISOString(),
      done_at: doneAt?.toISOString() ?? null,
    }))
    .pipe(
      z.object({
        status: z.enum(["received", "done"]),
        received_at: z.iso.datetime(),
        done_at: z.iso.datetime().nullable(),
      }),
    ),
);
