// A main backend to pass requests on to: it says what it got, streams, redirects, and speaks WebSocket.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export type Seen = { method: string; url: string; headers: IncomingMessage["headers"]; body: string };

export type Upstream = Awaited<ReturnType<typeof startUpstream>>;

export async function startUpstream() {
  const seen: Seen[] = [];
  /** Chunks of bodies as they arrive. */
  const chunks: string[] = [];
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    const one: Seen = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body: "" };
    seen.push(one);
    request.on("data", (part: Buffer) => {
      parts.push(part);
      chunks.push(part.toString());
    });
    request.on("end", () => {
      one.body = Buffer.concat(parts).toString("base64");
      const { pathname } = new URL(one.url, "http://upstream");
      if (pathname === "/old") response.writeHead(302, { location: "/new" }).end();
      else if (pathname === "/broken") response.writeHead(500, { "content-type": "text/html" }).end("<h1>500</h1>");
      else if (pathname === "/stream") {
        response.writeHead(200, { "content-type": "text/event-stream" }).write("first");
        void released.then(() => response.end("last"));
      } else
        response
          .writeHead(
            201,
            [
              ["content-type", "application/json"],
              ["set-cookie", "a=1; Path=/; HttpOnly"],
              ["set-cookie", "b=2; Path=/"],
              ["x-powered-by", "FastAPI"],
            ].flat(),
          )
          .end(JSON.stringify(one));
    });
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  // RFC 6455 as far as an echo of short texts needs it.
  server.on("upgrade", (request: IncomingMessage, socket: Socket) => {
    const key = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"] ?? ""}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`,
    );
    socket.on("error", () => undefined);
    socket.on("data", (frame: Buffer) => {
      const opcode = (frame[0] ?? 0) & 0x0f;
      if (opcode !== 1) {
        socket.end(Buffer.from([0x88, 0]));
        return;
      }
      const length = (frame[1] ?? 0) & 0x7f;
      const mask = frame.subarray(2, 6);
      const text = Buffer.from(frame.subarray(6, 6 + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
      socket.write(Buffer.concat([Buffer.from([0x81, length + 5]), Buffer.from("echo "), text]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    chunks,
    /** Lets the streams end. */
    release: () => release(),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
