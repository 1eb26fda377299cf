import { once } from "node:events";
import { Worker } from "node:worker_threads";

export type LoadRequest = { method: "GET" | "POST"; path: string; headers: Record<string, string>; body?: string };

export type Load = {
  /** The origin. */
  url: string;
  connections: number;
  seconds: number;
  /** Sent in turn, each connection through its own share of them. */
  requests: LoadRequest[];
  /** The status that counts; 200 when it is not said. */
  status?: number;
};

/** Latencies in milliseconds. `answered` counts also what was answered before these `requests`, to no avail. */
export type Measured = { requests: number; answered: number; perSecond: number; p50: number; p99: number };

export type Loader = { measure: (load: Load) => Promise<Measured>; stop: () => Promise<unknown> };

export const startLoader = (): Loader => {
  const thread = new Worker(new URL("load-thread.ts", import.meta.url));
  return {
    /** One at a time. Throws when a request fails: a bench of refusals measures nothing. */
    measure: async (load) => {
      thread.postMessage(load);
      const [answer] = (await once(thread, "message")) as [{ measured: Measured } | { problem: string }];
      if ("problem" in answer) throw new Error(answer.problem);
      return answer.measured;
    },
    stop: () => thread.terminate(),
  };
};
