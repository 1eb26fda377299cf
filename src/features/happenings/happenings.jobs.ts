// What happened in a tenant's CRM goes to everybody who makes something of it. Their rows and the mark that it is handled are
// written in one transaction, each of their rows under a key of its own: what is handled twice changes nothing.
import type { Ctx, Happening, Tools } from "../../context.ts";
import { isAppError, toAppError } from "../../errors.ts";
import { enrol } from "../automation/enrol.ts";
import { recordOutcomes } from "../conversions/conversions.service.ts";
import { notify } from "../notifications/notify.ts";
import { handle, listOpen, listOpenTenants, MOST_FAILURES, noteFailure } from "./happenings.queries.ts";

/** Posts a message for every tenant where something happened. */
export async function planHappenings(tools: Pick<Tools, "dispatch" | "enqueue">): Promise<void> {
  const tenants = await listOpenTenants(tools);
  await tools.enqueue(tenants.map((tenantId) => ({ message: { v: 1, kind: "happenings.handle", tenantId } })));
}

const ROUNDS = 20;

export async function runHappenings(ctx: Ctx): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const told = await listOpen(ctx);
    if (told.length === 0) return;
    if (await tryAll(ctx, told)) continue;
    for (const one of told) await tryOne(ctx, one);
    // What failed has its next turn with the next tick, after all that never failed.
    return;
  }
}

async function conclude(ctx: Ctx, told: readonly Happening[]): Promise<void> {
  const consequences = [await enrol(ctx, told), await recordOutcomes(ctx, told), await notify(ctx, told)];
  await handle(ctx, told, consequences.flat());
}

/** False where one of them fails for itself, and which one is not known. */
async function tryAll(ctx: Ctx, told: readonly Happening[]): Promise<boolean> {
  try {
    await conclude(ctx, told);
    return true;
  } catch (thrown) {
    if (isAppError(thrown, "database.unavailable")) throw thrown;
    return false;
  }
}

async function tryOne(ctx: Ctx, told: Happening): Promise<void> {
  try {
    await conclude(ctx, [told]);
  } catch (thrown) {
    if (isAppError(thrown, "database.unavailable")) throw thrown;
    const { code, note } = toAppError(thrown);
    const isLast = told.failures + 1 >= MOST_FAILURES;
    ctx.log(isLast ? "happening.given_up" : "happening.failed", {
      requestId: ctx.requestId,
      tenantId: ctx.tenantId,
      happening: told.kind,
      id: told.id,
      outcome: code,
      note,
    });
    await noteFailure(ctx, told);
  }
}
