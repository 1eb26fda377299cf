// Ten thousand accounts through an hour without one dependency, on a virtual clock. What decides is production's own: what a
// failed slice does (`decide`), which slices an hourly run has (`planScheduled`), how long an account rests (`restSeconds`),
// when the queue tries again (`AppError.retrySeconds`), how many are claimed in a tick and for how long, and what
// wrangler.toml says of the queue. What is model: the claim (due first, skip the claimed; SQL there), what a call to Meta
// costs in time, and that six calls of one consumer wait for headers at once.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../src/errors.ts";
import { planScheduled } from "../../src/features/sync/plan-slices.ts";
import { decide, PAGE_LIMIT } from "../../src/features/sync/react.ts";
import { CLAIM_SECONDS, CLAIMS_PER_TICK } from "../../src/features/sync/schedule.queries.ts";
import { restSeconds, SOON_SECONDS } from "../../src/features/sync/settle.ts";
import { root } from "../world/root.ts";

export type Dependency = "neon" | "upstash" | "meta" | "queue";

export type Outage = {
  dependency: Dependency;
  accounts: number;
  /** How long a call takes that ends in nothing: refused at once, or only when the deadline has passed. */
  failsAfterSeconds: number;
  /** The day has changed meanwhile: every account reads all that Meta may restate, and its structure. */
  isNewDay?: boolean;
  seed?: number;
};

export type Recovery = {
  /** From the end of the outage until every account is fresh. */
  minutes: number;
  peakCallsPerSecond: number;
  /** During the outage, by account. */
  callsInOutage: number;
  deadMessages: number;
};

const PERIOD = 3600;
/** Older figures are not fresh: a period, the tick that finds it over, and the run. */
const FRESH = PERIOD + 300;
const WARM = PERIOD;
const OUTAGE = { from: WARM, until: WARM + 3600 };
const GIVE_UP = OUTAGE.until + 4 * 3600;
const SECONDS = { metaCall: 0.8, databaseCall: 0.03, delivery: 1 };
const MESSAGES_PER_SIX_CONNECTIONS = 6;

const wrangler = readFileSync(join(root, "wrangler.toml"), "utf8");
/** As the production queue has it. */
const ofQueue = (name: string): number => {
  const [, consumer = ""] =
    /\[\[env\.production\.queues\.consumers\]\]\nqueue = "marketing-hub-jobs"\n([^[]+)/.exec(wrangler) ?? [];
  const value = Number(new RegExp(`^${name} = (\\d+)`, "m").exec(consumer)?.[1]);
  if (!Number.isInteger(value)) throw new Error(`wrangler.toml names no ${name}.`);
  return value;
};
const QUEUE = {
  batch: ofQueue("max_batch_size"),
  consumers: ofQueue("max_concurrency"),
  retries: ofQueue("max_retries"),
};

type Slice = {
  calls: number;
  attempts: number;
  notBefore: number;
  level: "structure" | "account";
  state: "open" | "done" | "failed";
};
type Account = {
  dueAt: number;
  claimedUntil: number;
  epoch: number;
  slices: Slice[];
  /** When its last whole run ended, and how long after the outage the first one did that came too late. */
  freshAt: number;
  lateBy: number;
};
type Message = { account: Account; epoch: number; attempts: number; at: number };

const slicesOf = (isFull: boolean): Slice[] => {
  const today = "2026-11-23";
  const { slices } = planScheduled({ today, fullReadOn: isFull ? null : today, deepReadOn: "2026-11-22", gaps: [] });
  return slices.map(({ level }) => ({
    // Account, campaigns, ad sets and ads; or one page of rows.
    calls: level === "structure" ? 4 : 1,
    attempts: 0,
    notBefore: 0,
    level: level === "structure" ? "structure" : "account",
    state: "open",
  }));
};

const isOpen = ({ state }: Slice) => state === "open";

const transient = new AppError("meta.transient", "x");
const unavailable = new AppError("database.unavailable", "x");

export function simulate({
  dependency,
  accounts: count,
  failsAfterSeconds,
  isNewDay = false,
  seed = 1,
}: Outage): Recovery {
  const random = mulberry(seed);
  const accounts = Array.from({ length: count }, (): Account => ({
    dueAt: random() * PERIOD,
    claimedUntil: 0,
    epoch: 0,
    slices: [],
    freshAt: -PERIOD,
    lateBy: 0,
  }));
  const isAway = (which: Dependency, at: number) => which === dependency && at >= OUTAGE.from && at < OUTAGE.until;
  const callsAt = new Map<number, number>();
  const waiting: Message[] = [];
  /** When each place in a consumer is free again. */
  const places = Array.from({ length: QUEUE.batch * QUEUE.consumers }, () => 0);
  let deadMessages = 0;

  const call = (at: number, calls = 1) => callsAt.set(Math.floor(at), (callsAt.get(Math.floor(at)) ?? 0) + calls);
  const post = (account: Account, at: number, attempts = 0) => {
    if (!isAway("queue", at)) waiting.push({ account, epoch: account.epoch, attempts, at: at + SECONDS.delivery });
  };

  const tick = (now: number) => {
    if (isAway("neon", now)) return;
    const due = accounts
      .filter(({ dueAt, claimedUntil }) => dueAt <= now && claimedUntil < now)
      .toSorted((one, other) => one.dueAt - other.dueAt)
      .slice(0, CLAIMS_PER_TICK);
    for (const account of due) {
      account.claimedUntil = now + CLAIM_SECONDS;
      account.epoch += 1;
      post(account, now);
    }
  };

  /** Works on one message; answers when its place is free again. */
  const work = (message: Message, now: number): number => {
    const { account } = message;
    if (isAway("neon", now)) {
      const attempts = message.attempts + 1;
      if (attempts > QUEUE.retries) deadMessages += 1;
      else waiting.push({ ...message, attempts, at: now + failsAfterSeconds + unavailable.retrySeconds(attempts) });
      return now + failsAfterSeconds;
    }
    let at = now + SECONDS.databaseCall;
    if (message.epoch !== account.epoch) return at;
    const isFirstOfDay = isNewDay && now >= OUTAGE.until && account.freshAt < OUTAGE.until;
    if (account.slices.length === 0) account.slices = slicesOf(isFirstOfDay);
    const open = account.slices.filter(isOpen).toSorted((one, other) => one.attempts - other.attempts);
    const tries = open.reduce((sum, { attempts }) => sum + attempts, 0);
    let pause = 0;
    for (const slice of open) {
      if (slice.notBefore > at) continue;
      if (isAway("meta", at)) {
        call(at);
        at += failsAfterSeconds;
        const state = { level: slice.level, since: "2026-11-20", until: "2026-11-23", method: "direct" };
        const decision = decide(transient, { ...state, attempts: slice.attempts, pageLimit: PAGE_LIMIT }, tries);
        slice.attempts += 1;
        if (decision.kind === "fail") slice.state = "failed";
        else if (decision.kind === "pause" || decision.kind === "retry") slice.notBefore = at + decision.delaySeconds;
        else throw new Error(`Not foreseen: ${decision.kind}`);
        if (decision.kind !== "pause") continue;
        pause = decision.delaySeconds;
        break;
      }
      for (let page = 0; page < slice.calls; page += 1) {
        call(at);
        at += SECONDS.metaCall * (QUEUE.batch / MESSAGES_PER_SIX_CONNECTIONS);
      }
      at += SECONDS.databaseCall;
      slice.state = "done";
    }
    settle(account, at, pause);
    return at;
  };

  const settle = (account: Account, at: number, pause: number) => {
    account.epoch += 1;
    const open = account.slices.filter(isOpen);
    if (open.length === 0) {
      const failed = account.slices.some(({ state }) => state === "failed");
      account.slices = [];
      account.dueAt = at + restSeconds(PERIOD, failed ? 1 : 0);
      account.claimedUntil = 0;
      if (failed) return;
      if (at >= OUTAGE.until && at - account.freshAt > FRESH && account.freshAt < OUTAGE.until)
        account.lateBy = at - OUTAGE.until;
      account.freshAt = at;
      return;
    }
    const resumeAt = Math.max(at + pause, Math.min(...open.map(({ notBefore }) => notBefore)));
    const isSoon = resumeAt - at <= SOON_SECONDS;
    account.dueAt = resumeAt;
    account.claimedUntil = isSoon ? resumeAt + CLAIM_SECONDS : 0;
    if (isSoon) post(account, resumeAt - SECONDS.delivery);
  };

  const isOver = (now: number) => now > OUTAGE.until && accounts.every(({ freshAt }) => freshAt > OUTAGE.until);
  let now = 0;
  for (; now < GIVE_UP && !(now % 60 === 0 && isOver(now)); now += 1) {
    if (now % 60 === 0) tick(now);
    const ready = waiting.filter(({ at }) => at <= now);
    if (ready.length === 0) continue;
    const free = places.flatMap((until, place) => (until <= now ? [place] : []));
    const taken = new Set(ready.toSorted((one, other) => one.at - other.at).slice(0, free.length));
    const rest = waiting.filter((message) => !taken.has(message));
    waiting.splice(0, waiting.length, ...rest);
    for (const message of taken) places[free.pop() ?? 0] = work(message, now);
  }

  const last = isOver(now) ? Math.max(...accounts.map(({ lateBy }) => lateBy)) : Infinity;
  const inOutage = [...callsAt].filter(([at]) => at >= OUTAGE.from && at < OUTAGE.until);
  return {
    minutes: Math.round(last / 6) / 10,
    peakCallsPerSecond: peakOf(callsAt),
    callsInOutage: inOutage.reduce((sum, [, calls]) => sum + calls, 0) / count,
    deadMessages,
  };
}

/** Of the minutes after the outage: the mean of the busiest one. */
function peakOf(callsAt: ReadonlyMap<number, number>): number {
  const minutes = new Map<number, number>();
  for (const [at, calls] of callsAt)
    if (at >= OUTAGE.until) minutes.set(Math.floor(at / 60), (minutes.get(Math.floor(at / 60)) ?? 0) + calls);
  return Math.round(Math.max(0, ...minutes.values()) / 60);
}

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
