import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { instant, jsonObject, kept, said, text } from "./sent-fields.ts";

/** What a website sends of a person; what is null or empty says nothing. */
export const intake = once(() =>
  z
    .strictObject({
      external_id: kept(255).describe(onPaper("Yours: sent again, it is the same lead and the same touch.")),
      first_name: kept(255),
      last_name: kept(255),
      email: kept(320),
      phone: kept(64).describe(onPaper("As people write it; without a country it is read as one of the tenant's.")),
      occurred_at: instant.optional().describe(onPaper("With a zone. Default: now.")),
      utm_source: kept(255),
      utm_medium: kept(255),
      utm_campaign: kept(255),
      utm_term: kept(255),
      utm_content: kept(255),
      fbclid: kept(1024),
      gclid: kept(1024),
      referrer: kept(1024),
      campaign_id: kept(64).describe(onPaper("Meta's, as in its URL parameter {{campaign.id}}.")),
      ad_set_id: kept(64),
      ad_id: kept(64),
      answers: jsonObject.optional().describe(onPaper("What the form asked besides: question → answer.")),
      is_test: z.boolean().optional().describe(onPaper("Counts nowhere.")),
    })
    .refine(
      ({ email, phone, external_id }) => [email, phone, external_id].some((by) => by !== undefined),
      "falta email, phone o external_id",
    )
    .transform((sent) => said(sent) as typeof sent),
);

export type Intake = z.output<ReturnType<typeof intake>>;

export const intakeTaken = once(() => z.object({ lead_id: z.uuid(), created: z.boolean() }));

export const keyName = once(() => z.strictObject({ name: text(100).describe(onPaper("Which form or site has it.")) }));

export const keyParam = once(() => z.object({ id: z.uuid() }));

export const intakeKey = once(() =>
  z.object({
    id: z.uuid(),
    name: z.string(),
    created_at: z.string(),
    revoked_at: z.string().nullable(),
  }),
);

export const intakeKeys = once(() => z.array(intakeKey()));

export const intakeKeyMade = once(() =>
  intakeKey().extend({ key: z.string().describe(onPaper("For X-Intake-Key: told now, and never again.")) }),
);

export const intakePayloads = once(() =>
  z.array(
    z.object({
      id: z.uuid(),
      key_id: z.uuid(),
      received_at: z.string(),
      payload: z.unknown().describe(onPaper("As it was sent; null where it was no JSON object.")),
      outcome: z.string().describe(onPaper("created, known, or the code of the error.")),
      problem: z.string().nullable(),
      lead_id: z.uuid().nullable(),
    }),
  ),
);
