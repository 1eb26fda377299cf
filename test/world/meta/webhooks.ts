// What Meta tells an app of by itself (§G.1): signed, several changes in a POST, again and again until it hears 200, in no order.
import type { SimContext } from "./context.ts";
import { type Notification, signedPost, writeBody } from "./webhook-body.ts";

/** Where the app wants to be told, as entered in its dashboard, and how a request gets there. */
export interface WebhookTarget {
  url: string;
  send: (url: string, init: RequestInit) => Promise<Response>;
}

export interface Manner {
  /** Only written down: `deliverWebhooks` sends it, together with what else is for the same entry. */
  isHeld?: boolean;
  /** How often it is sent although the first time was well. */
  copies?: number;
  /** Signs with another secret. */
  secret?: string;
  /** A URL of its own: a number's or an account's override. */
  url?: string;
}

type Outgoing = { notification: Notification; manner: Manner; tries: number; dueAt: number; since: number };

const FIRST_RETRY_MS = 60_000;
/** WhatsApp: seven days; other topics: a day and a half. */
const patience = (object: string) => (object.startsWith("whatsapp") ? 7 * 24 : 36) * 3_600_000;

/** Joins notifications of one object into one POST: what is of one entry and instant stands under one entry. */
const join = (held: readonly Notification[]): Notification => {
  const entries = new Map<string, Notification["entry"][number]>();
  for (const entry of held.flatMap((notification) => notification.entry)) {
    const key = `${entry.id} ${entry.time}`;
    const changes = [...(entries.get(key)?.changes ?? []), ...entry.changes];
    entries.set(key, { ...entry, changes });
  }
  return { object: held[0]?.object ?? "", entry: [...entries.values()] };
};

export const createWebhooks = ({ state, clock }: SimContext, target: WebhookTarget | undefined) => {
  const outgoing: Outgoing[] = [];
  const lost: Notification[] = [];

  const post = async (notification: Notification, { secret = state.appSecret, url }: Manner): Promise<Response> => {
    if (!target) throw new Error("This Meta knows no callback URL.");
    return target.send(url ?? target.url, signedPost(secret, writeBody(notification)));
  };

  const attempt = async (one: Outgoing): Promise<Response | undefined> => {
    const answer = await post(one.notification, one.manner).catch(() => undefined);
    if (answer?.status === 200) {
      for (let copy = 1; copy < (one.manner.copies ?? 1); copy += 1) await post(one.notification, one.manner);
      return answer;
    }
    one.dueAt = clock.now() + FIRST_RETRY_MS * 2 ** Math.min(one.tries, 8);
    one.tries += 1;
    const isOver = one.dueAt - one.since > patience(one.notification.object);
    if (isOver) lost.push(one.notification);
    else outgoing.push(one);
    return answer;
  };

  return {
    /** Tells the app; its answer, or undefined where it is told nothing or nobody answered. What was not heard is said again by `deliverWebhooks`. */
    notify: async (notification: Notification, manner: Manner = {}): Promise<Response | undefined> => {
      if (!target) return undefined;
      const one = { notification, manner, tries: 0, dueAt: clock.now(), since: clock.now() };
      if (!manner.isHeld) return attempt(one);
      outgoing.push(one);
      return undefined;
    },
    /** Sends what is due by the clock: latest first when `reversed`, up to `perPost` notifications of one object in a POST. */
    deliverWebhooks: async ({ reversed = false, perPost = 1 } = {}): Promise<number> => {
      const due = outgoing.filter(({ dueAt }) => dueAt <= clock.now());
      for (const one of due) outgoing.splice(outgoing.indexOf(one), 1);
      if (reversed) due.reverse();
      while (due.length > 0) {
        const [first] = due;
        const together = due
          .filter(({ notification }) => notification.object === first?.notification.object)
          .slice(0, perPost);
        for (const one of together) due.splice(due.indexOf(one), 1);
        if (first) await attempt({ ...first, notification: join(together.map(({ notification }) => notification)) });
      }
      return outgoing.length;
    },
    webhooksWaiting: () => outgoing.length,
    forgetWebhooks: (): void => {
      outgoing.length = 0;
      lost.length = 0;
    },
    /** What Meta has given up telling. */
    webhooksLost: lost,
    /** The handshake when the callback URL is entered (§G.1). */
    verifyCallback: async (verifyToken: string, challenge = "1158201444"): Promise<Response | undefined> =>
      target?.send(
        `${target.url}?${new URLSearchParams({ "hub.mode": "subscribe", "hub.verify_token": verifyToken, "hub.challenge": challenge })}`,
        { method: "GET" },
      ),
  };
};

export type Webhooks = ReturnType<typeof createWebhooks>;
