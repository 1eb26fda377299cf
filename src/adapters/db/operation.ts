import { lt, sql } from "drizzle-orm";
import type { Database } from "./client.ts";
import { toDatabaseError } from "./failure.ts";
import { deadMessages, heartbeats } from "./schema/operation.ts";
import { scopeToDispatcher } from "./scope.ts";

const CRON = "cron";
const DAY_MS = 86_400_000;
const KEPT_DAYS = 7;

/** `cronSeconds`: since the last tick that ended well; null before the first. `syncSeconds`: how late the latest account is, and `webhookSeconds` the latest event of Meta's. */
export type OperationHealth = { cronSeconds: number | null; syncSeconds: number; webhookSeconds: number; dead: number };

/** What the worker notes about itself, and what it reads of it. */
export function createOperation(database: Database, now: () => number) {
  const dispatcher = scopeToDispatcher(database);
  const guarded = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (thrown) {
      throw toDatabaseError(thrown);
    }
  };
  const look = async (): Promise<OperationHealth> => {
    const at = new Date(now()).toISOString();
    const since = new Date(now() - DAY_MS).toISOString();
    const { rows } = await dispatcher.one(
      database.execute<{ cron: string | null; sync: string; webhook: string; dead: string }>(sql`
        SELECT EXTRACT(EPOCH FROM ${at}::timestamptz - (SELECT beat_at FROM heartbeats WHERE job = ${CRON})) AS cron,
          GREATEST(0, EXTRACT(EPOCH FROM ${at}::timestamptz - (SELECT min(next_due_at) FROM sync_schedule))) AS sync,
          GREATEST(0, EXTRACT(EPOCH FROM ${at}::timestamptz
            - (SELECT min(due_at) FROM webhook_inbox WHERE state = 'pending'))) AS webhook,
          (SELECT count(*) FROM dead_messages WHERE died_at > ${since}::timestamptz) AS dead`),
    );
    const [row] = rows;
    const cron = row?.cron ?? null;
    return {
      cronSeconds: cron === null ? null : Math.round(Number(cron)),
      syncSeconds: Math.round(Number(row?.sync ?? 0)),
      webhookSeconds: Math.round(Number(row?.webhook ?? 0)),
      dead: Number(row?.dead ?? 0),
    };
  };
  return {
    /** A tick of cron has ended well; answers how things stand. */
    beat: async (): Promise<OperationHealth> => {
      const beatAt = new Date(now());
      const row = database.insert(heartbeats).values({ job: CRON, beatAt });
      await guarded(row.onConflictDoUpdate({ target: heartbeats.job, set: { beatAt } }));
      return look();
    },
    /** A message has died; delivered twice, it has died once. */
    bury: async (id: string, kind: string | null): Promise<void> => {
      const row = { id, kind, diedAt: new Date(now()) };
      const old = new Date(now() - KEPT_DAYS * DAY_MS);
      await guarded(
        database.batch([
          database.insert(deadMessages).values(row).onConflictDoNothing(),
          database.delete(deadMessages).where(lt(deadMessages.diedAt, old)),
        ]),
      );
    },
    /** Over all tenants, and naming none. */
    look,
  };
}

export type Operation = ReturnType<typeof createOperation>;
