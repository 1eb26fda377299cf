import { dayNumber, weekday } from "./calendar.ts";
import { currencyOffset } from "./currency.ts";
import type { Ad, AdAccount, AdSet, Campaign, Goal, LeadNaming } from "./entities.ts";
import { hashText, unit } from "./hash.ts";

/**
 * One ad on one day: a pure function of (ad, day, the day's age, seed). Delivery is partial on the day itself,
 * short by up to 2 % on the next and then final; conversions move for 28 days and are then frozen (§E.6).
 */
export interface Counts {
  spendMinor: number;
  impressions: number;
  clicks: number;
  linkClicks: number;
  formLeads: number;
  pixelLeads: number;
  /** Leads of rows that carry Meta's `lead` roll-up; the rest have only components or legacy names. */
  rolledLeads: number;
  legacyLeads: number;
  conversations: number;
  purchases: number;
  purchaseMinor: number;
  contentViews: number;
}

export interface Leaf {
  account: AdAccount;
  campaign: Campaign;
  adset: AdSet;
  ad: Ad;
  key: number;
  campaignKey: number;
  firstDay: number;
  lastDay: number;
  pauses: { from: number; until: number }[];
}

/** The account's "today" at an instant, and how much of it Meta has reported. */
export interface Moment {
  today: number;
  reported: number;
}

interface Market {
  costPerThousand: number;
  costPerLead: number;
  ticket: number;
}

const MARKETS: Record<string, Market> = {
  ARS: { costPerThousand: 2_800, costPerLead: 5_200, ticket: 95_000 },
  CLP: { costPerThousand: 2_400, costPerLead: 4_600, ticket: 42_000 },
  USD: { costPerThousand: 9, costPerLead: 13, ticket: 180 },
};

const WEEK = [0.78, 1.06, 1.1, 1.08, 1.04, 1.0, 0.84];
const SETTLED_AFTER_DAYS = 28;
const SALT = {
  gap: 1,
  vanish: 2,
  noise: 3,
  mille: 4,
  clickRate: 5,
  linkShare: 6,
  late: 7,
  form: 8,
  pixel: 9,
  talk: 10,
  sale: 11,
  ticket: 12,
  views: 13,
  wobble: 100,
};

export const leafOf = (account: AdAccount, campaign: Campaign, adset: AdSet, ad: Ad, seed: number): Leaf => ({
  account,
  campaign,
  adset,
  ad,
  key: (hashText(ad.id) ^ seed) >>> 0,
  campaignKey: (hashText(campaign.id) ^ seed) >>> 0,
  firstDay: dayNumber(campaign.startedOn),
  lastDay: campaign.endedOn ? dayNumber(campaign.endedOn) : Infinity,
  pauses: campaign.pauses.map(({ from, until }) => ({
    from: dayNumber(from),
    until: until ? dayNumber(until) : Infinity,
  })),
});

const isRunning = (leaf: Leaf, day: number): boolean =>
  leaf.ad.share > 0 &&
  day >= leaf.firstDay &&
  day <= leaf.lastDay &&
  !leaf.pauses.some(({ from, until }) => day >= from && day < until);

/** Now and then a campaign's day is credited back as invalid traffic: from its third day on there is no row. */
const isCreditedBack = (leaf: Leaf, day: number, age: number): boolean =>
  age >= 3 && unit(leaf.campaignKey, day, SALT.vanish) < 0.006;

const stochastic = (expected: number, chance: number): number => Math.floor(expected + chance);

/** How many of a day's final conversions are known at an age; now and then Meta takes one back for a day. */
const knownAt = (leaf: Leaf, day: number, age: number, final: number, first: number, settles: number, salt: number) => {
  if (final === 0 || age >= SETTLED_AFTER_DAYS) return final;
  const known = Math.floor(final * Math.min(1, first + ((1 - first) * age) / settles) + 0.001);
  const isTakenBack = age > 0 && known > 0 && unit(leaf.key, day, SALT.wobble * (salt + 1) + age) < 0.04;
  return isTakenBack ? known - 1 : known;
};

const expectedConversions = (goal: Goal, leads: number) => ({
  form: goal === "form_leads" ? leads : goal === "all_leads" ? leads * 0.6 : 0,
  pixel: goal === "pixel_leads" ? leads : goal === "all_leads" ? leads * 0.4 : 0,
  talks: goal === "whatsapp" ? leads * 2.4 : goal === "form_leads" ? leads * 0.15 : 0,
  sales: goal === "sales" ? leads * 0.45 : 0,
});

const leadShape = (naming: LeadNaming, form: number, pixel: number) => ({
  formLeads: naming === "legacy" ? 0 : form,
  pixelLeads: naming === "legacy" ? 0 : pixel,
  rolledLeads: naming === "rolled" ? form + pixel : 0,
  legacyLeads: naming === "legacy" ? form + pixel : 0,
});

const spendOf = (leaf: Leaf, day: number, reported: number): number => {
  const { campaign, ad, account } = leaf;
  const noise = 0.75 + 0.5 * unit(leaf.key, day, SALT.noise);
  const full = campaign.dailySpend * ad.share * (WEEK[weekday(day)] ?? 1) * noise;
  return Math.floor(full * currencyOffset(account.currency) * reported);
};

/** Undefined on a day without delivery: then Meta has no row at all (§E.2). */
export const adDay = (leaf: Leaf, day: number, { today, reported }: Moment): Counts | undefined => {
  const age = today - day;
  if (age < 0 || !isRunning(leaf, day) || unit(leaf.key, day, SALT.gap) < 0.03) return undefined;
  if (isCreditedBack(leaf, day, age)) return undefined;
  const draw = (salt: number) => unit(leaf.key, day, salt);
  const { campaign, account } = leaf;
  const market = MARKETS[account.currency] ?? { costPerThousand: 9, costPerLead: 13, ticket: 180 };

  const settled = age >= 2 ? 1 : 1 - 0.02 * draw(SALT.late);
  const delivered = age === 0 ? settled * reported : settled;
  const spendMinor = spendOf(leaf, day, delivered);
  const fullSpend = spendOf(leaf, day, 1) / currencyOffset(account.currency);
  const allImpressions = (fullSpend / market.costPerThousand) * 1_000 * (0.8 + 0.4 * draw(SALT.mille));
  const impressions = Math.floor(allImpressions * delivered);
  if (impressions === 0) return undefined;
  const clicks = Math.floor(impressions * (0.012 + 0.018 * draw(SALT.clickRate)));
  const linkClicks = Math.floor(clicks * (0.5 + 0.25 * draw(SALT.linkShare)));

  const expected = expectedConversions(campaign.goal, fullSpend / market.costPerLead);
  const known = (final: number, first: number, settles: number, salt: number) => {
    const atAge = knownAt(leaf, day, age, final, first, settles, salt);
    return age === 0 ? Math.floor(atAge * reported) : atAge;
  };
  const form = known(stochastic(expected.form, draw(SALT.form)), 0.9, 3, SALT.form);
  const pixel = known(stochastic(expected.pixel, draw(SALT.pixel)), 0.5, SETTLED_AFTER_DAYS, SALT.pixel);
  const purchases = known(stochastic(expected.sales, draw(SALT.sale)), 0.6, SETTLED_AFTER_DAYS, SALT.sale);
  const ticket = Math.round(market.ticket * (0.6 + 0.8 * draw(SALT.ticket)) * currencyOffset(account.currency));

  return {
    spendMinor,
    impressions,
    clicks,
    linkClicks,
    ...leadShape(campaign.leadNaming, form, pixel),
    conversations: known(stochastic(expected.talks, draw(SALT.talk)), 0.85, 7, SALT.talk),
    purchases,
    purchaseMinor: purchases * ticket,
    contentViews: campaign.goal === "awareness" ? 0 : Math.floor(linkClicks * (0.6 + 0.3 * draw(SALT.views))),
  };
};

export const noCounts = (): Counts => ({
  spendMinor: 0,
  impressions: 0,
  clicks: 0,
  linkClicks: 0,
  formLeads: 0,
  pixelLeads: 0,
  rolledLeads: 0,
  legacyLeads: 0,
  conversations: 0,
  purchases: 0,
  purchaseMinor: 0,
  contentViews: 0,
});

export const addCounts = (total: Counts, more: Counts): void => {
  total.spendMinor += more.spendMinor;
  total.impressions += more.impressions;
  total.clicks += more.clicks;
  total.linkClicks += more.linkClicks;
  total.formLeads += more.formLeads;
  total.pixelLeads += more.pixelLeads;
  total.rolledLeads += more.rolledLeads;
  total.legacyLeads += more.legacyLeads;
  total.conversations += more.conversations;
  total.purchases += more.purchases;
  total.purchaseMinor += more.purchaseMinor;
  total.contentViews += more.contentViews;
};
