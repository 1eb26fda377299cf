import type { Ctx, Tools } from "../../context.ts";
import { findConnection } from "../connection/connection.queries.ts";
import { forgetToken } from "../connection/token.queries.ts";
import { closeDone, findMeant, listOpen } from "./withdrawals.queries.ts";

/** Posts a message for every tenant that an open withdrawal means, and closes those that mean none. */
export async function planWithdrawals(tools: Pick<Tools, "dispatch" | "enqueue" | "now">): Promise<void> {
  const open = await listOpen(tools);
  if (open.some(({ tenantId }) => tenantId === null)) await closeDone(tools);
  const tenants = open.flatMap(({ tenantId }) => tenantId ?? []);
  await tools.enqueue(tenants.map((tenantId) => ({ message: { v: 1, kind: "connection.withdraw", tenantId } })));
}

/** Ends the tenant's connection if a withdrawal means it; once more changes nothing. */
export async function runWithdrawal(ctx: Ctx): Promise<void> {
  // Its version is read first: a token granted from here on makes the batch fail, and is not meant.
  const connection = await findConnection(ctx);
  const withdrawal = await findMeant(ctx);
  if (!connection || !withdrawal) return;
  const { tokenVersion } = connection;
  await forgetToken(ctx, { revokedAtMeta: "by_the_person", withdrawal: { kind: withdrawal.kind, tokenVersion } });
}
