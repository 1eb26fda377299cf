// Keepers of one token that start, sleep, die and come back in any order: the real job on a real database, with a Meta
// that answers when the schedule says so.
import fc from "fast-check";
import { type Ctx, systemCtx } from "../../src/context.ts";
import { AppError, isAppError } from "../../src/errors.ts";
import { runTokenKeeping } from "../../src/features/connection/connection.jobs.ts";
import { storeToken } from "../../src/features/connection/connection.service.ts";
import { KEEPER_SECONDS } from "../../src/features/connection/keep.queries.ts";
import { days, hours, minutes, seconds, START } from "../support/clock.ts";
import type { House } from "../support/house.ts";
import { aTenant } from "../support/people.ts";

/** What Meta grants, or that its answer is lost. */
type Answer = "later" | "same" | "earlier" | "lost";

type Step =
  | { do: "start"; keepers: number }
  | { do: "answer"; which: number; how: Answer }
  /** One that waits for Meta never wakes up again. */
  | { do: "kill"; which: number }
  | { do: "wait"; ms: number }
  | { do: "login" };

const which = fc.nat(5);
const how = fc.constantFrom<Answer[]>("later", "later", "same", "earlier", "lost");
const ms = fc.constantFrom(seconds(20), minutes(4), minutes(6), hours(2), hours(25), days(9));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("start" as const), keepers: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("answer" as const), which, how }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("kill" as const), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms }) },
  { weight: 1, arbitrary: fc.constant({ do: "login" as const }) },
);
export const schedules = fc.array(step, { minLength: 6, maxLength: 12 });
/** The first sleeps longer than its lease; the second writes meanwhile. */
export const oneTooLate: Step[] = [
  { do: "start", keepers: 1 },
  { do: "wait", ms: minutes(6) },
  { do: "start", keepers: 1 },
  { do: "answer", which: 1, how: "later" },
  { do: "answer", which: 0, how: "later" },
];

export type Race = { exchanges: number; writes: number; late: number };

type Keeper = { takenAt: number; isDone: boolean; done: Promise<void>; answer?: (how: Answer) => void };

/** Plays one schedule with a tenant of its own; throws when a version or an expiry goes back. */
export async function race(house: House, schedule: readonly Step[]): Promise<Race> {
  const tenantId = await aTenant(house);
  const found: Race = { exchanges: 0, writes: 0, late: 0 };
  let now = START;
  /** What each token is worth, as Meta knows it. */
  const ends: number[] = [];
  const issue = (end: number) => `EAAG${ends.push(end) - 1}`;
  const endOf = (token: string) => ends[Number(token.slice(4))] ?? 0;
  const inspect = (token: string) => ({
    appId: house.tools.settings.metaAppId,
    isValid: endOf(token) > now,
    type: "USER",
    expiresAt: new Date(endOf(token)),
    dataAccessExpiresAt: null,
    issuedAt: null,
    scopes: ["ads_read", "business_management"],
    granularScopes: [],
    userId: "1",
    error: null,
  });

  const keepers: Keeper[] = [];
  const contextFor = (exchange: Ctx["meta"]["exchangeLongLived"]): Ctx => {
    const meta = {
      ...house.tools.meta,
      exchangeLongLived: exchange,
      debugToken: async (token: string) => inspect(token),
    };
    return systemCtx({ ...house.tools, meta, now: () => now }, { tenantId, requestId: "race", job: "token.keep" });
  };
  /** Starts one and follows it until it ends or waits for Meta. */
  const start = async (): Promise<void> => {
    let reach = () => {};
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const keeper: Keeper = { takenAt: now, isDone: false, done: reached };
    const exchange = (token: string) => {
      found.exchanges += 1;
      if (keepers.some(({ isDone, takenAt, answer }) => answer && !isDone && now - takenAt < KEEPER_SECONDS * 1000))
        throw new Error("Two keepers ask Meta at once, each within its lease.");
      return new Promise<{ accessToken: string; expiresInSeconds: null }>((resolve, reject) => {
        keeper.answer = (granted) => {
          if (granted === "lost") return reject(new AppError("meta.transient", "lost"));
          const end = granted === "later" ? now + days(60) : endOf(token) - (granted === "earlier" ? days(3) : 0);
          resolve({ accessToken: issue(end), expiresInSeconds: null });
        };
        reach();
      });
    };
    keeper.done = runTokenKeeping(contextFor(exchange)).then(
      () => void (keeper.isDone = true),
      (thrown: unknown) => {
        keeper.isDone = true;
        if (!isAppError(thrown, "lease.lost")) throw thrown;
        found.late += 1;
      },
    );
    keepers.push(keeper);
    await Promise.race([keeper.done, reached]);
  };
  const waiting = () => keepers.filter(({ answer, isDone }) => answer !== undefined && !isDone);
  const pick = (at: number) => waiting()[at % Math.max(1, waiting().length)];

  const play = async (one: Step): Promise<void> => {
    if (one.do === "wait") now += one.ms;
    else if (one.do === "login") await login();
    else if (one.do === "start") await Promise.all(Array.from({ length: one.keepers }, start));
    else if (one.do === "answer") {
      const keeper = pick(one.which);
      keeper?.answer?.(one.how);
      await keeper?.done;
    } else delete pick(one.which)?.answer;
  };
  const login = async () => {
    const token = issue(now + days(60));
    const exchange = () => Promise.reject(new Error("A login exchanges elsewhere."));
    await storeToken(contextFor(exchange), token, {
      tokenType: "user",
      status: "active",
      metaUserId: "1",
      metaUserName: null,
      expiresAt: new Date(endOf(token)),
      dataAccessExpiresAt: null,
      issuedAt: null,
      grantedScopes: ["ads_read", "business_management"],
      declinedScopes: [],
      granularTargets: {},
    });
  };
  const look = async () => {
    const [row] = await house.sql<{ version: number; end: Date; sealed: string; id: string }>(
      'SELECT token_version AS version, expires_at AS "end", token_sealed AS sealed, id FROM connections WHERE tenant_id = $1',
      [tenantId],
    );
    if (!row) throw new Error("The connection is gone.");
    return row;
  };

  await login();
  now += days(34);
  let before = await look();
  for (const one of schedule) {
    await play(one);
    const after = await look();
    if (after.version < before.version) throw new Error("The version went back.");
    if (after.end < before.end) throw new Error("The expiry went back.");
    if (one.do === "answer" && after.version > before.version) found.writes += 1;
    before = after;
  }
  const token = await house.tools.vault.open(before.sealed, { tenantId, connectionId: before.id, kind: "user" });
  if (endOf(token ?? "") !== before.end.getTime()) throw new Error("The token is not the one of its expiry.");
  return found;
}
