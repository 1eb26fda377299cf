// Contents by time: cron expression → planner, message kind → worker.
import * as z from "zod";
import { type Ctx, type Message, systemCtx, type Tools } from "./context.ts";
import { AppError, toAppError } from "./errors.ts";
import { planSettlement, runSettlement } from "./features/attribution/attribution.jobs.ts";
import { planTokenKeeping, runTokenKeeping } from "./features/connection/connection.jobs.ts";
import { planRewrap, runRewrap } from "./features/connection/rewrap.jobs.ts";
import { planWithdrawals, runWithdrawal } from "./features/connection/withdrawals.jobs.ts";
import { planInsightsSync, runInsightsSync } from "./features/sync/sync.jobs.ts";

const planners: Record<string, ((tools: Tools) => Promise<void>)[]> = {
  "* * * * *": [planInsightsSync, planSettlement, planTokenKeeping, planWithdrawals, planRewrap],
};

const common = { v: z.literal(1), tenantId: z.number().int().positive() };
const accountId = z.string().regex(/^\d{1,32}$/);
const message = z.discriminatedUnion("kind", [
  z.object({ ...common, kind: z.literal("insights.sync"), accountId, epoch: z.number().int().nonnegative() }),
  z.object({ ...common, kind: z.enum(["outcomes.settle", "token.keep", "connection.withdraw", "token.rewrap"]) }),
]) satisfies z.ZodType<Message>;

const ofTenant = {
  "outcomes.settle": runSettlement,
  "token.keep": runTokenKeeping,
  "connection.withdraw": runWithdrawal,
  "token.rewrap": runRewrap,
};
const run = (ctx: Ctx, received: Message): Promise<void> =>
  received.kind === "insights.sync" ? runInsightsSync(ctx, received) : ofTenant[received.kind](ctx);

export async function runCron(tools: Tools, cron: string): Promise<void> {
  const plans = planners[cron];
  if (!plans) throw new AppError("config.invalid", `No planner for the cron expression ${cron}.`);
  // One that fails does not take the others along.
  const failed = (await Promise.allSettled(plans.map((plan) => plan(tools)))).find(
    ({ status }) => status === "rejected",
  );
  if (failed?.status === "rejected") throw failed.reason;
}

/** Each message is acknowledged or retried for itself: unsettled, one that fails would take its batch along. */
export async function runBatch(tools: Tools, batch: MessageBatch): Promise<void> {
  const isDead = batch.queue.endsWith("-dead");
  await Promise.all(batch.messages.map((received) => (isDead ? bury(tools, received) : work(tools, received))));
}

async function work(tools: Tools, received: MessageBatch["messages"][number]): Promise<void> {
  const requestId = received.id;
  const startedAt = tools.now();
  let outcome = "done";
  let note: string | undefined;
  let tenantId: number | undefined;
  try {
    const parsed = message.safeParse(received.body);
    // A newer version's message waits for the code that knows it.
    if (!parsed.success) throw new AppError("message.unknown", "The message is of no known kind and version.");
    tenantId = parsed.data.tenantId;
    await run(systemCtx(tools, { tenantId, requestId, job: parsed.data.kind }), parsed.data);
    received.ack();
  } catch (thrown) {
    const error = toAppError(thrown);
    outcome = error.code;
    note = error.note;
    if (error.fate === "give-up") received.ack();
    else received.retry({ delaySeconds: error.retrySeconds(received.attempts) });
  }
  tools.log("job", { requestId, tenantId, outcome, note, attempts: received.attempts, ms: tools.now() - startedAt });
}

// Nothing is lost with a dead message: what it pointed to is still due, and cron posts it again. It is told, though.
async function bury(tools: Tools, received: MessageBatch["messages"][number]): Promise<void> {
  const parsed = message.safeParse(received.body);
  const { tenantId, kind } = parsed.success ? parsed.data : {};
  tools.log("job.dead", { requestId: received.id, tenantId, kind });
  received.ack();
}
