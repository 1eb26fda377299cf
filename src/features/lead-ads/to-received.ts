import type { MetaLead } from "../../context.ts";
import type { ReceivedLead } from "../leads/receive-lead.ts";
import { type Mapping, readAnswers } from "./answers.ts";

/** What else is known of a lead: by the webhook, and by the ads that were synced. */
export type Around = {
  mapping: Mapping;
  formId: string | null;
  adId: string | null;
  ad: { campaignId: string; adSetId: string; title: string | null; body: string | null } | undefined;
  /** Where Meta does not tell when it was made. */
  toldAt: Date;
};

/** A lead of Meta's as the CRM takes it. What is not known of its ad stays unknown: nothing is made up. */
export function toReceived(lead: MetaLead, { mapping, formId, adId: toldAd, ad, toldAt }: Around): ReceivedLead {
  const { answers, isTest, ...person } = readAnswers(lead.answers, mapping);
  const isPaid = lead.isOrganic === null ? (lead.adId ?? toldAd) !== null : !lead.isOrganic;
  const known = (value: string | null | undefined) => value ?? undefined;
  const attribution = isPaid
    ? {
        adId: known(lead.adId ?? toldAd),
        adSetId: known(lead.adSetId ?? ad?.adSetId),
        campaignId: known(lead.campaignId ?? ad?.campaignId),
        headline: known(ad?.title),
        body: known(ad?.body),
      }
    : {};
  const { adId, adSetId, campaignId, headline, body } = { ...nothing, ...attribution };
  return {
    ...person,
    identities: [{ kind: "leadgen_id", value: lead.leadgenId }],
    occurredAt: (lead.createdAt ?? toldAt).toISOString(),
    leadSource: isPaid ? "META_ADS" : "ORGANIC",
    isTest,
    answers: {
      ...answers,
      ...Object.fromEntries(lead.consents.map(({ key, isChecked }) => [`consent:${key}`, isChecked])),
    },
    attribution,
    touch: {
      channel: "meta_lead_form",
      is_paid: isPaid,
      campaign_id: campaignId,
      ad_set_id: adSetId,
      ad_id: adId,
      form_id: known(lead.formId ?? formId),
      leadgen_id: lead.leadgenId,
      source_detail: known(lead.platform),
      headline,
      body,
    },
  };
}

const nothing = {
  adId: undefined,
  adSetId: undefined,
  campaignId: undefined,
  headline: undefined,
  body: undefined,
};
