// How old the figures are, and why.
import type { Day } from "../../lib/dates.ts";

const STALE_AFTER_MS = 3 * 3_600_000;

export type Synced = { connectionStatus: string; lastSyncedAt: Date | null; completeThrough: Day | null };

export type Freshness = {
  lastSyncedAt: Date | null;
  completeThrough: Day | null;
  isPartial: boolean;
  staleReason: string | null;
  /** Why there are no figures at all. */
  reason: "not_connected" | "not_synced" | null;
};

/** True for a connection that can still read. */
export const isWorking = (connectionStatus: string): boolean =>
  ["active", "limited", "expiring"].includes(connectionStatus);

/** Of the connected accounts together: as fresh as the oldest of them. */
export function freshnessOf(
  accounts: readonly Synced[],
  { now, isPartial }: { now: number; isPartial: boolean },
): Freshness {
  const syncedAt = accounts.flatMap(({ lastSyncedAt }) => (lastSyncedAt ? [lastSyncedAt] : []));
  const oldest = syncedAt.toSorted((a, b) => a.getTime() - b.getTime())[0] ?? null;
  const through = accounts.flatMap(({ completeThrough }) => completeThrough ?? []);
  const reason = accounts.length === 0 ? "not_connected" : oldest === null ? "not_synced" : null;
  const broken = accounts.find(({ connectionStatus }) => !isWorking(connectionStatus));
  const isLate = oldest !== null && now - oldest.getTime() > STALE_AFTER_MS;
  const isWaiting = syncedAt.length < accounts.length;
  return {
    lastSyncedAt: oldest,
    completeThrough:
      through.length < accounts.length ? null : (through.toSorted((a, b) => a.localeCompare(b))[0] ?? null),
    isPartial,
    staleReason: broken
      ? `connection_${broken.connectionStatus}`
      : (reason ?? (isWaiting ? "account_not_synced" : isLate ? "sync_late" : null)),
    reason,
  };
}
