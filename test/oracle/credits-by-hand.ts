// Leads written down in a line each: their touches, and what they came to.
import type { Channel, Touch, View } from "./business.ts";
import { aBusinessWith } from "./by-hand.ts";
import { instant } from "./clock.ts";

const LEAD = "00000000-0001-4000-8000-000000000000";
const OPPORTUNITY = "00000000-0003-4000-8000-000000000000";
const SALE = "00000000-0004-4000-8000-000000000000";

const idOf = (place: number) => `00000000-0002-4000-8000-${String(place).padStart(12, "0")}`;

/** "03-01T12:00:00Z ctwa c1 a1", the year is 2026; the first touch has the smallest id. */
export function touchOf(line: string, place: number): Touch {
  const [at = "", channel = "", campaignId = null, adId = null] = line.split(" ");
  return {
    id: idOf(place),
    leadId: LEAD,
    at: instant(`2026-${at}`),
    channel: channel as Channel,
    isPaid: channel === "ctwa" || channel === "meta_lead_form" || channel === "utm_paid",
    campaignId,
    adSetId: null,
    adId,
    leadgenId: null,
    ctwaClid: null,
  };
}

export type ByHand = {
  touches: string[];
  view?: View;
  timezone?: string;
  /** "03-10" or "03-10T12:00:00Z"; without one there is no sale. */
  sold?: string;
  won?: string;
};

export const SUBJECTS = { lead: LEAD, opportunity: OPPORTUNITY, sale: SALE };

export function businessByHand({ touches, sold, won, timezone = "America/Argentina/Buenos_Aires" }: ByHand) {
  const at = (text: string) => instant(`2026-${text}`);
  const opportunity = { id: OPPORTUNITY, leadId: LEAD, value: 0n, currency: "ARS", probability: null };
  return aBusinessWith({
    timezone,
    leads: [{ id: LEAD, createdAt: at("01-01T12:00:00Z"), source: "ORGANIC", campaignId: null, adId: null }],
    touches: touches.map(touchOf),
    opportunities:
      won === undefined
        ? []
        : [{ ...opportunity, stage: "closed_won", createdAt: at("01-01T12:00:00Z"), closedAt: at(won) }],
    sales:
      sold === undefined
        ? []
        : [
            {
              id: SALE,
              leadId: LEAD,
              opportunityId: won === undefined ? null : OPPORTUNITY,
              amount: 1_000_000n,
              currency: "ARS",
              day: `2026-${sold.slice(0, 5)}`,
              soldAt: sold.length > 5 ? at(sold) : null,
              status: "completed",
            },
          ],
  });
}
