import type { MiddlewareHandler } from "hono";
import type { SimContext, SimEnv, SimRequest } from "./context.ts";
import { errorResponse, type ErrorShape, knownError } from "./envelope.ts";
import { findPlace, type MetaState } from "./state.ts";

/** Quotas that drain by the hour (§F.1–F.2): headers once usage shows, HTTP 400 and minutes to wait at 100 %. */
type Use = "ads_insights" | "ads_management" | "app";

interface Bucket {
  use: Use;
  accountId: string;
  quota: number;
}

const HOUR_MS = 3_600_000;
/** Usage has to fall to this share before calls pass again. */
const REGAIN_AT = 0.75;

const accountOf = (state: MetaState, path: string): string | undefined => {
  const [node = ""] = path.slice(1).split("/");
  if (node.startsWith("act_")) return node.slice(4);
  if (!/^\d+$/.test(node)) return undefined;
  return state.runs.get(node)?.accountId ?? findPlace(state, node)?.account.id;
};

const bucketOf = (state: MetaState, path: string): Bucket => {
  const accountId = accountOf(state, path);
  if (accountId === undefined) return { use: "app", accountId: "", quota: state.quota.app };
  const isInsights = path.endsWith("/insights") || state.runs.has(path.slice(1));
  return isInsights
    ? { use: "ads_insights", accountId, quota: state.quota.insightsPerAccount }
    : { use: "ads_management", accountId, quota: state.quota.managementPerAccount };
};

const isCounted = (path: string): boolean => !/^\/(__sim|dialog|oauth|debug_token)/.test(path);

const setHeaders = (
  c: SimRequest,
  state: MetaState,
  { use, accountId }: Bucket,
  percent: number,
  minutes: number,
): void => {
  if (percent < 1) return;
  const rounded = Math.round(percent);
  const tier = { ads_api_access_tier: state.quota.tier };
  const put = (name: string, value: object) => c.header(name, JSON.stringify(value));
  if (use === "app") {
    put("x-app-usage", {
      call_count: rounded,
      total_time: Math.round(rounded / 2),
      total_cputime: Math.round(rounded / 3),
    });
    return;
  }
  const one = {
    type: use,
    call_count: rounded,
    total_cputime: Math.round(rounded / 3),
    total_time: Math.round(rounded / 2),
    estimated_time_to_regain_access: minutes,
    ...tier,
  };
  const utilisation = Number(percent.toFixed(2));
  put("x-business-use-case-usage", { [accountId]: [one] });
  put("x-ad-account-usage", { acc_id_util_pct: utilisation, reset_time_duration: minutes * 60, ...tier });
  if (use === "ads_insights") {
    put("x-fb-ads-insights-throttle", {
      app_id_util_pct: Number((percent / 10).toFixed(2)),
      acc_id_util_pct: utilisation,
      ...tier,
    });
  }
};

const throttled = (state: MetaState, use: Use): ErrorShape => {
  const shown = {
    userTitle: "Ad account has too many API calls",
    userMessage: "Espera un momento e inténtalo de nuevo.",
  };
  if (use === "app") return { ...knownError(4), ...shown };
  if (state.quota.throttleForm === "score") return { ...knownError(17, 2446079), ...shown };
  return { ...knownError(use === "ads_insights" ? 80000 : 80004, 2446079), isTransient: false, ...shown };
};

export const usageGate =
  ({ state, clock }: Pick<SimContext, "state" | "clock">): MiddlewareHandler<SimEnv> =>
  async (c, next) => {
    if (!isCounted(c.req.path)) return next();
    const bucket = bucketOf(state, c.req.path);
    const key = `${bucket.use} ${bucket.accountId}`;
    const now = clock.now();
    const { points, at, blockedUntil } = state.bucket.get(key) ?? { points: 0, at: now, blockedUntil: 0 };
    const drained = Math.max(0, points - ((now - at) / HOUR_MS) * bucket.quota);
    const isBlocked = now < blockedUntil;
    const isFull = !isBlocked && drained + 1 > bucket.quota;
    const wait = Math.ceil(((drained - REGAIN_AT * bucket.quota) / bucket.quota) * 60);
    const until = isFull ? now + Math.max(1, wait) * 60_000 : blockedUntil;
    const isThrottled = isBlocked || isFull;
    const after = isThrottled ? drained : drained + 1;
    state.bucket.set(key, { points: after, at: now, blockedUntil: until });
    const minutes = isThrottled ? Math.ceil((until - now) / 60_000) : 0;
    setHeaders(
      c,
      state,
      bucket,
      isThrottled ? Math.max(100, (after / bucket.quota) * 100) : (after / bucket.quota) * 100,
      minutes,
    );
    return isThrottled ? errorResponse(c, throttled(state, bucket.use)) : next();
  };
