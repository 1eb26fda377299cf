// The engine's reasons, for people.
const words: Readonly<Record<string, string>> = {
  rule_gone: "La regla ya no existe.",
  rule_inactive: "La regla está pausada.",
  lead_gone: "El lead ya no existe.",
  test_lead: "Es un lead de prueba.",
  stopped_by_reply: "La persona ya respondió.",
  stopped_by_goal: "La venta ya se cerró.",
  stopped_by_human: "Alguien del equipo ya le escribió.",
  earlier_step_failed: "El paso anterior no llegó.",
  suppressed: "Esa persona pidió no recibir mensajes.",
  no_consent: "Esa persona no aceptó recibir promociones.",
  no_recipient: "El lead no tiene un teléfono al que escribir.",
  template_rejected: "La plantilla no está aprobada.",
  template_missing: "La plantilla no existe.",
  outside_window: "Pasaron más de 24 horas desde su último mensaje.",
  cap_of_rule: "La regla ya le escribió lo que podía.",
  too_late: "Ya es tarde para este mensaje.",
  always_quiet: "No hay ninguna hora en la que se le pueda escribir.",
};

export function explainReason(reason: string): string {
  const [head = ""] = reason.split(":");
  if (head === "conditions") return "Las condiciones de la regla ya no se cumplen.";
  if (head === "missing_parameter") return "Falta un dato para completar la plantilla.";
  return words[head] ?? reason;
}
