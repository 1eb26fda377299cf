import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createOutgoing } from "../../../src/adapters/outgoing/client.ts";

const seen: { path: string; method: string; headers: Record<string, unknown>; body: string }[] = [];
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += String(chunk)));
  request.on("end", () => {
    const path = request.url ?? "";
    seen.push({ path, method: request.method ?? "", headers: request.headers, body });
    if (path === "/slow") return;
    if (path === "/broken") return void request.socket.destroy();
    if (path === "/moved") response.setHeader("location", "/taken");
    response.statusCode = path === "/moved" ? 307 : 204;
    response.end();
  });
});
let base = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
const post = (path: string, timeoutMs = 5_000) =>
  createOutgoing({ fetch: (...asked) => fetch(...asked), timeoutMs }).post(new URL(base + path), { "x-a": "b" }, "{}");

it("posts once, as JSON, and tells the status", async () => {
  expect(await post("/taken")).toEqual({ kind: "answered", status: 204 });
  expect(seen.splice(0)).toEqual([
    {
      path: "/taken",
      method: "POST",
      body: "{}",
      headers: expect.objectContaining({
        "x-a": "b",
        "content-type": "application/json",
        "user-agent": "MarketingHub-Webhooks/1",
      }),
    },
  ]);
});

it("follows no redirect", async () => {
  expect(await post("/moved")).toEqual({ kind: "answered", status: 307 });
  expect(seen.splice(0).map(({ path }) => path)).toEqual(["/moved"]);
});

it("waits no longer than it may, and tells a network from a timeout", async () => {
  expect(await post("/slow", 100)).toEqual({ kind: "failed", reason: "timeout" });
  expect(await post("/broken")).toEqual({ kind: "failed", reason: "network" });
});
