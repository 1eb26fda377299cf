// npm run bench -- --hall: what the worker costs by itself. Its start, the hall (session, origin, limit, role, schemas, headers,
// log: everything before and after a service) with nobody behind the doors, and what the audit adds to a read.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mintSessionToken } from "../world/session-token.ts";
import type { BenchWorld } from "./bench-world.ts";
import { READER_TENANT } from "./business.ts";
import { cpuMsOf, cpuOf, quantile } from "./cpu-of.ts";
import { type Bundles, makeBundles, type Measurable, STARTER, startMeasurable } from "./hall-bundles.ts";
import { mintReaders } from "./readers.ts";
import { fresh } from "./reads.ts";

export type HallSize = { starts: number; warmUp: number; requests: number; reads: number };

/** Warm is an isolate whose code is compiled and whose heap has its size: before, every hundredth request pays for its growth. */
export const hallSizes = {
  full: { starts: 15, warmUp: 4000, requests: 1000, reads: 500 },
  short: { starts: 3, warmUp: 200, requests: 100, reads: 60 },
} satisfies Record<string, HallSize>;

export type Measured = { name: string; p50: number; p99: number };

export type HallMeasured = {
  /** Milliseconds of CPU. */
  startMs: { least: number; median: number };
  /** CPU of one request. `floor` is a worker that only answers. */
  floor: Measured;
  hall: Measured[];
  /** Milliseconds until the answer, with and without the audit. */
  reads: { path: string; without: Measured; with: Measured }[];
};

type Ask = {
  name: string;
  method: "GET" | "POST";
  path: string;
  headers: Record<string, string>;
  status: number;
  body?: string;
};

const send = async (url: string, { method, path, headers, status, body }: Ask): Promise<void> => {
  const answer = await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body }) });
  await answer.arrayBuffer();
  if (answer.status !== status) throw new Error(`${method} ${path} answered ${answer.status}, not ${status}.`);
};

/**
 * CPU of the bundle's compiling and running: of a process that has done both, without that of one with nothing to do. workerd
 * compiles when it starts and runs what is imported when it is imported. Neighbours only add.
 */
const measureStart = async ({ whole, empty }: Bundles, { variables }: BenchWorld, times: number) => {
  const once = async (folder: string, entry: string, path: string) => {
    const { url, pid, stop } = await startMeasurable(folder, () => variables, { entry });
    await send(url, { name: "start", method: "GET", path, headers: {}, status: 200 });
    const ms = cpuMsOf(pid);
    await stop();
    return ms;
  };
  const [ours, nothing]: [number[], number[]] = [[], []];
  for (let at = 0; at < times; at += 1) {
    ours.push(await once(whole, STARTER, "/start"));
    nothing.push(await once(empty, "index.js", "/"));
  }
  return {
    least: Math.min(...ours) - Math.min(...nothing),
    median: quantile(ours, 0.5) - quantile(nothing, 0.5),
  };
};

const asksOf = async ({ variables }: BenchWorld): Promise<Ask[]> => {
  const token = await mintSessionToken(
    { user: { id: "ana", email: "ana@example.com" }, tenantId: READER_TENANT, role: "ceo" },
    { settings: variables, now: Date.now() },
  );
  const cookie = { cookie: `access_token=${token}`, "content-type": "application/json" };
  const ours = { ...cookie, origin: variables.FRONTEND_URL, "sec-fetch-site": "same-site" };
  const lead = {
    external_id: "crm-1",
    first_name: "Ana",
    email: "ana@example.com",
    phone_number: "+5491155550000",
    // All of it is judged, and this is wrong.
    touchpoints: [{ occurred_at: "yesterday", channel: "organic" }],
  };
  const post = { method: "POST", path: "/crm/leads", body: JSON.stringify(lead) } as const;
  return [
    {
      name: "a read, by Bearer token",
      method: "GET",
      path: "/admin/config/deployment",
      headers: { authorization: `Bearer ${token}` },
      status: 200,
    },
    { name: "a lead that does not fit, by cookie from our page", ...post, headers: ours, status: 422 },
    {
      name: "the same from another site",
      ...post,
      headers: { ...cookie, origin: "https://evil.test", "sec-fetch-site": "cross-site" },
      status: 403,
    },
    { name: "nobody", ...post, headers: {}, status: 401 },
  ];
};

const measureCpu = async ({ url, pid }: Measurable, ask: Ask, { warmUp, requests }: HallSize): Promise<Measured> => {
  for (let at = 0; at < warmUp; at += 1) await send(url, ask);
  const spent: number[] = [];
  for (let at = 0; at < requests; at += 1) spent.push(await cpuOf(pid, () => send(url, ask)));
  return { name: ask.name, p50: quantile(spent, 0.5), p99: quantile(spent, 0.99) };
};

/** Until the answer is there; the two workers are asked in turn, in the same world. */
const measureReads = async (unseen: Measurable, whole: Measurable, world: BenchWorld, count: number) => {
  const readers = await mintReaders(world.variables, Math.min(1_000, count));
  const once = async (worker: Measurable, path: string, at: number) => {
    const startedAt = performance.now();
    await send(worker.url, {
      name: path,
      method: "GET",
      path: fresh(path),
      headers: readers[at % readers.length] ?? {},
      status: 200,
    });
    return performance.now() - startedAt;
  };
  const measured: HallMeasured["reads"] = [];
  for (const path of ["/crm/marketing/token-status", "/crm/marketing/stats?time_range=last_30d"]) {
    const [without, added]: [number[], number[]] = [[], []];
    for (let at = -50; at < count; at += 1) {
      const pair = [await once(unseen, path, at + 50), await once(whole, path, at + 50)] as const;
      if (at < 0) continue;
      without.push(pair[0]);
      added.push(pair[1]);
    }
    const tell = (name: string, ms: number[]) => ({ name, p50: quantile(ms, 0.5), p99: quantile(ms, 0.99) });
    measured.push({ path, without: tell("without", without), with: tell("with", added) });
  }
  return measured;
};

/** In a world with a reader and figures. */
export const benchHall = async (
  world: BenchWorld,
  size: HallSize,
  onStop: (stop: () => Promise<void>) => void,
): Promise<HallMeasured> => {
  const dir = mkdtempSync(join(tmpdir(), "marketing-hub-hall-"));
  const bundling = new AbortController();
  onStop(async () => {
    bundling.abort();
    rmSync(dir, { recursive: true, force: true });
  });
  const bundles = await makeBundles(dir, bundling.signal);
  const start = async (...args: Parameters<typeof startMeasurable>) => {
    const worker = await startMeasurable(...args);
    onStop(worker.stop);
    return worker;
  };
  const variables = () => world.variables;
  const startMs = await measureStart(bundles, world, size.starts);

  const [empty, alone] = [
    await start(bundles.empty, variables),
    await start(bundles.hall, variables, { variant: "alone" }),
  ];
  const floorAsk: Ask = { name: "a worker that only answers", method: "GET", path: "/", headers: {}, status: 200 };
  const floor = await measureCpu(empty, floorAsk, size);
  const hall: Measured[] = [];
  for (const ask of await asksOf(world)) hall.push(await measureCpu(alone, ask, size));

  const [unseen, whole] = [
    await start(bundles.hall, variables, { variant: "unseen" }),
    await start(bundles.hall, variables, { variant: "whole" }),
  ];
  return { startMs, floor, hall, reads: await measureReads(unseen, whole, world, size.reads) };
};
