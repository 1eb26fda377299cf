declare module "autocannon" {
  import type { EventEmitter } from "node:events";

  type Request = { method: "GET" | "POST"; path: string; headers: Record<string, string>; body?: string };
  type Client = { setRequests: (requests: Request[]) => void };
  type Options = {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    /** Milliseconds between samples, and between looks at the clock. */
    sampleInt: number;
    /** Seconds until an answer is given up. */
    timeout: number;
    setupClient: (client: Client) => void;
  };
  type Result = { duration: number; errors: number; timeouts: number };

  export default function autocannon(options: Options): EventEmitter & PromiseLike<Result>;
}
