// What the servers of this process (the doors, the simulated Meta) were asked, seen from beside them: node tells when a
// request arrives and when its answer has left, so nothing stands in the way of what is measured.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

export type Exchange = {
  port: number;
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: () => string;
  /** Milliseconds of performance.now(). */
  startedAt: number;
  endedAt: number;
};

type Message = { request: IncomingMessage };

/** Runs `during` and tells every exchange that ended meanwhile, in the order of their ends. */
export const watchTraffic = async <T>(during: () => Promise<T>): Promise<{ result: T; exchanges: Exchange[] }> => {
  const exchanges: Exchange[] = [];
  const open = new Map<IncomingMessage, Omit<Exchange, "endedAt">>();

  const onStart = (message: unknown) => {
    const { request } = message as Message;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    open.set(request, {
      port: request.socket.localPort ?? 0,
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: () => Buffer.concat(chunks).toString("utf8"),
      startedAt: performance.now(),
    });
  };
  const onFinish = (message: unknown) => {
    const { request } = message as Message;
    const started = open.get(request);
    open.delete(request);
    if (started) exchanges.push({ ...started, endedAt: performance.now() });
  };

  subscribe("http.server.request.start", onStart);
  subscribe("http.server.response.finish", onFinish);
  try {
    return { result: await during(), exchanges };
  } finally {
    unsubscribe("http.server.request.start", onStart);
    unsubscribe("http.server.response.finish", onFinish);
  }
};

export const totalMs = (exchanges: readonly Exchange[]): number =>
  exchanges.reduce((sum, { startedAt, endedAt }) => sum + endedAt - startedAt, 0);

/** How many of them had to wait for another: the longest chain in which each began after the one before it had ended. */
export const longestChain = (exchanges: readonly Exchange[]): number => {
  let length = 0;
  let lastEnd = -Infinity;
  for (const { startedAt, endedAt } of exchanges.toSorted((a, b) => a.endedAt - b.endedAt)) {
    if (startedAt < lastEnd) continue;
    length += 1;
    lastEnd = endedAt;
  }
  return length;
};
