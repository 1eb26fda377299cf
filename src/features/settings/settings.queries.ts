import { sql } from "drizzle-orm";
import { type Diff, runAudited, wroteHere } from "../../adapters/db/audit.ts";
import { tenants, tenantSettings } from "../../adapters/db/schema/tenancy.ts";
import type { Needs } from "../../context.ts";
import type { SettingsChange } from "./settings.contract.ts";

export type TenantSettings = typeof tenantSettings.$inferSelect;

export async function findSettings(ctx: Needs<"db">): Promise<TenantSettings | undefined> {
  const [found] = await ctx.db.one(ctx.db.q.select().from(tenantSettings).where(ctx.db.mine(tenantSettings)));
  return found;
}

/**
 * Stores a change, and in the same transaction makes the figures anew when it moves them. Undefined when somebody else
 * changed them since `before` was read.
 */
export async function saveSettings(
  ctx: Needs<"db" | "now" | "audit">,
  {
    change,
    before,
    movesFigures,
    diff,
  }: { change: SettingsChange; before: TenantSettings; movesFigures: boolean; diff: Diff },
): Promise<TenantSettings | undefined> {
  const { tenantId } = ctx.db;
  const updatedAt = new Date(ctx.now());
  const isSaved = wroteHere(tenantSettings, ctx.db.mine(tenantSettings));
  const [[saved]] = await runAudited(
    ctx,
    { diff, when: isSaved },
    ctx.db.q
      .insert(tenantSettings)
      .values({ ...before, ...change, timezone: change.timezone ?? before.timezone, tenantId, updatedAt })
      .onConflictDoUpdate({
        target: tenantSettings.tenantId,
        set: { ...change, updatedAt },
        setWhere: sql`date_trunc('milliseconds', ${tenantSettings.updatedAt}) = ${before.updatedAt.toISOString()}::timestamptz`,
      })
      .returning(),
    ctx.db.q.execute(movesFigures ? sql`SELECT rebuild_facts(${tenantId})` : sql`SELECT renew_answers(${tenantId})`),
  );
  return saved;
}

export async function findTenantName(ctx: Needs<"db">): Promise<string | undefined> {
  const [found] = await ctx.db.one(ctx.db.q.select({ name: tenants.name }).from(tenants).where(ctx.db.mine(tenants)));
  return found?.name;
}
