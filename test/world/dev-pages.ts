// Stands in for the CRM's frontend: signs in as a demo user, starts the connection, and is where Meta's answer lands.
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { html, raw } from "hono/html";
import { listenLocally } from "./ports.ts";
import { demoTenants, demoUsers } from "./seed-people.ts";
import { findSession, mintSessionToken, type SessionSettings } from "./session-token.ts";

export type Pages = { url: string; stop: () => Promise<void> };

const COOKIE = "access_token";
const HOURS = 12;

type Content = ReturnType<typeof html>;

const page = (title: string, body: Content) =>
  html`<!doctype html>
    <html lang="es">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
        <style>
          body {
            font: 16px/1.5 system-ui;
            max-width: 44rem;
            margin: 3rem auto;
            padding: 0 1rem;
          }
          button,
          a.button {
            font: inherit;
            padding: 0.3rem 0.8rem;
          }
          code {
            background: #8882;
            padding: 0 0.3em;
          }
        </style>
      </head>
      <body>
        <small>Página local que hace de frontend del CRM.</small>
        <h1>${title}</h1>
        ${body}
      </body>
    </html>`;

// Runs in the browser, signed in by cookie, like the CRM's own frontend.
const script = (api: string, code: string) =>
  html`<script>
    const call = async (path, body) => {
      const init = body
        ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
        : {};
      const answer = await fetch(${raw(JSON.stringify(api))} + path, { credentials: "include", ...init });
      const content = await answer.json();
      if (!answer.ok) throw new Error(answer.status + ": " + content.detail);
      return content.data;
    };
    const out = document.getElementById("out");
    const fail = (error) => {
      out.textContent = error.message;
    };
    ${raw(code)};
  </script>`;

const connectScript = `
  call("/crm/auth/meta/url?state=tenant_default").then((login) => { location.href = login.auth_url; }, fail);`;

const accountsScript = `
  const show = async () => {
    const accounts = await call("/crm/marketing/meta-accounts");
    out.replaceChildren(...accounts.map((account) => {
      const line = document.createElement("p");
      line.append(account.name + " (" + account.currency + ") ");
      const button = document.createElement("button");
      button.textContent = account.connected ? "sincronizar otra vez" : "conectar";
      button.onclick = () => call("/crm/marketing/connect", { account_id: account.id, account_name: account.name })
        .then((chosen) => { line.append(" sincronizando: " + chosen.sync_run_id); }, fail);
      line.append(button);
      return line;
    }));
  };
  show().catch(fail);`;

const home = (api: string, name: string | undefined) =>
  page(
    "Marketing Hub",
    html`<p>${name ? `Entraste como ${name}.` : "No entraste todavía."}</p>
      <ul>
        ${Object.entries(demoUsers).map(
          ([as, user]) =>
            html`<li>
              <a href="/login?as=${as}">Entrar como ${user.name}</a>
              (${user.memberships.map(({ role, tenantId }) => `${role} en ${tenantId}`).join(", ")})
            </li>`,
        )}
      </ul>
      <ul>
        <li><a href="/connect">Conectar Meta</a></li>
        <li><a href="/crm/marketing">Elegir cuentas</a></li>
        ${["token-status", "campaigns?time_range=last_90d", "stats?time_range=last_90d", "sync/runs"].map(
          (path) =>
            html`<li>
              <a href="${api}/crm/marketing/${path}"><code>/crm/marketing/${path}</code></a>
            </li>`,
        )}
      </ul>`,
  );

const outcome = (api: string, { success, error, reason }: Record<string, string>) => {
  if (error) {
    const why = reason ? html` (<code>${reason}</code>)` : "";
    return page(
      "No se conectó",
      html`<p>Código: <code>${error}</code>${why}</p>
        <p><a href="/connect">Probar otra vez</a></p>`,
    );
  }
  const list = html`<div id="out">…</div>
    <p><a href="/">Inicio</a></p>
    ${script(api, accountsScript)}`;
  return page(success === "connected" ? "Conectado" : "Cuentas publicitarias", list);
};

/** Serves the pages; `settings` are the variables that sign sessions, `api` is the worker's address. */
export const startPages = async ({
  port,
  api,
  settings,
}: {
  port: number;
  api: string;
  settings: SessionSettings;
}): Promise<Pages> => {
  const app = new Hono()
    .get("/", (c) => c.html(home(api, getCookie(c, "signed_in_as"))))
    .get("/login", async (c) => {
      const user = Object.entries(demoUsers).find(([as]) => as === (c.req.query("as") ?? "ceo"))?.[1];
      if (!user) return c.text(`Known: ${Object.keys(demoUsers).join(", ")}`, 404);
      const tenantId = user.memberships[0]?.tenantId ?? demoTenants.sonrisa.id;
      const token = await mintSessionToken(findSession({ tenantId, userId: user.id }), {
        settings,
        now: Date.now(),
        hours: HOURS,
      });
      const options = { httpOnly: true, sameSite: "Lax", path: "/", maxAge: HOURS * 3600 } as const;
      // Cookies know no ports: the worker on the same host gets it too.
      setCookie(c, COOKIE, token, options);
      setCookie(c, "signed_in_as", user.name, options);
      return c.redirect(c.req.query("then") === "connect" ? "/connect" : "/");
    })
    .get("/connect", (c) => {
      if (getCookie(c, COOKIE) === undefined) return c.redirect("/login?as=ceo&then=connect");
      return c.html(
        page(
          "Conectar Meta",
          html`<p id="out">Yendo a Meta…</p>
            ${script(api, connectScript)}`,
        ),
      );
    })
    .get("/crm/marketing", (c) => c.html(outcome(api, c.req.query())));

  const server = createAdaptorServer({ fetch: app.fetch });
  await listenLocally(server, port, "the local page");
  return {
    url: `http://localhost:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
};
