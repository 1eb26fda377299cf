import type { AppError, ErrorCode } from "../../errors.ts";

const TRY_LATER = "Probá de nuevo en unos minutos.";
const TELL_SUPPORT = "No depende de vos: avisale a soporte.";

const hints: Partial<Record<ErrorCode, string>> = {
  "connection.missing": "Conectá tu cuenta de Meta.",
  "connection.missing_scope": "Volvé a conectar tu cuenta de Meta y aceptá todos los permisos.",
  "connection.needs_reauth": "Volvé a conectar tu cuenta de Meta.",
  "meta.throttled": "No hace falta que hagas nada: seguimos solos cuando Meta lo permita.",
  "meta.transient": TRY_LATER,
  "meta.protocol": TRY_LATER,
  "meta.bad_cursor": TRY_LATER,
  "meta.too_much_data": "Elegí un período más corto.",
  "meta.permission":
    "Volvé a conectar tu cuenta de Meta y aceptá todos los permisos, o pedile acceso al administrador.",
  "meta.not_found": "Revisá que el elemento exista y que tu usuario de Meta tenga acceso.",
  "asset.taken": "Ya la usa otra empresa de este CRM: desconectala allá primero.",
  "asset.lost": "Tu usuario de Meta ya no la ve: pedí que te devuelvan el acceso y volvé a conectar.",
  "asset.no_token": "Tu usuario de Meta no administra la página: pedí el rol y volvé a conectar.",
  "asset.not_subscribed":
    "Meta no nos manda sus novedades: volvemos a intentar solos; si sigue así, avisale a soporte.",
  "lead.no_access":
    "Meta no nos deja leer los leads de la página: en Configuración del negocio → Integraciones → Acceso a clientes potenciales (Leads Access Manager), dales acceso a la app y a quien conectó Meta. Los que falten llegan solos después.",
  "meta.bad_request": TELL_SUPPORT,
  "meta.outdated_version": TELL_SUPPORT,
};

const hintsByReason: ReadonlyMap<string | null, string> = new Map([
  ["checkpoint", "Entrá a facebook.com, completá la verificación que te pide y volvé a conectar tu cuenta de Meta."],
  ["role_lost", "Pedí que te devuelvan el rol en la página o cuenta y volvé a conectar tu cuenta de Meta."],
  [
    "policy_block",
    "Meta bloqueó temporalmente la cuenta por sus políticas: revisá los avisos en tu Administrador de anuncios.",
  ],
  ["code_expired", "El permiso de Meta venció antes de terminar: empezá la conexión de nuevo."],
  ["code_used", "Ese permiso de Meta ya se usó: empezá la conexión de nuevo."],
  ["start_too_old", "Meta solo guarda 37 meses: elegí una fecha de inicio más reciente."],
]);

/** What the user can do about a failure of the connection or of Meta, in one Spanish sentence. */
export const hintFor = (error: Pick<AppError, "code" | "reason">): string => {
  return hintsByReason.get(error.reason) ?? hints[error.code] ?? TRY_LATER;
};
