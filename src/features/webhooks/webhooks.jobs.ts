import type { Ctx, MessageOf, Tools } from "../../context.ts";
import { AppError, toAppError } from "../../errors.ts";
import { chanceOf } from "../../lib/backoff.ts";
import { claimEvents, settleEvents } from "./events.queries.ts";
import { handlers } from "./handlers.ts";
import { purgeEvents, takeDueEvents } from "./inbox.queries.ts";
import { type Outcome, settle, type Settled } from "./retry.ts";
import type { Topic } from "./split.ts";
import { postEvents } from "./webhooks.service.ts";

/** A message works this long at most; what did not have its turn is posted again. */
const BUDGET_MS = 60_000;

/** Posts what is due and on no way: what the queue did not take or has lost, what is to be tried again, what died with its worker. */
export async function planWebhooks(tools: Pick<Tools, "dispatch" | "enqueue" | "now" | "log">): Promise<void> {
  await postEvents(tools, await takeDueEvents(tools));
}

export async function planWebhookPurge(tools: Pick<Tools, "dispatch" | "now" | "log">): Promise<void> {
  const { erased, deleted } = await purgeEvents(tools);
  if (erased + deleted > 0) tools.log("webhook.purged", { erased, deleted });
}

/** Works on the events that are still due; each ends for itself, and none keeps another from its turn. */
export async function runWebhooks(ctx: Ctx, { eventIds }: MessageOf<"webhook.process">): Promise<void> {
  const worker = ctx.uuid();
  const claimed = await claimEvents(ctx, worker, eventIds);
  if (claimed.length === 0) return;
  const until = ctx.now() + BUDGET_MS;
  const settled: (Settled & { id: string })[] = [];
  for (const event of claimed) {
    const outcome: Outcome = ctx.now() > until ? { kind: "untouched" } : await handle(ctx, event);
    settled.push({ id: event.id, ...settle(outcome, event.tries, ctx.now(), chanceOf(ctx.uuid())) });
  }
  await settleEvents(ctx, worker, settled);
  const count = (state: string) => settled.filter((one) => one.state === state).length;
  ctx.log("webhook.worked", {
    tenantId: ctx.tenantId,
    done: count("done"),
    pending: count("pending"),
    failed: count("failed"),
  });
}

type Claimed = Awaited<ReturnType<typeof claimEvents>>[number];

async function handle(ctx: Ctx, { id, topic, field, assetId, at, payload, tries }: Claimed): Promise<Outcome> {
  try {
    const take = handlers[topic as Topic];
    // A topic that another deployment knows waits for it.
    if (!take || payload === null) throw new AppError("webhook.unhandled", "Nadie se ocupa de este evento.");
    await take(ctx, { field, assetId, at: at.toISOString(), value: JSON.parse(payload) as unknown });
    return { kind: "done" };
  } catch (thrown) {
    const error = toAppError(thrown);
    ctx.log("webhook.failed", {
      tenantId: ctx.tenantId,
      eventId: id,
      topic,
      tries,
      error: error.code,
      note: error.note,
    });
    return { kind: "failed", error };
  }
}
