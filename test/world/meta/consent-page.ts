import { html } from "hono/html";
import type { Person } from "./entities.ts";

const page = (title: string, body: ReturnType<typeof html>) =>
  html`<!DOCTYPE html>
    <html lang="es">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          body {
            font:
              16px/1.5 system-ui,
              sans-serif;
            max-width: 34rem;
            margin: 3rem auto;
            padding: 0 1rem;
            color: #1c1e21;
          }
          fieldset {
            border: 1px solid #ccd0d5;
            border-radius: 8px;
            margin: 1rem 0;
          }
          label {
            display: block;
            padding: 0.25rem 0;
          }
          button {
            font: inherit;
            padding: 0.5rem 1rem;
            margin-right: 0.5rem;
          }
          small {
            color: #606770;
          }
        </style>
      </head>
      <body>
        <small>Meta simulado: nada de esto sale de tu máquina.</small>
        ${body}
      </body>
    </html>`;

export const consentPage = ({
  appName,
  people,
  personId,
  scopes,
  declined,
  params,
}: {
  appName: string;
  people: Person[];
  personId: string;
  scopes: string[];
  declined: string[];
  params: Record<string, string>;
}) =>
  page(
    `${appName} pide acceso`,
    html`<h1>${appName} pide acceso a tu cuenta</h1>
      <form method="post" action="">
        ${Object.entries(params).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
        <label
          >Continuar como
          <select name="sim_person">
            ${people.map(
              ({ id, name }) =>
                html`<option value="${id}" ${id === personId ? html`selected` : ""}>${name} (${id})</option>`,
            )}
          </select></label
        >
        <fieldset>
          <legend>Permisos</legend>
          ${scopes.map(
            (scope) =>
              html`<label
                ><input
                  type="checkbox"
                  name="sim_scope_${scope}"
                  value="1"
                  ${declined.includes(scope) ? "" : html`checked`}
                />
                ${scope}</label
              >`,
          )}
        </fieldset>
        <button name="sim_decision" value="approve">Aprobar todo</button>
        <button name="sim_decision" value="selected">Aprobar lo marcado</button>
        <button name="sim_decision" value="deny">Cancelar</button>
      </form>`,
  );

/** Some failures never go back to the app: Facebook shows a page of its own (§B.2). */
export const dialogErrorPage = (title: string, message: string) =>
  page(
    title,
    html`<h1>${title}</h1>
      <p>${message}</p>`,
  );
