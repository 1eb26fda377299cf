// Cloudflare's queue as far as it matters: at least once, delayed on request, acknowledged per message, and to the
// dead-letter queue after max_retries. Time is the test's clock.
import type { Message } from "../../src/context.ts";
import type { Clock } from "./clock.ts";

/** What befalls the next `sendBatch`: it fails before or after the messages are in, or after half of them, or doubles them. */
export type QueueFault = "reset-before" | "reset-after-execute" | "half" | "duplicate";

type Held = { id: string; body: unknown; attempts: number; dueAt: number };

export const MAX_RETRIES = 12;

export type FakeQueue = ReturnType<typeof createQueue>;

export function createQueue(clock: Clock, deliver: (batch: MessageBatch) => Promise<void>) {
  const held: Held[] = [];
  const dead: Held[] = [];
  let serial = 0;
  let isDown = false;
  let fault: QueueFault | undefined;
  const beingDelivered = new Set<Held>();

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
    beingDelivered.delete(one);
    if (settled?.retryAfter === undefined) return;
    if (one.attempts > MAX_RETRIES) dead.push(one);
    else held.push({ ...one, dueAt: clock.now() + settled.retryAfter * 1000 });
  };

  return {
    /** What deps.ts gets. */
    binding: {
      sendBatch: async (messages: { body: Message; delaySeconds?: number }[]) => {
        if (isDown) throw new Error("the queue is down");
        const struck = fault;
        fault = undefined;
        if (struck === "reset-before") throw new Error("the queue was not reached");
        const taken = struck === "half" ? messages.slice(0, Math.floor(messages.length / 2)) : messages;
        for (let copy = struck === "duplicate" ? 2 : 1; copy > 0; copy -= 1)
          for (const { body, delaySeconds } of taken) add(body, delaySeconds);
        if (struck === "half" || struck === "reset-after-execute") throw new Error("the queue broke off");
      },
    },
    add,
    dead,
    setDown: (down: boolean) => {
      isDown = down;
    },
    /** Strikes once. */
    setFault: (next: QueueFault | undefined) => {
      fault = next;
    },
    /** The consumer is dead: what it had neither acknowledged nor given back comes again. */
    redeliver: (afterMs: number) => {
      for (const one of beingDelivered) held.push({ ...one, dueAt: clock.now() + afterMs });
      beingDelivered.clear();
    },
    /** The latest message first. */
    reverse: () => void held.reverse(),
    waiting: () => held.map(({ body, dueAt }) => ({ body, dueAt })),
    /** Loses everything that waits. */
    lose: () => held.splice(0).length,
    /** Delivers what is due now: one after the other and each `copies` times, or all at once. */
    deliverDue: async ({ copies = 1, atOnce = false } = {}): Promise<number> => {
      const due = held.filter(({ dueAt }) => dueAt <= clock.now());
      for (const one of due) {
        held.splice(held.indexOf(one), 1);
        beingDelivered.add(one);
      }
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
