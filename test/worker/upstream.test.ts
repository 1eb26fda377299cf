// Passing requests on, in workerd itself: what Node cannot show (WebSocket), and what its fetch does differently.
import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { expect, inject, it } from "vitest";
import worker from "../../src/index.ts";

async function ask(path: string, init?: RequestInit): Promise<Response> {
  const execution = createExecutionContext();
  const request = new Request(`http://localhost:8787${path}`, init) as Parameters<typeof worker.fetch>[0];
  const bindings = { ...(env as Env), UPSTREAM_API_URL: inject("mainBackendUrl") };
  const response = await worker.fetch(request, bindings, execution);
  await waitOnExecutionContext(execution);
  return response;
}

it("a request passes with its body and its cookies, and nothing of ours is on the answer", async () => {
  const answer = await ask("/auth/login?next=%2Fcrm", { method: "POST", body: "name=ana", headers: { cookie: "a=1" } });
  expect(answer.status).toBe(201);
  expect(answer.headers.getSetCookie()).toEqual(["a=1; Path=/; HttpOnly", "b=2; Path=/"]);
  expect(answer.headers.get("content-security-policy")).toBeNull();
  expect(await answer.json()).toMatchObject({
    method: "POST",
    url: "/auth/login?next=%2Fcrm",
    headers: { cookie: "a=1" },
    body: btoa("name=ana"),
  });
});

it("a redirect is the browser's to follow", async () => {
  const answer = await ask("/old");
  expect([answer.status, answer.headers.get("location")]).toEqual([302, "/new"]);
});

it("a WebSocket passes", async () => {
  const answer = await ask("/socket.io/?transport=websocket", { headers: { upgrade: "websocket" } });
  expect(answer.status).toBe(101);
  const socket = answer.webSocket;
  if (!socket) throw new Error("No socket came through.");
  const heard = new Promise<unknown>((resolve) => {
    socket.addEventListener("message", ({ data }) => resolve(data));
  });
  socket.accept();
  socket.send("hola");
  expect(await heard).toBe("echo hola");
  socket.close();
});

it("what is ours is answered here", async () => {
  expect(await (await ask("/healthz")).json()).toEqual({ status: "ok" });
  expect((await ask("/crm/leads", { method: "POST", body: "{}" })).status).toBe(401);
});

it("a path is ours for the methods we know: the others are the main backend's", async () => {
  expect(await (await ask("/crm/leads")).json()).toMatchObject({ method: "GET", url: "/crm/leads" });
  expect((await ask("/crm/leads", { method: "OPTIONS", headers: { origin: "http://localhost:5173" } })).status).toBe(
    204,
  );
});
