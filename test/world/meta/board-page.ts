import { html } from "hono/html";
import type { Snapshot } from "./board.ts";

const table = (title: string, heads: string[], rows: unknown[][]) =>
  html`<h2>${title} <small>${rows.length}</small></h2>
    <table>
      <tr>
        ${heads.map((head) => html`<th>${head}</th>`)}
      </tr>
      ${rows.map(
        (cells) =>
          html`<tr>
            ${cells.map((cell) => html`<td>${String(cell)}</td>`)}
          </tr>`,
      )}
    </table>`;

export const boardPage = ({
  clock,
  app,
  accounts,
  tokens,
  templates,
  faults,
  reports,
  secretsInQuery,
  requests,
  webhooks,
  pages,
  wabas,
  leads,
}: Snapshot) =>
  html`<!DOCTYPE html>
    <html lang="es">
      <head>
        <meta charset="utf-8" />
        <title>Meta simulado</title>
        <style>
          body {
            font:
              14px/1.4 system-ui,
              sans-serif;
            margin: 2rem;
          }
          table {
            border-collapse: collapse;
          }
          td,
          th {
            border: 1px solid #ddd;
            padding: 0.2rem 0.5rem;
            text-align: left;
            font-variant-numeric: tabular-nums;
          }
          small {
            color: #777;
          }
        </style>
      </head>
      <body>
        <h1>Meta simulado</h1>
        <p>${app.name} (${app.id}) · reloj ${clock} · secretos en la URL: ${secretsInQuery}</p>
        <form method="post" action="/__sim/clock">
          <button name="advanceMs" value="3600000">+1 h</button>
          <button name="advanceMs" value="86400000">+1 día</button>
          <button formaction="/__sim/leave">Quitar la app</button>
          <button formaction="/__sim/leave" name="delete" value="1">Quitarla y pedir el borrado</button>
          <button formaction="/__sim/reset">Empezar de nuevo</button>
        </form>
        <form method="post" action="/__sim/webhook">
          ${webhooks.map((name) => html`<button name="sample" value="${name}">${name}</button> `)}
        </form>
        <form method="post" action="/__sim/lead">
          <input name="name" value="Ana Pérez" /> <input name="phone" value="+54 9 11 2233-4455" />
          <input name="email" value="ana@example.com" />
          ${pages.flatMap(({ forms }) =>
            forms.map(({ id, name }) => html`<button name="form" value="${id}">Completar ${name}</button> `),
          )}
          <small>${leads} leads</small>
        </form>
        ${table(
          "Páginas",
          ["id", "nombre", "avisos"],
          pages.map(({ id, name, fields }) => [id, name, fields]),
        )}
        ${table(
          "WhatsApp",
          ["id", "nombre", "números", "avisos"],
          wabas.map(({ id, name, numbers, isSubscribed }) => [id, name, numbers, isSubscribed ? "sí" : "no"]),
        )}
        ${table(
          "Cuentas",
          ["id", "nombre", "moneda", "zona", "campañas"],
          accounts.map(({ id, name, currency, timezoneName, campaigns }) => [
            id,
            name,
            currency,
            timezoneName,
            campaigns,
          ]),
        )}
        ${table(
          "Tokens",
          ["token", "tipo", "persona", "permisos", "vence", "muerto"],
          tokens.map(({ value, kind, person, scopes, expires, dead }) => [
            value,
            kind,
            person,
            scopes,
            expires,
            dead ?? "",
          ]),
        )}
        <form method="post" action="/__sim/template">
          <select name="id">
            ${templates.map(
              ({ id, name, language, status, category }) =>
                html`<option value="${id}">${name} ${language} · ${status} · ${category}</option> `,
            )}
          </select>
          ${["approve", "reject", "pause", "unpause", "disable", "yellow", "marketing"].map(
            (act) => html`<button name="act" value="${act}">${act}</button> `,
          )}
        </form>
        ${table(
          "Fallas activas",
          ["ruta", "veces", "falla"],
          faults.map(({ match, left, fault }) => [match, left, JSON.stringify(fault)]),
        )}
        ${table(
          "Reportes",
          ["id", "cuenta", "consultas", "final"],
          reports.map(({ id, accountId, polls, outcome }) => [id, accountId, polls, outcome]),
        )}
        ${table(
          "Últimas llamadas",
          ["#", "hora", "método", "ruta", "parámetros", "estado", "ms", "falla"],
          requests.map(({ serial, at, method, version, path, queryKeys, bodyKeys, status, durationMs, fault }) => [
            serial,
            new Date(at).toISOString(),
            method,
            `${version ? `/${version}` : ""}${path}`,
            [...queryKeys, ...bodyKeys].join(" "),
            status,
            durationMs,
            fault ?? "",
          ]),
        )}
      </body>
    </html>`;
