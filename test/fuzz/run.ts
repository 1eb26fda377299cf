// Asks every operation so many random questions and judges each answer; a question whose answer is wrong is shrunk.
import fc from "fast-check";
import { nameOf, type Route } from "../openapi/routes.ts";
import type { Answer, Judge } from "./judge.ts";
import { type Asked, requestsOf } from "./requests.ts";
import { putRule, type Scene, sendPatiently, type Target } from "./scene.ts";
import { sharedId } from "./words.ts";

/** What an operation was asked, and how it answered. */
export type Told = {
  name: string;
  requests: number;
  statuses: Map<number, number>;
  problems: { what: string[]; asked: string }[];
  /** Answers that were wrong. */
  broken: number;
  offContract: number;
  leaking: number;
  /** Requests that were sent again, by the refusal: Redis or the database had been too slow for the worker's deadlines. */
  repeated: Map<string, number>;
};

export type RunOptions = {
  requests: number;
  seed: number;
  /** Operations that are asked at the same time. */
  atOnce?: number;
  /** Looks at each answer besides: a leak, say. */
  inspect?: (asked: Asked, answer: Answer) => string[];
  /** Hears of each operation that is through. */
  onTold?: (told: Told) => void;
};

/** Operations that end a connection have a tenant of their own, the last one, so that all others go on meeting Meta. */
const endsConnection = ({ path }: Route) => path.endsWith("/disconnect");

/** Gives up looking for a simpler question after so many. */
const MOST_SHRINKS = 60;

export async function fuzz(
  target: Target,
  scene: Scene,
  routes: readonly Route[],
  judge: Judge,
  { requests, seed, atOnce = 4, inspect = () => [], onTold = () => undefined }: RunOptions,
): Promise<Told[]> {
  const waiting = [...routes];
  const told: Told[] = [];
  const work = async () => {
    for (let route = waiting.shift(); route; route = waiting.shift()) {
      const one = await fuzzOne(target, scene, route, judge, { requests, seed, inspect });
      told.push(one);
      onTold(one);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return told.sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function fuzzOne(
  target: Target,
  scene: Scene,
  route: Route,
  judge: Judge,
  { requests, seed, inspect }: Required<Pick<RunOptions, "requests" | "seed" | "inspect">>,
): Promise<Told> {
  const counts = { requests: 0, broken: 0, offContract: 0, leaking: 0 };
  const told: Told = { name: nameOf(route), ...counts, statuses: new Map(), problems: [], repeated: new Map() };
  let shrinks = 0;
  const look = async (asked: Asked): Promise<string[]> => {
    const answer = await ask(target, scene, route, asked, told);
    told.requests += 1;
    count(told.statuses, answer.status);
    const [unfit, leaks] = [judge(route, answer), inspect(asked, answer)];
    if (unfit.length > 0) told[answer.status >= 500 ? "broken" : "offContract"] += 1;
    if (leaks.length > 0) told.leaking += 1;
    return [...unfit, ...leaks];
  };
  const holds = fc.asyncProperty(requestsOf(route, scene.tenants.length - 1, target.now()), async (asked) => {
    if (told.problems.length > 0 && (shrinks += 1) > MOST_SHRINKS) return;
    const what = await look(asked);
    if (what.length === 0) return;
    told.problems.push({ what, asked: describe(route, asked) });
    throw new Error(what.join("; "));
  });
  const { failed, errorInstance } = await fc.check(holds, { numRuns: requests, seed });
  if (failed && told.problems.length === 0)
    throw new Error(`${told.name} could not be asked`, { cause: errorInstance });
  // The last one that failed is the simplest.
  told.problems.splice(0, told.problems.length - 1);
  return told;
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** What is longer never reaches a worker: workerd itself refuses an address of so many bytes. */
const LONGEST_IN_ADDRESS = 500;

export const addressOf = ({ path }: Route, { params, query }: Pick<Asked, "params" | "query">): string => {
  const filled = path.replace(/:(\w+)(\{[^}]*\})?/g, (_, name: string) => encode(params[name] ?? ""));
  return query.length === 0 ? filled : `${filled}?${query.map((pair) => pair.map(encode).join("=")).join("&")}`;
};

// What is percent-encoded, well or badly, travels as it is; half a character cannot be encoded.
const encode = (text: string) =>
  /^%[\w%]*$/.test(text) ? text : encodeURIComponent(text.slice(0, LONGEST_IN_ADDRESS).toWellFormed());

const describe = (route: Route, asked: Asked): string =>
  `${route.method} ${addressOf(route, asked)} as ${asked.who} of tenant ${asked.tenant} ${JSON.stringify(asked.headers)} ${asked.body?.slice(0, 2_000) ?? ""}`;

async function ask(target: Target, scene: Scene, route: Route, asked: Asked, told: Told): Promise<Answer> {
  const serial = told.requests;
  const tenant = scene.tenants[endsConnection(route) ? scene.tenants.length - 1 : asked.tenant];
  if (!tenant) throw new Error("There is no such tenant.");
  const headers = new Headers(asked.headers);
  headers.set("cf-connecting-ip", `10.${serial & 255}.${(serial >> 8) & 255}.${asked.tenant}`);
  if (asked.who !== "nobody" && !headers.has("authorization")) {
    const token = await scene.tokenOf(tenant, asked.who === "forger" ? "ceo" : asked.who, serial);
    headers.set("authorization", `Bearer ${asked.who === "forger" ? `${token.slice(0, -6)}AAAAAA` : token}`);
  }
  if (target.adminToken && asked.who === "crm" && asked.kind !== "malformed")
    headers.set("x-admin-token", target.adminToken);
  const { method } = route;
  const init = {
    method,
    headers,
    redirect: "manual" as const,
    ...(asked.body === undefined ? {} : { body: asked.body }),
  };
  const response = await sendPatiently(target, addressOf(route, asked), init, (code) => count(told.repeated, code));
  // Whoever comes next finds it again.
  if (method === "DELETE" && response.ok && addressOf(route, asked).includes(sharedId))
    await putRule(target.sql, tenant);
  return { status: response.status, headers: response.headers, text: await response.text() };
}
