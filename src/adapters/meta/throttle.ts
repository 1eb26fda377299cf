import * as z from "zod";

/** How much of Meta's quotas one answer says is used; an absent field means Meta did not say. */
export type Usage = {
  accountPercent?: number;
  appPercent?: number;
  /** Present only while Meta asks for a pause. */
  retryAfterSeconds?: number;
  tier?: string;
};

const PAUSE_AT_PERCENT = 90;
/** Meta's windows last an hour or a day; a longer wait is a malformed header. */
const LONGEST_WAIT_SECONDS = 86_400;

const amount = z
  .union([z.number(), z.string().trim().min(1).transform(Number)])
  .pipe(z.number().nonnegative())
  .optional()
  .catch(undefined);
const tier = z.string().max(64).optional().catch(undefined);

const counters = { call_count: amount, total_time: amount, total_cputime: amount };
const appUsage = z.object(counters);
const accountUsage = z.object({ acc_id_util_pct: amount, reset_time_duration: amount, ads_api_access_tier: tier });
const insightsUsage = z.object({ acc_id_util_pct: amount, app_id_util_pct: amount, ads_api_access_tier: tier });
const useCase = z.object({ ...counters, estimated_time_to_regain_access: amount, ads_api_access_tier: tier });
const useCases = z.record(z.string(), z.array(useCase).catch([]));

/** A header's JSON, or undefined when it is missing or malformed: usage is a courtesy, never a reason to fail. */
const parseHeader = <T>(headers: Headers, name: string, schema: z.ZodType<T>): T | undefined => {
  try {
    return schema.safeParse(JSON.parse(headers.get(name) ?? "")).data;
  } catch {
    return undefined;
  }
};

const highest = (values: (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
};

/** Reads the four usage headers (§F.1, §E.7); the worst bucket wins. Never throws. */
export const parseUsage = (headers: Headers): Usage => {
  const app = parseHeader(headers, "x-app-usage", appUsage);
  const account = parseHeader(headers, "x-ad-account-usage", accountUsage);
  const insights = parseHeader(headers, "x-fb-ads-insights-throttle", insightsUsage);
  const cases = Object.values(parseHeader(headers, "x-business-use-case-usage", useCases) ?? {}).flat();

  const accountPercent = highest([
    account?.acc_id_util_pct,
    insights?.acc_id_util_pct,
    ...cases.flatMap(({ call_count, total_time, total_cputime }) => [call_count, total_time, total_cputime]),
  ]);
  const appPercent = highest([app?.call_count, app?.total_time, app?.total_cputime, insights?.app_id_util_pct]);
  // `estimated_time_to_regain_access` is in minutes, `reset_time_duration` in seconds and always there.
  const isAccountSpent = (account?.acc_id_util_pct ?? 0) >= PAUSE_AT_PERCENT;
  const wait = highest([
    ...cases.map((item) => (item.estimated_time_to_regain_access ?? 0) * 60),
    isAccountSpent ? account?.reset_time_duration : undefined,
  ]);
  const named = [insights, account, ...cases].find((item) => item?.ads_api_access_tier)?.ads_api_access_tier;
  return {
    ...(accountPercent !== undefined && { accountPercent }),
    ...(appPercent !== undefined && { appPercent }),
    ...(wait && { retryAfterSeconds: Math.min(Math.ceil(wait), LONGEST_WAIT_SECONDS) }),
    ...(named && { tier: named }),
  };
};

/** True when going on would run into Meta's limit. */
export const shouldPause = ({ accountPercent = 0, appPercent = 0, retryAfterSeconds = 0 }: Usage): boolean =>
  accountPercent >= PAUSE_AT_PERCENT || appPercent >= PAUSE_AT_PERCENT || retryAfterSeconds > 0;
