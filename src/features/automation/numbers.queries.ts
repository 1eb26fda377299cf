// What is known of the numbers that are sent from: whose turn it is, their pace, their breakers. Rows, so that all isolates
// see the same.
import { and, eq, ne, sql } from "drizzle-orm";
import { sendingNumbers } from "../../adapters/db/schema/automation.ts";
import { runAudited } from "../../adapters/db/audit.ts";
import { toInstant } from "../../adapters/db/wire.ts";
import type { Needs } from "../../context.ts";
import { type Breaker, breakerAt, closed } from "./breaker.ts";

type Db = Needs<"db" | "now">;

/** No number: the row of the tenant's turn. */
const TURN = "*";
export const TURN_SECONDS = 180;
/** Messages per second of one number; Meta allows 80, and 20 where a phone uses it too. */
const PER_SECOND = 20;

/** One sender per tenant at a time, so that caps and pace are counted once. False when it is somebody else's turn. */
export async function takeTurn(ctx: Db, holder: string): Promise<boolean> {
  const now = ctx.now();
  const { rows } = await ctx.db.one(
    ctx.db.q.execute(sql`
      INSERT INTO sending_numbers (tenant_id, number, holder, held_until, updated_at)
      VALUES (${ctx.db.tenantId}, ${TURN}, ${holder}::uuid, ${toInstant(now + TURN_SECONDS * 1000)}, ${toInstant(now)})
      ON CONFLICT (tenant_id, number) DO UPDATE SET holder = EXCLUDED.holder, held_until = EXCLUDED.held_until, updated_at = EXCLUDED.updated_at
      WHERE sending_numbers.holder IS NULL OR sending_numbers.holder = EXCLUDED.holder OR sending_numbers.held_until <= ${toInstant(now)}
      RETURNING number`),
  );
  return rows.length > 0;
}

export const endTurn = async (ctx: Db, holder: string): Promise<void> =>
  void (await ctx.db.one(
    ctx.db.q
      .update(sendingNumbers)
      .set({ holder: null, heldUntil: null })
      .where(and(ctx.db.mine(sendingNumbers), eq(sendingNumbers.number, TURN), eq(sendingNumbers.holder, holder))),
  ));

/** Takes `count` places in the number's row of messages; epoch milliseconds of the first, and how far they are apart. */
export async function takePlaces(ctx: Db, number: string, count: number): Promise<{ first: number; apart: number }> {
  const apart = 1000 / PER_SECOND;
  const taken = count * apart;
  const step = sql`${taken} * interval '1 millisecond'`;
  const { rows } = await ctx.db.one(
    ctx.db.q.execute<{ next: string }>(sql`
      INSERT INTO sending_numbers (tenant_id, number, next_send_at, updated_at)
      VALUES (${ctx.db.tenantId}, ${number}, ${toInstant(ctx.now())} + ${step}, ${toInstant(ctx.now())})
      ON CONFLICT (tenant_id, number) DO UPDATE SET next_send_at = GREATEST(sending_numbers.next_send_at, ${toInstant(ctx.now())}) + ${step}
      RETURNING next_send_at AS next`),
  );
  return { first: Date.parse(rows[0]?.next ?? new Date(ctx.now() + taken).toISOString()) - taken, apart };
}

/** Whether this is the one message that finds out whether the number works again. */
export async function takeProbe(ctx: Db, number: string): Promise<boolean> {
  const now = ctx.now();
  const taken = await ctx.db.one(
    ctx.db.q
      .update(sendingNumbers)
      .set({ probeUntil: new Date(now + TURN_SECONDS * 1000) })
      .where(
        and(
          ctx.db.mine(sendingNumbers),
          eq(sendingNumbers.number, number),
          eq(sendingNumbers.breaker, "open"),
          sql`open_until <= ${toInstant(now)} AND (probe_until IS NULL OR probe_until <= ${toInstant(now)})`,
        ),
      )
      .returning({ number: sendingNumbers.number }),
  );
  return taken.length > 0;
}

export async function findBreaker(ctx: Db, number: string): Promise<Breaker> {
  const [row] = await ctx.db.one(
    ctx.db.q
      .select()
      .from(sendingNumbers)
      .where(and(ctx.db.mine(sendingNumbers), eq(sendingNumbers.number, number))),
  );
  if (!row) return closed;
  const { breaker: state, failures, openings, openUntil } = row;
  return breakerAt({ state, failures, openings, openUntil: openUntil?.getTime() ?? null }, ctx.now());
}

const reset = { breaker: "closed", failures: 0, openings: 0, openUntil: null, probeUntil: null, reason: null } as const;

/** A number that works again has no problem of sending any more. */
const forgive = (ctx: Db, number: string) =>
  ctx.db.q.execute(sql`
    UPDATE meta_assets SET problem = NULL, updated_at = ${toInstant(ctx.now())}
    WHERE tenant_id = ${ctx.db.tenantId} AND kind = 'phone_number' AND asset_id = ${number} AND problem LIKE 'send.%'`);

export async function saveBreaker(ctx: Db, number: string, breaker: Breaker, reason: string | null): Promise<void> {
  const updatedAt = new Date(ctx.now());
  const set =
    breaker.state === "closed" && breaker.failures === 0
      ? { ...reset, updatedAt }
      : {
          breaker: breaker.state === "closed" ? ("closed" as const) : ("open" as const),
          failures: breaker.failures,
          openings: breaker.openings,
          openUntil: breaker.openUntil === null ? null : new Date(breaker.openUntil),
          probeUntil: null,
          reason,
          updatedAt,
        };
  await ctx.db.run(
    ctx.db.q
      .insert(sendingNumbers)
      .values({ tenantId: ctx.db.tenantId, number, ...set })
      .onConflictDoUpdate({ target: [sendingNumbers.tenantId, sendingNumbers.number], set }),
    ...(set.breaker === "closed" && set.failures === 0 ? [forgive(ctx, number)] : []),
  );
}

/** Closes a breaker by hand; what waits for it is asked about again at once. False when there is no such number. */
export async function resetNumber(ctx: Needs<"db" | "now" | "audit">, number: string): Promise<boolean> {
  const there = and(ctx.db.mine(sendingNumbers), eq(sendingNumbers.number, number), ne(sendingNumbers.number, TURN));
  await runAudited(
    ctx,
    { diff: { number, breaker: "closed" }, when: sql`EXISTS (SELECT FROM ${sendingNumbers} WHERE ${there})` },
    ctx.db.q
      .update(sendingNumbers)
      .set({ ...reset, updatedAt: new Date(ctx.now()) })
      .where(there),
    forgive(ctx, number),
    ctx.db.q.execute(sql`
      UPDATE messages SET due_at = ${toInstant(ctx.now())} WHERE tenant_id = ${ctx.db.tenantId} AND state = 'planned'
        AND reason IN ('breaker_open', 'breaker_half_open', 'number_problem') AND due_at > ${toInstant(ctx.now())}`),
  );
  return ctx.audit.isWritten;
}

export const listNumbers = (ctx: Db) =>
  ctx.db.q
    .select()
    .from(sendingNumbers)
    .where(and(ctx.db.mine(sendingNumbers), ne(sendingNumbers.number, TURN)))
    .orderBy(sendingNumbers.number);
