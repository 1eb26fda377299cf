// What WhatsApp's error codes mean for a message and for those after it (meta-graph-api §I.6); the same codes come at once
// and later, with a status.

export type Act =
  /** The same message, later. */
  | "retry"
  /** Meta spares this person for now: not before a day has passed. */
  | "wait_day"
  /** The number, or the account it is of, may not send. */
  | "stop_number"
  | "stop_template"
  /** The person wants none. */
  | "suppress"
  /** This person cannot be reached. */
  | "drop"
  /** The connection cannot send until a person sees to it. */
  | "reconnect"
  /** The message is wrong: it would be refused again. */
  | "config";

export type Verdict = { act: Act; seconds?: number; templateStatus?: string; text: string };

const HOUR = 3600;
const DAY = 24 * HOUR;

const retry = (seconds: number, text: string): Verdict => ({ act: "retry", seconds, text });
const stopNumber = (text: string, seconds = HOUR): Verdict => ({ act: "stop_number", seconds, text });
const stopTemplate = (templateStatus: string, text: string): Verdict => ({
  act: "stop_template",
  templateStatus,
  text,
});
const drop = (text: string): Verdict => ({ act: "drop", text });
const config = (text: string): Verdict => ({ act: "config", text });
const reconnect = (text: string): Verdict => ({ act: "reconnect", seconds: HOUR, text });

const BUSY = "WhatsApp está limitando los envíos; se reintenta.";
const FAILING = "WhatsApp no está respondiendo bien; se reintenta.";
const NO_ACCESS = "Meta no acepta la conexión: volvé a conectar tu cuenta.";
const NO_PERMISSION = "A la conexión le falta permiso para enviar mensajes.";
const WRONG_VALUES = "WhatsApp no acepta los valores de la plantilla.";

const table: ReadonlyMap<number, Verdict> = new Map([
  [0, reconnect(NO_ACCESS)],
  [1, retry(60, FAILING)],
  [2, retry(60, FAILING)],
  [3, reconnect(NO_PERMISSION)],
  [4, retry(300, BUSY)],
  [10, reconnect(NO_PERMISSION)],
  [33, stopNumber("Ese número de WhatsApp ya no existe.")],
  [100, config("WhatsApp no acepta el mensaje.")],
  [102, reconnect(NO_ACCESS)],
  [190, reconnect(NO_ACCESS)],
  [368, stopNumber("Meta bloqueó los envíos de la cuenta por sus políticas.", 6 * HOUR)],
  [80007, retry(300, BUSY)],
  [130429, retry(30, BUSY)],
  [130472, drop("Meta no entrega este tipo de mensajes a esa persona.")],
  [130497, drop("WhatsApp no permite escribir a ese país desde este número.")],
  [131000, retry(60, FAILING)],
  [131005, reconnect(NO_PERMISSION)],
  [131008, config(WRONG_VALUES)],
  [131009, config(WRONG_VALUES)],
  [131016, retry(60, FAILING)],
  [131021, drop("El destinatario es el mismo número que envía.")],
  [131026, drop("No se puede entregar: ese teléfono no tiene WhatsApp, o una versión vieja.")],
  [131030, drop("Ese teléfono no está entre los de prueba.")],
  [131031, stopNumber("Meta bloqueó la cuenta de WhatsApp.", 6 * HOUR)],
  [131037, stopNumber("Meta todavía no aprobó el nombre para mostrar del número.")],
  [131042, stopNumber("Hay un problema de pago en la cuenta de WhatsApp.")],
  [131045, stopNumber("El número no está bien registrado en WhatsApp.")],
  [131047, config("Pasaron más de 24 horas desde el último mensaje de esa persona.")],
  [131048, stopNumber("WhatsApp frenó el número por la calidad de sus mensajes.")],
  [131049, { act: "wait_day", seconds: DAY, text: "Meta limita cuántas promociones recibe esa persona." }],
  [131050, { act: "suppress", text: "Esa persona no quiere recibir promociones." }],
  [131051, config("WhatsApp no conoce ese tipo de mensaje.")],
  [131052, retry(60, FAILING)],
  [131053, config("WhatsApp no pudo leer el archivo de la plantilla.")],
  [131056, retry(6, "Demasiados mensajes seguidos a esa persona; se reintenta.")],
  [131057, retry(600, "La cuenta de WhatsApp está en mantenimiento; se reintenta.")],
  [131062, config("A esa persona hay que escribirle por su teléfono.")],
  [131063, config("La cuenta no permite promociones por esta vía.")],
  [131064, stopTemplate("PAUSED", "Meta frenó la cuenta por la categoría de sus plantillas.")],
  [132000, config("La cantidad de valores no es la de la plantilla.")],
  [132001, stopTemplate("PAUSED", "Meta no tiene esa plantilla aprobada en ese idioma.")],
  [132005, config("El texto queda más largo de lo que WhatsApp acepta.")],
  [132007, stopTemplate("PAUSED", "La plantilla no cumple las políticas de WhatsApp.")],
  [132008, config(WRONG_VALUES)],
  [132012, config(WRONG_VALUES)],
  [132015, stopTemplate("PAUSED", "Meta pausó la plantilla por su calidad.")],
  [132016, stopTemplate("DISABLED", "Meta deshabilitó la plantilla.")],
  [132068, config("El formulario de la plantilla está bloqueado.")],
  [132069, retry(300, BUSY)],
  [133010, stopNumber("El número no está registrado en WhatsApp.")],
  [133016, retry(3 * DAY, "El número se registró demasiadas veces; hay que esperar.")],
  [135000, retry(60, FAILING)],
  [137000, config("La identidad de esa persona cambió: hay que verificarla.")],
]);

const UNKNOWN_CODE = config("WhatsApp rechazó el mensaje.");

export function judge(code: number): Verdict {
  const known = table.get(code);
  if (known) return known;
  if (code >= 200 && code <= 299) return reconnect(NO_PERMISSION);
  return UNKNOWN_CODE;
}

/** How often a message is tried. */
const most: Partial<Record<Act, number>> = { retry: 5, stop_number: 12, reconnect: 12, wait_day: 2 };
const LONGEST = DAY;

/**
 * After how many seconds a refused message is tried again, after its `attempt`-th try; undefined where it is not. Retries
 * wait twice as long each time; Meta's own word counts when it is longer.
 */
export function retrySeconds({ act, seconds = 0 }: Verdict, attempt: number, asked = 0): number | undefined {
  if (attempt >= (most[act] ?? 0)) return undefined;
  const ours = act === "retry" ? Math.max(seconds, Math.min(seconds * 2 ** (attempt - 1), LONGEST)) : seconds;
  return Math.max(ours, asked);
}
