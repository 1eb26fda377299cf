// Factories: every test mints its own tenant, so that no test meets another's.
import { SignJWT } from "jose";
import { jwtSecret } from "../world/settings.ts";
import { demoPersonIds } from "../world/meta/demo-ids.ts";
import { type House, sendTo, WORKER_URL } from "./house.ts";
import type { App } from "../../src/app.ts";

export type Person = { tenantId: number; userId: string; role: string };

const someId = () => 1_000 + Math.floor(Math.random() * 2_000_000_000);

export async function aTenant(
  house: House,
  { timezone = "America/Argentina/Buenos_Aires", currency = null as string | null } = {},
): Promise<number> {
  const tenantId = someId();
  await house.sql("INSERT INTO tenants (tenant_id, name) VALUES ($1, $2)", [tenantId, `Empresa ${tenantId}`]);
  await house.sql("INSERT INTO tenant_settings (tenant_id, timezone, reporting_currency) VALUES ($1, $2, $3)", [
    tenantId,
    timezone,
    currency,
  ]);
  return tenantId;
}

export async function aPerson(
  house: House,
  {
    tenantId,
    role = "ceo",
    userId = crypto.randomUUID() as string,
  }: { tenantId?: number; role?: string; userId?: string } = {},
): Promise<Person> {
  const tenant = tenantId ?? (await aTenant(house));
  await house.sql(
    "INSERT INTO memberships (tenant_id, user_id, role, is_default) VALUES ($1, $2, $3, NOT EXISTS (SELECT FROM memberships WHERE user_id = $2))",
    [tenant, userId, role],
  );
  return { tenantId: tenant, userId, role };
}

/** A session token as CRM Ventas issues it today. */
export function aSessionToken(
  { userId, tenantId, role }: Person,
  { now, expiresInSeconds = 3600, issuedAgo }: { now: number; expiresInSeconds?: number; issuedAgo?: number },
): Promise<string> {
  const seconds = Math.floor(now / 1000);
  const issued = issuedAgo === undefined ? {} : { iat: seconds - issuedAgo };
  return new SignJWT({ user_id: userId, email: "ana@example.com", role, tenant_id: tenantId, ...issued })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime(seconds + expiresInSeconds)
    .sign(new TextEncoder().encode(jwtSecret));
}

/** Requests in the name of a person, with a Bearer token; `send` may go to another isolate. */
export function as(
  house: House,
  person: Person,
  { app = house.app, tenantHeader = "default" }: { app?: App; tenantHeader?: string } = {},
) {
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    sendTo(app, path, {
      method,
      headers: {
        authorization: `Bearer ${await aSessionToken(person, { now: house.clock.now() })}`,
        "x-tenant-id": tenantHeader,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    get: (path: string, headers?: Record<string, string>) => send("GET", path, undefined, headers),
    post: (path: string, body?: unknown, headers?: Record<string, string>) => send("POST", path, body ?? {}, headers),
    put: (path: string, body?: unknown, headers?: Record<string, string>) => send("PUT", path, body ?? {}, headers),
    patch: (path: string, body?: unknown, headers?: Record<string, string>) => send("PATCH", path, body ?? {}, headers),
    delete: (path: string, headers?: Record<string, string>) => send("DELETE", path, undefined, headers),
  };
}

/** A browser with a cookie jar, for what travels by redirect and cookie. */
export function aBrowser(house: House, { app = house.app }: { app?: App } = {}) {
  const jar = new Map<string, string>();
  return {
    jar,
    open: async (url: string, init: RequestInit = {}): Promise<Response> => {
      const headers = new Headers(init.headers);
      if (jar.size > 0) headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
      const response = await sendTo(app, url, { ...init, headers, redirect: "manual" });
      for (const cookie of response.headers.getSetCookie()) {
        const [pair = "", ...attributes] = cookie.split("; ");
        const [name = "", value = ""] = pair.split("=");
        if (attributes.includes("Max-Age=0")) jar.delete(name);
        else jar.set(name, value);
      }
      return response;
    },
  };
}

/** Walks through Meta's consent page and returns where Meta sends the browser. */
export async function consent(
  house: House,
  authUrl: string,
  decision = "approve",
  person: string = demoPersonIds.owner,
): Promise<string> {
  const url = new URL(authUrl);
  url.searchParams.set("sim_decision", decision);
  url.searchParams.set("sim_person", person);
  const response = await house.meta.app.request(url.pathname + url.search);
  const location = response.headers.get("location");
  if (location === null) throw new Error(`Meta did not redirect: ${response.status} ${await response.text()}`);
  return location.replace(/#.*$/, "");
}

/** Starts a login in a browser that is signed in by cookie, up to the address Meta sends it back to. */
export async function startLogin(house: House, person: Person, decision?: string, browser = aBrowser(house)) {
  browser.jar.set("access_token", await aSessionToken(person, { now: house.clock.now() }));
  const answer = await browser.open(`${WORKER_URL}/crm/auth/meta/url?state=tenant_default`);
  if (answer.status !== 200) throw new Error(`No login address: ${answer.status} ${await answer.text()}`);
  const { data } = (await answer.json()) as { data: { auth_url: string; state: string } };
  return { browser, authUrl: data.auth_url, state: data.state, back: await consent(house, data.auth_url, decision) };
}

/** A tenant whose owner has connected Meta. */
export async function aConnectedTenant(
  house: House,
  options: { role?: string; timezone?: string } = {},
): Promise<Person> {
  const tenantId = await aTenant(house, options.timezone ? { timezone: options.timezone } : {});
  const person = await aPerson(house, { tenantId, ...(options.role ? { role: options.role } : {}) });
  const { browser, back } = await startLogin(house, person);
  const answer = await browser.open(back);
  const location = answer.headers.get("location") ?? "";
  if (!location.includes("success=connected")) throw new Error(`Not connected: ${location}`);
  return person;
}
