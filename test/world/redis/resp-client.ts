import { connect } from "node:net";
import { RedisError, type Reply } from "./reply.ts";

type Parsed = { reply: Reply; end: number };

const readLine = (buffer: Buffer, start: number) => {
  const end = buffer.indexOf("\r\n", start);
  return end < 0 ? undefined : { text: buffer.toString("utf8", start, end), next: end + 2 };
};

const readBulk = (buffer: Buffer, start: number, length: number): Parsed | undefined => {
  if (length < 0) return { reply: null, end: start };
  const end = start + length;
  return buffer.length < end + 2 ? undefined : { reply: buffer.toString("utf8", start, end), end: end + 2 };
};

const readArray = (buffer: Buffer, start: number, length: number): Parsed | undefined => {
  if (length < 0) return { reply: null, end: start };
  const items: Reply[] = [];
  let end = start;
  while (items.length < length) {
    const item = readReply(buffer, end);
    if (!item) return undefined;
    items.push(item.reply);
    end = item.end;
  }
  return { reply: items, end };
};

/** Reads one RESP2 reply at `start`; undefined while it has not arrived completely. */
const readReply = (buffer: Buffer, start: number): Parsed | undefined => {
  const line = readLine(buffer, start);
  if (!line) return undefined;
  const [type, text] = [line.text[0], line.text.slice(1)];
  if (type === "+") return { reply: text, end: line.next };
  if (type === "-") return { reply: new RedisError(text), end: line.next };
  if (type === ":") return { reply: Number(text), end: line.next };
  if (type === "$") return readBulk(buffer, line.next, Number(text));
  if (type === "*") return readArray(buffer, line.next, Number(text));
  throw new Error(`unexpected RESP type ${JSON.stringify(type)}`);
};

const encode = (command: string[]) =>
  `*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;

type Waiter = { resolve: (reply: Reply) => void; reject: (error: Error) => void };

/** One connection that sends commands without waiting for earlier replies. */
export const connectResp = async (port: number) => {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once("connect", () => resolve()).once("error", reject));
  const waiters: Waiter[] = [];
  let buffer = Buffer.alloc(0);

  socket.on("data", (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    let start = 0;
    for (let parsed = readReply(buffer, start); parsed; parsed = readReply(buffer, start)) {
      start = parsed.end;
      const waiter = waiters.shift();
      if (parsed.reply instanceof RedisError) waiter?.reject(parsed.reply);
      else waiter?.resolve(parsed.reply);
    }
    buffer = buffer.subarray(start);
  });
  const failAll = (error: Error) => waiters.splice(0).forEach(({ reject }) => reject(error));
  socket.on("error", failAll);
  socket.on("close", () => failAll(new Error("the connection to Redis is closed")));

  return {
    execute: (command: string[]) =>
      new Promise<Reply>((resolve, reject) => {
        if (socket.destroyed) return reject(new Error("the connection to Redis is closed"));
        waiters.push({ resolve, reject });
        socket.write(encode(command));
      }),
    close: () => socket.destroy(),
  };
};
