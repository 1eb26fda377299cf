// Which touches of a request are stored, and under which lead.
import type { Problem } from "../../errors.ts";
import type { Touchpoint } from "./leads.contract.ts";

/** Belongs to the lead who has `lead_external_id`, else to `lead_id`. */
export type TouchToStore = Touchpoint & { id: string; lead_id: string; lead_external_id: string | undefined };

/** A touch that is there, by one of its ids. */
export type KnownTouch = {
  leadgenId: string | null;
  externalId: string | null;
  /** Its lead and those that turned out to be that one: their ids, and external: with the CRM's. */
  owners: readonly string[];
};

export type SentTouch = { index: number; field: string; touch: TouchToStore };

const ids = ["leadgen_id", "external_id"] as const;

/** A touch that says what one before it says is left out; the same id under two leads is a problem. */
export function distinctTouches(sent: readonly SentTouch[]): { distinct: SentTouch[]; problems: Problem[] } {
  const seen = new Map<string, TouchToStore>();
  const problems: Problem[] = [];
  const distinct = sent.filter(({ index, field, touch }) => {
    const keys = ids.flatMap((name) => (touch[name] === undefined ? [] : [{ name, key: `${name} ${touch[name]}` }]));
    if (keys.length === 0) keys.push({ name: "external_id", key: sameness(touch) });
    const earlier = keys.filter(({ key }) => seen.has(key));
    for (const { name, key } of earlier) {
      if (seen.get(key)?.lead_id !== touch.lead_id)
        problems.push({ index, field: `${field}${name}`, problem: "está repetido en otro lead del pedido" });
    }
    for (const { key } of keys) seen.set(key, touch);
    return earlier.length === 0;
  });
  return { distinct, problems };
}

const sameness = ({
  lead_id,
  occurred_at,
  channel,
  campaign_id,
  ad_set_id,
  ad_id,
  source_detail,
}: TouchToStore): string =>
  JSON.stringify([lead_id, occurred_at, channel, campaign_id, ad_set_id, ad_id, source_detail]);

/** Touches whose id another lead has. */
export function findForeign(sent: readonly SentTouch[], known: readonly KnownTouch[]): Problem[] {
  return sent.flatMap(({ index, field, touch }) =>
    ids.flatMap((name) => {
      const isForeign = known.some(
        ({ leadgenId, externalId, owners }) =>
          touch[name] !== undefined &&
          touch[name] === (name === "leadgen_id" ? leadgenId : externalId) &&
          !owners.includes(touch.lead_id) &&
          !owners.includes(`external:${touch.lead_external_id}`),
      );
      return isForeign ? [{ index, field: `${field}${name}`, problem: "ya es de otro lead" }] : [];
    }),
  );
}
