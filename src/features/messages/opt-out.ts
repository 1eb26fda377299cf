// Whether somebody's whole message is a word that stops messages, or starts them again. A sentence in which the word comes up
// is none: "stop, o Zé não vem" stops nothing.

const stop = new Set(
  `stop, stopall, unsubscribe, cancel, end, quit, optout, opt out, remove, remove me, stop promotions, baja,
  dar de baja, darme de baja, dame de baja, de baja, basta, salir, parar, cancelar, eliminar, desuscribir,
  desuscribirme, no molestar, no mas mensajes, no quiero mas mensajes, detener promociones, no me escriban mas,
  sair, pare, remover, descadastrar, me remova, cancelar inscricao, nao quero mais, nao quero receber,
  parar promocoes`.split(/,\s+/),
);

const start = new Set([
  "start",
  "unstop",
  "subscribe",
  "alta",
  "dar de alta",
  "darme de alta",
  "volver",
  "iniciar",
  "voltar",
  "comecar",
]);

/** Lower case, without accents, emoji and punctuation, one space between words. */
const bare = (text: string): string =>
  text
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

const LONGEST = 64;

/** On a button of an appointment's template they cancel the appointment. */
const ofAppointments = new Set(["cancel", "cancelar"]);

export function judgeWords(text: string, { isButton = false } = {}): "stop" | "start" | undefined {
  if (text.length > LONGEST) return undefined;
  const words = bare(text);
  if (isButton && ofAppointments.has(words)) return undefined;
  if (stop.has(words)) return "stop";
  return start.has(words) ? "start" : undefined;
}
