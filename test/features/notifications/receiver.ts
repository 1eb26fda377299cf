// A tenant's own server, as it is told of things.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Received = { id: string; headers: Record<string, string>; text: string; body: Record<string, unknown> };

export async function aReceiver() {
  const received: Received[] = [];
  const answers: { status: number; headers?: Record<string, string>; afterMs?: number }[] = [];
  let always = { status: 204 } as (typeof answers)[number];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => (text += String(chunk)));
    request.on("end", () => {
      const headers = request.headers as Record<string, string>;
      received.push({
        id: headers["webhook-id"] ?? "",
        headers,
        text,
        body: JSON.parse(text) as Record<string, unknown>,
      });
      const { status, headers: own = {}, afterMs = 0 } = answers.shift() ?? always;
      setTimeout(() => response.writeHead(status, own).end(), afterMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/told`,
    received,
    /** The next answers, then 204 again. */
    answer: (...next: typeof answers) => void answers.push(...next),
    always: (next: (typeof answers)[number]) => {
      always = next;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
