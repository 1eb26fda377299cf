import type { Ctx, Needs } from "../../context.ts";
import { AppError, type ErrorCode } from "../../errors.ts";
import { unsubscribe } from "../connection/asset-farewell.ts";
import { findConnection } from "../connection/connection.queries.ts";
import { openSealed } from "../connection/connection.service.ts";
import { hintFor } from "../connection/hints.ts";
import { getTokenStatus } from "../connection/token-status.ts";
import { BIND } from "./assets.jobs.ts";
import { type Asset, listAssets, saveChoice } from "./assets.queries.ts";
import { askNow, askNowByHand, findTask } from "./schedule.queries.ts";

export type AssetState = "ready" | "pending" | "problem" | "taken" | "declined";

/** What the tenant has at Meta besides ad accounts, and how each is. */
export async function getAssets(ctx: Needs<"db">) {
  const [assets, task] = await Promise.all([listAssets(ctx), findTask(ctx, BIND)]);
  return { assets: assets.map(describe), nextCheckAt: task?.nextDueAt ?? null };
}

const describe = (asset: Asset) => ({
  ...asset,
  state: stateOf(asset),
  hint: asset.problem && hintFor({ code: asset.problem as ErrorCode, reason: null }),
});

export function stateOf({ kind, releasedAt, declinedAt, problem, subscribedAt }: Asset): AssetState {
  if (problem === "asset.taken") return "taken";
  if (declinedAt || releasedAt) return "declined";
  if (problem) return "problem";
  return subscribedAt || kind === "phone_number" ? "ready" : "pending";
}

/** Asks Meta anew, as soon as the queue comes to it. Throws connection.missing where there is nothing to ask with. */
export async function refreshAssets(ctx: Ctx) {
  if (!(await askNowByHand(ctx, BIND)))
    throw new AppError("connection.missing", "Conectá Meta con permisos de páginas o de WhatsApp primero.");
  await hurry(ctx);
  return getAssets(ctx);
}

// Without this message cron posts one within a minute.
const hurry = ({ enqueue, tenantId }: Ctx) =>
  enqueue([{ message: { v: 1, kind: "assets.bind", tenantId } }]).catch(() => undefined);

/**
 * The tenant uses the assets of these ids, and none of its others; a number stands for its account. Throws asset.not_found
 * for an id that Meta never showed it.
 */
export async function chooseAssets(ctx: Ctx, assetIds: readonly string[]) {
  const assets = await listAssets(ctx);
  const unknown = assetIds.filter((id) => !assets.some(({ assetId }) => assetId === id));
  if (unknown.length > 0)
    throw new AppError("asset.not_found", "Meta no te muestra alguno de esos canales.", { details: { unknown } });
  const wanted = new Set(
    assets.filter(({ assetId }) => assetIds.includes(assetId)).map(({ parentId, assetId }) => parentId ?? assetId),
  );
  const isWanted = ({ parentId, assetId }: Asset) => wanted.has(parentId ?? assetId);
  const [chosen, declined] = [assets.filter(isWanted), assets.filter((asset) => !isWanted(asset))];
  await leave(
    ctx,
    declined.filter(({ releasedAt, subscribedAt }) => releasedAt === null && subscribedAt !== null),
  );
  await saveChoice(ctx, { chosen, declined });
  if (await askNow(ctx, BIND)) await hurry(ctx);
  return getAssets(ctx);
}

async function leave(ctx: Ctx, assets: readonly Asset[]): Promise<void> {
  if (assets.length === 0) return;
  const connection = await findConnection(ctx);
  await unsubscribe(ctx, assets, connection?.tokenSealed ? await openSealed(ctx, connection) : undefined);
}

/** The connection and its channels, as the main CRM's panel of integrations reads them. */
export async function getPanel(ctx: Ctx) {
  const [status, assets] = await Promise.all([getTokenStatus(ctx), listAssets(ctx)]);
  return { ...status, assets: assets.map(describe) };
}
