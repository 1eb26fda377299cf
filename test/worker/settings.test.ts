// A worker that is not configured says so on every route, by name and never by value.
import { createExecutionContext, env } from "cloudflare:test";
import { expect, it } from "vitest";
import worker from "../../src/index.ts";

it("answers 503 everywhere but on /healthz, and names what is wrong without its value", async () => {
  const broken = {
    ...(env as Env),
    META_APP_ID: "not-a-number",
    TOKEN_ENCRYPTION_KEYS: "k1:short-secret-key",
    DATABASE_URL: "postgres://hidden-password",
  };
  for (const path of ["/readyz", "/crm/marketing/stats", "/crm/auth/meta/callback", "/nowhere"]) {
    const request = new Request(`http://localhost:8787${path}`) as Parameters<typeof worker.fetch>[0];
    const answer = await worker.fetch(request, broken, createExecutionContext());
    expect([path, answer.status]).toEqual([path, 503]);
    const text = await answer.text();
    for (const name of ["META_APP_ID", "TOKEN_ENCRYPTION_KEYS", "DATABASE_URL"]) expect(text).toContain(name);
    for (const value of ["not-a-number", "short-secret-key", "hidden-password"]) expect(text).not.toContain(value);
  }
  const alive = await worker.fetch(
    new Request("http://localhost:8787/healthz") as Parameters<typeof worker.fetch>[0],
    broken,
    createExecutionContext(),
  );
  expect(alive.status).toBe(200);
});
