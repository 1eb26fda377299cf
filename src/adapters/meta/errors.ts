import { AppError, type ErrorCode } from "../../errors.ts";
import { type FailureClass, messageRules, ranges, type Rule, rules } from "./error-table.ts";

export type MetaErrorCode = Extract<ErrorCode, `meta.${string}` | "connection.needs_reauth">;

export type MetaErrorDetails = {
  metaCode?: number;
  metaSubcode?: number;
  retryAfterSeconds?: number;
  reason?: string;
  splitBy?: "days" | "page";
  /** Where in a response the shape was wrong; field names and positions only. */
  path?: string;
  /** Nobody has seen this code yet: add it to the table. */
  unknown?: true;
};

export type MetaFailure = { code: MetaErrorCode; details: MetaErrorDetails };

/** What is known of a refused call; `code` is absent when the body was no error envelope (HTML, empty). */
export type MetaRefusal = {
  status: number;
  code?: number | undefined;
  subcode?: number | undefined;
  message?: string | undefined;
  /** The call was to /oauth/access_token, where code 1 with a wrong secret looks like an outage (§B.3). */
  oauth?: boolean;
  /** What the usage headers of the same answer asked for. */
  retryAfterSeconds?: number | undefined;
};

const codeOf: Record<FailureClass, MetaErrorCode> = {
  retry: "meta.transient",
  throttle: "meta.throttled",
  split: "meta.too_much_data",
  reconnect: "connection.needs_reauth",
  permission: "meta.permission",
  config: "meta.bad_request",
  gone: "meta.not_found",
  outdated: "meta.outdated_version",
  cursor: "meta.bad_cursor",
};

const findRule = ({ code, subcode, message = "", oauth = false }: MetaRefusal): Rule | undefined => {
  if (code === undefined) return undefined;
  const exact = subcode === undefined ? undefined : rules.get(`${code}/${subcode}`);
  if (exact) return exact;
  const said = messageRules.find((rule) => rule.code === code && rule.says.test(message) && (!rule.oauth || oauth));
  return said?.rule ?? rules.get(String(code)) ?? ranges.find(({ from, to }) => code >= from && code <= to)?.rule;
};

/** For a refusal the table does not know, the HTTP status is all there is. */
const ruleOfStatus = (status: number): Rule => {
  if (status === 429) return { class: "throttle", waitSeconds: 300 };
  return { class: status >= 500 ? "retry" : "config" };
};

/** A policy block is no quota: the minutes in the headers are about something else. */
const waitOf = (ours: number, reason: string | undefined, asked: number | undefined): number =>
  reason === "policy_block" ? ours : (asked ?? ours);

/** The one place that says what a refusal of Meta's means for us. */
export const classifyMetaError = (refusal: MetaRefusal): MetaFailure => {
  const known = findRule(refusal);
  const rule = known ?? ruleOfStatus(refusal.status);
  const { code, subcode, retryAfterSeconds } = refusal;
  return {
    code: codeOf[rule.class],
    details: {
      ...(code !== undefined && { metaCode: code }),
      ...(subcode !== undefined && { metaSubcode: subcode }),
      ...(rule.waitSeconds && { retryAfterSeconds: waitOf(rule.waitSeconds, rule.reason, retryAfterSeconds) }),
      ...(rule.reason && { reason: rule.reason }),
      ...(rule.splitBy && { splitBy: rule.splitBy }),
      ...(!known && rule.class === "config" && { unknown: true as const }),
    },
  };
};

const messages: Record<MetaErrorCode, string> = {
  "connection.needs_reauth": "Meta ya no acepta la conexión con tu cuenta.",
  "meta.throttled": "Meta limitó por un rato las consultas de esta cuenta.",
  "meta.transient": "Meta no está respondiendo bien en este momento.",
  "meta.protocol": "Meta devolvió una respuesta que no pudimos interpretar.",
  "meta.too_much_data": "La consulta le pide a Meta demasiados datos de una vez.",
  "meta.permission": "A la conexión con Meta le falta un permiso para hacer esto.",
  "meta.not_found": "Meta no encuentra ese elemento o tu cuenta no puede verlo.",
  "meta.bad_request": "Meta rechazó la consulta.",
  "meta.outdated_version": "La versión de la API de Meta que usamos dejó de funcionar.",
  "meta.bad_cursor": "Meta perdió la posición en la lista que estábamos leyendo.",
};

// No `cause`: what fetch or JSON.parse throw may quote the URL, a header or the body.
export const metaError = (code: MetaErrorCode, details: MetaErrorDetails): AppError =>
  new AppError(code, messages[code], { details });

export const protocolError = (reason: string, details: MetaErrorDetails = {}): AppError =>
  metaError("meta.protocol", { reason, ...details });
