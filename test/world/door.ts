import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { createFaultBox, htmlPage, type Fault, type FaultKind } from "./faults.ts";
import { listenLocally } from "./ports.ts";

export type Answer = { status: number; body: string };

/** A request that was understood: its text (faults match on it) and the work it asks for. */
export type Exchange = { text: string; run: (clientGone: AbortSignal) => Promise<Answer> };

export type Door = {
  /** `http://127.0.0.1:<port>` */
  origin: string;
  /** How many requests arrived so far. */
  requests: () => number;
  /** Puts a fault in force for the following requests; undefined takes it away. */
  setFault: (fault: Fault | undefined) => void;
  stop: () => Promise<void>;
};

export type DoorOptions = { port?: number | undefined; faults?: Fault | undefined };

const readBody = async (request: IncomingMessage) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
};

const send = (response: ServerResponse, status: number, body: string, type = "application/json") => {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
};

const reset = (response: ServerResponse) => response.socket?.resetAndDestroy();

const sendTruncated = (response: ServerResponse, { status, body }: Answer, bytes: number) => {
  const whole = Buffer.from(body);
  // A truncated answer that is not shorter than the whole would be no fault at all.
  const part = whole.subarray(0, Math.min(bytes, whole.length - 1));
  response.writeHead(status, { "content-type": "application/json", "content-length": whole.length });
  // A reset may overtake bytes that the client has not read yet; an early end may not.
  response.write(part, () => response.socket?.end());
};

const sendDripping = async (response: ServerResponse, { status, body }: Answer, bytes: number, everyMs: number) => {
  const whole = Buffer.from(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": whole.length });
  for (let at = 0; at < whole.length && !response.destroyed; at += bytes) {
    response.write(whole.subarray(at, at + bytes));
    await wait(everyMs);
  }
  response.end();
};

const watchClient = (response: ServerResponse) => {
  const gone = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
};

const answerWithFault = async (response: ServerResponse, exchange: Exchange, fault: FaultKind) => {
  const run = () => exchange.run(new AbortController().signal);
  switch (fault.kind) {
    case "status":
      return send(
        response,
        fault.status,
        fault.body ?? JSON.stringify({ message: "injected fault", error: "injected fault" }),
      );
    case "html":
      return send(response, 200, htmlPage, "text/html");
    case "reset-before":
      return reset(response);
    case "reset-after-execute":
      await run();
      return reset(response);
    case "truncate":
      return sendTruncated(response, await run(), fault.bytes);
    case "drip":
      return sendDripping(response, await run(), fault.bytes, fault.everyMs);
    case "headers": {
      const { status, body } = await run();
      response.writeHead(status, { "content-type": "application/json", ...fault.headers });
      return response.end(body);
    }
    case "duplicate": {
      await run();
      const { status, body } = await run();
      return send(response, status, body);
    }
    case "latency": {
      const [answer] = await Promise.all([run(), wait(fault.ms)]);
      return send(response, answer.status, answer.body);
    }
  }
};

/** An HTTP server on 127.0.0.1 that turns requests into work and spoils them on demand. */
export const startDoor = async (
  what: string,
  options: DoorOptions,
  understand: (request: IncomingMessage, body: string) => Exchange | Answer,
): Promise<Door> => {
  const faults = createFaultBox(options.faults);
  let count = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request);
    count += 1;
    const understood = understand(request, body);
    if ("status" in understood) return send(response, understood.status, understood.body);
    const fault = faults.take(understood.text);
    if (fault) return answerWithFault(response, understood, fault);
    const answer = await understood.run(watchClient(response));
    send(response, answer.status, answer.body);
  };

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return;
      send(
        response,
        500,
        JSON.stringify({ message: `${what} failed: ${String(error)}`, error: `${what} failed: ${String(error)}` }),
      );
    });
  });
  const port = await listenLocally(server, options.port ?? 0, what);

  return {
    origin: `http://127.0.0.1:${port}`,
    requests: () => count,
    setFault: faults.set,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
