// A person who comes by a channel: an instant form, a WhatsApp chat, a website. Whoever is known by anything is the lead
// that is there; the same news told twice changes nothing.
import type { Needs } from "../../context.ts";
import { toE164 } from "../../lib/phone.ts";
import { findSettings } from "../settings/settings.queries.ts";
import { type Identity, isNational, keepIdentities } from "./identities.ts";
import type { Touchpoint } from "./leads.contract.ts";
import { storable } from "./storable.ts";
import * as queries from "./receive-lead.queries.ts";

/** Raw values: normalising them is done here. */
export type ReceivedLead = {
  identities: readonly Identity[];
  /** ISO 8601. */
  occurredAt: string;
  firstName?: string | undefined;
  lastName?: string | undefined;
  email?: string | undefined;
  phoneNumber?: string | undefined;
  /** E.g. META_ADS; of a lead that is there it changes nothing. */
  leadSource: string;
  isTest?: boolean | undefined;
  /** Question → answer; added to those that are there. */
  answers?: Readonly<Record<string, unknown>> | undefined;
  attribution?:
    | {
        campaignId?: string | undefined;
        adSetId?: string | undefined;
        adId?: string | undefined;
        headline?: string | undefined;
        body?: string | undefined;
      }
    | undefined;
  touch?:
    | (Pick<Touchpoint, "channel" | "is_paid"> & Partial<Omit<Touchpoint, "channel" | "is_paid" | "occurred_at">>)
    | undefined;
};

/**
 * Finds the lead by any of its identities, strongest first, or makes it: in one batch with its touch and all that follows
 * from it. Where two leads are meant they stay two, and the audit says so: to merge them is a person's act.
 */
export async function receiveLead(
  ctx: Needs<"db" | "now" | "uuid" | "audit">,
  received: ReceivedLead,
): Promise<{ leadId: string; isNew: boolean }> {
  const lead = storable(received);
  const { email, phoneNumber, isTest = false, attribution, touch } = lead;
  const phones = lead.identities.filter(({ kind }) => kind === "phone").map(({ value }) => value);
  const country = await countryFor(ctx, phoneNumber === undefined ? phones : [phoneNumber, ...phones]);
  const said: Identity[] = [
    ...lead.identities,
    ...(email === undefined ? [] : [{ kind: "email", value: email } as const]),
    ...(phoneNumber === undefined ? [] : [{ kind: "phone", value: phoneNumber } as const]),
    ...(touch?.external_id === undefined ? [] : [{ kind: "external_id", value: touch.external_id } as const]),
    ...(touch?.leadgen_id === undefined ? [] : [{ kind: "leadgen_id", value: touch.leadgen_id } as const]),
    ...(touch?.ctwa_clid === undefined ? [] : [{ kind: "ctwa_clid", value: touch.ctwa_clid } as const]),
  ];
  const id = ctx.uuid();
  return queries.storeReceived(ctx, {
    id,
    identities: keepIdentities(said, { country, isTest }),
    createdAt: new Date(lead.occurredAt).toISOString(),
    fields: {
      first_name: lead.firstName?.trim() || null,
      last_name: lead.lastName?.trim() || null,
      email: email?.trim() || null,
      phone_number: (phoneNumber && (toE164(phoneNumber, country) ?? phoneNumber.trim())) || null,
    },
    leadSource: lead.leadSource,
    isTest,
    answers: lead.answers ?? {},
    shown: {
      meta_campaign_id: attribution?.campaignId ?? touch?.campaign_id ?? null,
      meta_ad_id: attribution?.adId ?? touch?.ad_id ?? null,
      meta_ad_headline: attribution?.headline ?? touch?.headline ?? null,
      meta_ad_body: attribution?.body ?? touch?.body ?? null,
    },
    touch: touch && {
      source_detail: undefined,
      form_id: undefined,
      leadgen_id: undefined,
      ctwa_clid: undefined,
      fbclid: undefined,
      external_id: undefined,
      // What the columns show, a touch says.
      campaign_id: attribution?.campaignId,
      ad_set_id: attribution?.adSetId,
      ad_id: attribution?.adId,
      headline: attribution?.headline,
      body: attribution?.body,
      ...present(touch),
      occurred_at: new Date(lead.occurredAt).toISOString(),
      id: ctx.uuid(),
      lead_id: id,
      lead_external_id: undefined,
    },
  });
}

/** The lead who is known by it; never one that counts nowhere. */
export async function findLeadByIdentity(ctx: Needs<"db">, identity: Identity): Promise<string | undefined> {
  const country = await countryFor(ctx, identity.kind === "phone" ? [identity.value] : []);
  const [kept] = keepIdentities([storable(identity)], { country });
  return kept && queries.findByIdentity(ctx, kept);
}

/** The tenant's country, asked only where a phone is written without one. */
export const countryFor = async (ctx: Needs<"db">, phones: readonly string[]) =>
  phones.some(isNational) ? (await findSettings(ctx))?.country : undefined;

const present = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
