// A campaign and what it brought in a window.
import type { CurrencySums } from "../facts/currencies.ts";
import { type Frame, type Totals, totalsOf } from "../facts/frame.ts";
import type { KnownCampaign } from "./campaigns.queries.ts";

export type CampaignFigures = Totals & {
  id: string;
  name: string;
  accountId: string | null;
  objective: string | null;
  /** As configured, upper case; UNKNOWN where Meta never told us of it. */
  status: string;
  /** What it comes to at Meta, with the account's and the dates' say. */
  effectiveStatus: string;
};

export type EntityFacts = CurrencySums & { entityId: string; accountId: string };

/**
 * Campaigns that brought something in the window, and those without figures that still stand at a connected account. Leads
 * may name a campaign that Meta never told us of: it has a row too.
 */
export function listFigures(
  frame: Frame,
  known: readonly KnownCampaign[],
  facts: readonly EntityFacts[],
): CampaignFigures[] {
  const factsOf = Map.groupBy(facts, ({ entityId }) => entityId);
  const connected = new Set(frame.connected.map(({ accountId }) => accountId));
  const isListed = ({ id, isDeleted, accountId }: KnownCampaign) =>
    factsOf.has(id) || (!isDeleted && connected.has(accountId));
  const knownIds = new Set(known.map(({ id }) => id));
  const unknownIds = [...factsOf.keys()].filter((id) => !knownIds.has(id));
  return [
    ...known.filter(isListed).map((campaign) => figuresOf(frame, campaign, factsOf.get(campaign.id) ?? [])),
    ...unknownIds.map((id) => unknownFigures(frame, id, factsOf.get(id) ?? [])),
  ];
}

export function figuresOf(frame: Frame, campaign: KnownCampaign, facts: readonly CurrencySums[]): CampaignFigures {
  const { id, name, accountId, currency, objective } = campaign;
  const totals = totalsOf(frame, facts, { own: currency });
  return { id, name: name.trim() || nameOfUnknown(id), accountId, objective, ...statusOf(campaign), ...totals };
}

/** A campaign of an account we cannot see: its spend is unknown unless a fact tells it. */
export function unknownFigures(frame: Frame, id: string, facts: readonly EntityFacts[]): CampaignFigures {
  const spending = facts.find(({ spendCount }) => spendCount > 0);
  const totals = totalsOf(frame, facts, { ...(spending && { own: spending.currency }), isSpendKnown: false });
  const accountId = facts.find((fact) => fact.accountId !== "")?.accountId ?? null;
  return { id, name: nameOfUnknown(id), accountId, objective: null, ...statusOf({}), ...totals };
}

export const nameOfUnknown = (id: string): string => `Campaña ${id}`;

type Statuses = { status?: string | null; effectiveStatus?: string | null; isDeleted?: boolean };

/** Statuses in upper case; what is gone at Meta says so. */
export function statusOf({ status, effectiveStatus, isDeleted = false }: Statuses) {
  const asConfigured = (status ?? effectiveStatus ?? "UNKNOWN").toUpperCase();
  const asItIs = (effectiveStatus ?? status ?? "UNKNOWN").toUpperCase();
  const isGone = isDeleted && asConfigured !== "ARCHIVED";
  return isGone ? { status: "DELETED", effectiveStatus: "DELETED" } : { status: asConfigured, effectiveStatus: asItIs };
}
