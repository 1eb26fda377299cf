import type { Params } from "./context.ts";
import type { Place } from "./entities.ts";
import { invalidParameter } from "./envelope.ts";
import { isRecord, jsonParam } from "./params.ts";
import { deliveryInfo, effectiveStatus } from "./statuses.ts";

export interface Filter {
  field: string;
  operator: string;
  value: unknown;
}

type Test = (actual: string | number, expected: unknown) => boolean;

const asList = (value: unknown): unknown[] => {
  if (!Array.isArray(value)) throw invalidParameter("Filtering value must be an array for this operator");
  return value;
};

const equal: Test = (actual, expected) => String(actual) === String(expected);
const isIn: Test = (actual, expected) => asList(expected).some((item) => equal(actual, item));
const contains: Test = (actual, expected) => String(actual).toLowerCase().includes(String(expected).toLowerCase());
const inRange: Test = (actual, expected) => {
  const [low, high] = asList(expected).map(Number);
  return Number(actual) >= (low ?? -Infinity) && Number(actual) <= (high ?? Infinity);
};

const OPERATORS: Record<string, Test> = {
  EQUAL: equal,
  NOT_EQUAL: (actual, expected) => !equal(actual, expected),
  GREATER_THAN: (actual, expected) => Number(actual) > Number(expected),
  GREATER_THAN_OR_EQUAL: (actual, expected) => Number(actual) >= Number(expected),
  LESS_THAN: (actual, expected) => Number(actual) < Number(expected),
  LESS_THAN_OR_EQUAL: (actual, expected) => Number(actual) <= Number(expected),
  IN_RANGE: inRange,
  NOT_IN_RANGE: (actual, expected) => !inRange(actual, expected),
  CONTAIN: contains,
  NOT_CONTAIN: (actual, expected) => !contains(actual, expected),
  IN: isIn,
  NOT_IN: (actual, expected) => !isIn(actual, expected),
  STARTS_WITH: (actual, expected) => String(actual).startsWith(String(expected)),
  ENDS_WITH: (actual, expected) => String(actual).endsWith(String(expected)),
};

/** Null where the place has no such thing: an ad-set filter on a list of campaigns. */
const subjectOf = (place: Place, noun: string): Place | undefined => {
  const { account, campaign, adset, ad } = place;
  if (noun === "campaign") return { account, campaign };
  if (noun === "adset") return adset && { account, campaign, adset };
  return noun === "ad" && adset && ad ? place : undefined;
};

const READERS: Record<string, (place: Place) => string | number> = {
  id: ({ campaign, adset, ad }) => (ad ?? adset ?? campaign).id,
  name: ({ campaign, adset, ad }) => (ad ?? adset ?? campaign).name,
  objective: ({ campaign }) => campaign.objective,
  effective_status: effectiveStatus,
  delivery_info: deliveryInfo,
  updated_time: ({ campaign, adset, ad }) => Math.floor((ad ?? adset ?? campaign).updatedAt / 1000),
  created_time: ({ campaign }) => Math.floor(campaign.createdAt / 1000),
};

export const METRIC_FILTERS = ["spend", "impressions", "clicks", "reach"];

export const parseFilters = (params: Params): Filter[] => {
  const list = jsonParam(params, "filtering") ?? [];
  if (!Array.isArray(list)) throw invalidParameter("param filtering must be an array");
  return list.map((item: unknown) => {
    if (!isRecord(item) || typeof item["field"] !== "string" || typeof item["operator"] !== "string") {
      throw invalidParameter("param filtering must hold objects of field, operator and value");
    }
    const { field, operator, value } = item;
    if (!OPERATORS[operator]) throw invalidParameter(`Filtering operator ${operator} is not supported`);
    return { field, operator, value };
  });
};

/** Whether a bare value passes the filter. */
export const compare = ({ operator, value }: Filter, actual: string | number): boolean =>
  OPERATORS[operator]?.(actual, value) ?? false;

const splitField = (field: string, ownNoun: string): [string, string] => {
  const [noun = "", name] = field.split(".");
  return name === undefined ? [ownNoun, noun] : [noun, name];
};

/** Whether the place passes every filter on entities; filters on metrics are not its concern. */
export const passes = (place: Place, filters: Filter[], ownNoun: string): boolean =>
  filters.every(({ field, operator, value }) => {
    if (METRIC_FILTERS.includes(field)) return true;
    const [noun, name] = splitField(field, ownNoun);
    const read = READERS[name];
    const subject = subjectOf(place, noun);
    if (!read || !subject) throw invalidParameter(`Filtering field ${field} is invalid`);
    return OPERATORS[operator]?.(read(subject), value) ?? false;
  });

export const passesMetrics = (metrics: Record<string, number>, filters: Filter[]): boolean =>
  filters.every(({ field, operator, value }) => {
    const metric = metrics[field];
    return metric === undefined || (OPERATORS[operator]?.(metric, value) ?? false);
  });

/** Deleted and archived things show up only to those who ask about statuses (§D.4). */
export const asksAboutStatus = (filters: Filter[]): boolean =>
  filters.some(({ field }) => /(effective_status|delivery_info)$/.test(field));
