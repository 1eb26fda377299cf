// The doors of time: a tick of cron, a batch of the queue. What each does is in contents/work.ts.
import { type Ctx, type Message, type MessageOf, systemCtx, type Tools } from "./context.ts";
import { AppError, toAppError } from "./errors.ts";
import { planners, workers } from "./contents/work.ts";
import { message } from "./message.ts";

const run = <K extends Message["kind"]>(ctx: Ctx, received: MessageOf<K>) => workers[received.kind](ctx, received);

export async function runCron(tools: Tools, cron: string): Promise<void> {
  const plans = planners[cron];
  if (!plans) throw new AppError("config.invalid", `No planner for the cron expression ${cron}.`);
  const startedAt = tools.now();
  // One that fails does not take the others along.
  const failed = (await Promise.allSettled(plans.map((plan) => plan(tools)))).find(
    ({ status }) => status === "rejected",
  );
  const error = failed?.status === "rejected" ? toAppError(failed.reason) : undefined;
  // A tick that failed leaves no beat: /readyz notices after three minutes.
  const health = error ? undefined : await tools.operation.beat();
  const [outcome, ms] = [error?.code ?? "done", tools.now() - startedAt];
  tools.log("cron", { cron, outcome, note: error?.note, ms, ...health });
  if (failed?.status === "rejected") throw failed.reason;
}

/** Each message is acknowledged or retried for itself: unsettled, one that fails would take its batch along. */
export async function runBatch(tools: Tools, batch: MessageBatch): Promise<void> {
  const isDead = batch.queue.endsWith("-dead");
  await Promise.all(batch.messages.map((received) => (isDead ? bury(tools, received) : work(tools, received))));
}

async function work(tools: Tools, received: MessageBatch["messages"][number]): Promise<void> {
  const startedAt = tools.now();
  let [requestId, outcome] = [received.id, "done"];
  let [kind, note, tenantId]: [string?, string?, number?] = [];
  try {
    const parsed = message.safeParse(received.body);
    // A newer version's message waits for the code that knows it.
    if (!parsed.success) throw new AppError("message.unknown", "The message is of no known kind and version.");
    ({ tenantId, kind, requestId = received.id } = parsed.data);
    await run(systemCtx(tools, { tenantId, requestId, job: kind }), parsed.data);
    received.ack();
  } catch (thrown) {
    const error = toAppError(thrown);
    outcome = error.code;
    note = error.note;
    if (error.fate === "give-up") received.ack();
    else received.retry({ delaySeconds: error.retrySeconds(received.attempts) });
  }
  const ms = tools.now() - startedAt;
  const { id: messageId, attempts } = received;
  tools.log("job", { requestId, messageId, kind, tenantId, outcome, note, attempts, ms });
}

// What a dead message pointed to is still due, and cron posts it again. It is told, though, and so are rows of the audit.
async function bury(tools: Tools, received: MessageBatch["messages"][number]): Promise<void> {
  const parsed = message.safeParse(received.body);
  const { tenantId, kind, requestId = received.id } = parsed.success ? parsed.data : {};
  tools.log("job.dead", { requestId, messageId: received.id, tenantId, kind });
  if (parsed.data?.kind === "audit.write") tools.tellLost(parsed.data.tenantId, parsed.data.entries);
  // The line above is what counts; without the row, only /readyz does not know.
  await tools.operation.bury(received.id, kind ?? null).catch(() => undefined);
  received.ack();
}
