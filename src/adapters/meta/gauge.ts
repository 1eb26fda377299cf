import { shouldPause, type Usage } from "./throttle.ts";

const PAUSE_SECONDS = 300;
const APP = "app";

/**
 * What Meta last said of its quotas, for this isolate. Meta's own refusal is the law; this only keeps us from running
 * into it, which costs quota.
 */
export function createGauge(now: () => number) {
  const pausedUntil = new Map<string, number>();
  const pause = (key: string, seconds: number) => pausedUntil.set(key, now() + seconds * 1000);

  return {
    /** Takes in the usage headers of an answer about `accountId`. */
    note: (usage: Usage, accountId: string | undefined): void => {
      const seconds = usage.retryAfterSeconds ?? PAUSE_SECONDS;
      if (accountId !== undefined && shouldPause({ ...usage, appPercent: 0 })) pause(accountId, seconds);
      if (shouldPause({ appPercent: usage.appPercent ?? 0 })) pause(APP, seconds);
    },
    /** How long to leave the account alone; undefined: go on. */
    pauseSeconds: (accountId: string): number | undefined => {
      const until = Math.max(pausedUntil.get(accountId) ?? 0, pausedUntil.get(APP) ?? 0);
      return until > now() ? Math.ceil((until - now()) / 1000) : undefined;
    },
  };
}

export type Gauge = ReturnType<typeof createGauge>;
