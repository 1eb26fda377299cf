// What a website knows of how somebody came, as a touch.
import type { Intake } from "./intake.contract.ts";

const PAID = /^(cpc|ppc|cpm|cpv|cpa|paid.*|ads?|display|retargeting)$/i;
const META = /^(fb|ig|facebook|instagram|meta|an|messenger)([._-].*)?$/i;

type Came = {
  channel: "utm_paid" | "email" | "organic" | "referral" | "direct";
  is_paid: boolean;
  leadSource: string;
  source_detail: string | undefined;
};

/** A click id of Facebook alone is no ad: links in posts have one too. */
export function howTheyCame(sent: Partial<Intake>): Came {
  const { utm_source: source, utm_medium: medium = "", utm_campaign: campaign } = sent;
  const named = [source, medium || undefined, campaign].filter((part) => part !== undefined).join(" / ");
  const source_detail = (named || sent.referrer)?.slice(0, 255) || undefined;
  const isOfMeta = (sent.campaign_id ?? sent.ad_set_id ?? sent.ad_id) !== undefined;
  if (isOfMeta || sent.gclid !== undefined || PAID.test(medium)) {
    const leadSource =
      isOfMeta || META.test(source ?? "")
        ? "META_ADS"
        : sent.gclid !== undefined || /^google/i.test(source ?? "")
          ? "GOOGLE_ADS"
          : "OTHER_ADS";
    return { channel: "utm_paid", is_paid: true, leadSource, source_detail };
  }
  const free = (channel: Came["channel"], leadSource: string): Came => ({
    channel,
    is_paid: false,
    leadSource,
    source_detail,
  });
  if (/^e-?mail$/i.test(medium)) return free("email", "EMAIL");
  if (/^organic$/i.test(medium)) return free("organic", "ORGANIC");
  if (source !== undefined || sent.fbclid !== undefined || sent.referrer !== undefined)
    return free("referral", "REFERRAL");
  return free("direct", "WEBSITE");
}
