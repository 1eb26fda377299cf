// Finds what the tenant owns at Meta, makes it the tenant's and has Meta send us what happens there: after each login, each
// night, and when somebody asks. A message that is lost, doubled or late changes nothing but time.
import type { Ctx, Tools } from "../../context.ts";
import { type AppError, isAppError } from "../../errors.ts";
import { findConnection } from "../connection/connection.queries.ts";
import { noteFailure, openSealed } from "../connection/connection.service.ts";
import * as queries from "./assets.queries.ts";
import { afterFailure, nextNight } from "./due.ts";
import { findAssets } from "./find-assets.ts";
import { newsOf } from "./news.ts";
import { claimDueTasks, finishTask, takeTask } from "./schedule.queries.ts";
import { keepSubscribed } from "./subscribe.ts";

export const BIND = { task: "bind", assetId: "" } as const;

/** Posts a message for everything of assets that is due: binding them, and reading their leads. */
export async function planAssetTasks(tools: Pick<Tools, "dispatch" | "enqueue" | "now">): Promise<void> {
  const due = await claimDueTasks(tools);
  await tools.enqueue(
    due.map(({ tenantId, task, assetId }) => ({
      message:
        task === "bind"
          ? { v: 1, kind: "assets.bind", tenantId }
          : { v: 1, kind: "leads.reconcile", tenantId, pageId: assetId },
    })),
  );
}

export async function runBinding(ctx: Ctx): Promise<void> {
  const worker = ctx.uuid();
  const taken = await takeTask(ctx, BIND, worker);
  if (!taken) return;
  const night = nextNight(ctx.now(), String(ctx.tenantId));
  const failure = await bindAssets(ctx).catch((thrown: unknown) => {
    if (!isAppError(thrown)) throw thrown;
    return thrown;
  });
  const isFinal = !failure || (failure.fate === "give-up" && !isAppError(failure, "lease.lost", "database.conflict"));
  const failures = isFinal ? 0 : taken.failures + 1;
  const nextDueAt = isFinal ? night : afterFailure(ctx.now(), taken.failures, night, failure.retryAfterSeconds);
  await finishTask(ctx, BIND, worker, { nextDueAt, failures });
  ctx.log("assets.bound", { tenantId: ctx.tenantId, outcome: failure?.code ?? "done" });
}

/** What went wrong and may go better soon, if anything did. */
async function bindAssets(ctx: Ctx): Promise<AppError | undefined> {
  const connection = await findConnection(ctx);
  if (!connection?.tokenSealed || connection.status === "needs_reauth") return undefined;
  const { tokenVersion } = connection;
  const token = await openSealed(ctx, connection);
  try {
    const [known, { found, looked }] = await Promise.all([queries.listAssets(ctx), findAssets(ctx, connection, token)]);
    const taken = await queries.listTaken(ctx, found);
    await queries.saveFound(ctx, { found, taken, tokenVersion, ...newsOf(known, found, { taken, looked }) });
  } catch (thrown) {
    await noteFailure(ctx, thrown, tokenVersion);
    throw thrown;
  }
  let failure: AppError | undefined;
  for (const asset of await queries.listAssets(ctx)) {
    if (asset.releasedAt !== null || asset.kind === "phone_number" || asset.problem === "asset.lost") continue;
    const problem = await keepSubscribed(ctx, asset, token);
    if (problem && problem.fate !== "give-up") failure = problem;
  }
  return failure;
}
