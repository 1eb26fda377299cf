// What a person sees of the deletion they asked for: no personal data, and nothing that the strictest policy would stop.
type Deletion = { receivedAt: Date; doneAt: Date | null };

const dayOf = (at: Date) => at.toISOString().slice(0, 10);

const page = (title: string, ...paragraphs: string[]) =>
  `<!doctype html><html lang="es"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><h1>${title}</h1>${paragraphs.map((text) => `<p>${text}</p>`).join("")}</html>`;

/** The page as HTML. */
export function deletionPage(deletion: Deletion | undefined): string {
  if (!deletion) return page("No encontramos ese pedido", "Revisá que el código de confirmación esté completo.");
  const { receivedAt, doneAt } = deletion;
  return page(
    doneAt ? "Borramos tus datos" : "Recibimos tu pedido",
    `Pedido recibido el ${dayOf(receivedAt)}${doneAt ? ` y terminado el ${dayOf(doneAt)}` : ". Suele tardar unos minutos"}.`,
    "Se borran tu permiso, tu nombre y tu identificador de Meta. Las cifras de las campañas son de la empresa anunciante y no dicen quién sos: se conservan.",
  );
}
