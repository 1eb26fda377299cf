// Words that mean something in the scene, by the name of the field they stand in: without them no random request would get
// past "there is no such thing".
import { demoAccountIds, demoAdId, demoCampaignIds } from "../world/meta/demo-ids.ts";

/** Rows that every tenant of the scene has under the same id. */
export const sharedId = "11111111-1111-4111-8111-111111111111";

/** Of a deletion that somebody asked for. */
export const deletionCode = "c0de".repeat(8);

const numbered = (letter: string) => Array.from({ length: 6 }, (_, index) => `${letter}-${index + 1}`);
/** What every tenant has, by the main CRM's ids. */
export const leadNames = numbered("L");
export const opportunityNames = numbered("O");
export const saleNames = numbered("S");
const campaigns = [demoCampaignIds.miamiSmile, demoCampaignIds.implants, "c1"];

const words: Readonly<Record<string, readonly string[]>> = {
  lead_external_id: leadNames,
  opportunity_external_id: opportunityNames,
  parent_external_id: saleNames,
  account_id: [demoAccountIds.miami, demoAccountIds.clinic, demoAccountIds.miami.replace("act_", "")],
  campaign_id: campaigns,
  meta_campaign_id: campaigns,
  ad_id: [demoAdId(demoCampaignIds.miamiSmile, 1)],
  meta_ad_id: [demoAdId(demoCampaignIds.miamiSmile, 1)],
  template_id: [sharedId],
  template_name: ["turno"],
  rule_id: [sharedId],
  currency: ["USD", "ARS", "CLP"],
  reporting_currency: ["USD", "ARS"],
  base: ["USD", "CLP", "EUR"],
  quote: ["ARS", "USD"],
  rate: ["1420.5", "0.001"],
  amount: ["100.00", "0", "999999999999.999999"],
  value: ["100.00", "0.000001"],
  time_range: ["last_30d", "last_90d", "this_year", "yearly", "all", "lifetime"],
  range: ["last_30d", "all"],
  timezone: ["America/Argentina/Buenos_Aires", "Asia/Tokyo"],
  stage: ["proposal", "closed_won", "closed_lost"],
  status: ["contacted", "sent", "APPROVED"],
  limit: ["1", "50", "200"],
  offset: ["0", "1"],
  portfolio_id: ["personal"],
};

/** Of the things that a path names. */
export const idsOf = (path: string): readonly string[] => {
  if (path.includes("/campaigns/")) return campaigns;
  if (path.includes("/data-deletion/")) return [deletionCode];
  if (path.startsWith("/crm/leads/")) return [sharedId, ...leadNames.map((id) => `external:${id}`)];
  if (path.startsWith("/crm/opportunities/")) return opportunityNames.map((id) => `external:${id}`);
  if (path.startsWith("/crm/sales/")) return saleNames.map((id) => `external:${id}`);
  return [sharedId];
};

/** An external id is the sender's own: what it names depends on the path. */
export const externalIdsOf = (path: string): readonly string[] =>
  numbered(path.startsWith("/crm/leads") ? "L" : path.startsWith("/crm/opportunities") ? "O" : "S");

export const wordsOf = (name: string): readonly string[] => words[name] ?? [];
