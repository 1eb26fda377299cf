// Cloudflare's queue as far as it matters: at least once, delayed on request, acknowledged per message, and to the
// dead-letter queue after max_retries. Time is the test's clock.
import type { Message } from "../../src/context.ts";
import type { Clock } from "./clock.ts";

type Held = { id: string; body: unknown; attempts: number; dueAt: number };

export const MAX_RETRIES = 12;

export type FakeQueue = ReturnType<typeof createQueue>;

export function createQueue(clock: Clock, deliver: (batch: MessageBatch) => Promise<void>) {
  const held: Held[] = [];
  const dead: Held[] = [];
  let serial = 0;
  let isDown = false;

  const add = (body: unknown, delaySeconds = 0) => {
    serial += 1;
    held.push({ id: `message-${serial}`, body, attempts: 0, dueAt: clock.now() + delaySeconds * 1000 });
  };

  const deliverOne = async (one: Held): Promise<void> => {
    one.attempts += 1;
    let settled: { retryAfter?: number } | undefined;
    const received = {
      id: one.id,
      body: one.body,
      attempts: one.attempts,
      timestamp: new Date(clock.now()),
      ack: () => (settled ??= {}),
      retry: (options?: { delaySeconds?: number }) => (settled ??= { retryAfter: options?.delaySeconds ?? 0 }),
    };
    await deliver({ queue: "marketing-hub-jobs", messages: [received] } as unknown as MessageBatch);
    if (settled?.retryAfter === undefined) return;
    if (one.attempts > MAX_RETRIES) dead.push(one);
    else held.push({ ...one, dueAt: clock.now() + settled.retryAfter * 1000 });
  };

  return {
    /** What deps.ts gets. */
    binding: {
      sendBatch: async (messages: { body: Message; delaySeconds?: number }[]) => {
        if (isDown) throw new Error("the queue is down");
        for (const { body, delaySeconds } of messages) add(body, delaySeconds);
      },
    },
    add,
    dead,
    setDown: (down: boolean) => {
      isDown = down;
    },
    waiting: () => held.map(({ body, dueAt }) => ({ body, dueAt })),
    /** Loses everything that waits. */
    lose: () => held.splice(0).length,
    /** Delivers what is due now: one after the other and each `copies` times, or all at once. */
    deliverDue: async ({ copies = 1, atOnce = false } = {}): Promise<number> => {
      const due = held.filter(({ dueAt }) => dueAt <= clock.now());
      for (const one of due) held.splice(held.indexOf(one), 1);
      if (atOnce) await Promise.all(due.map(deliverOne));
      else
        for (const one of due) {
          for (let copy = 1; copy < copies; copy += 1) await deliverOne({ ...one });
          await deliverOne(one);
        }
      return due.length;
    },
  };
}
