// What Meta says a template is for decides what a message of it costs.

type Categories = { category: string; previousCategory: string | null; correctCategory: string | null };

/** For people; null where nothing changed and nothing is announced. */
export function costWarningOf({ category, previousCategory, correctCategory }: Categories): string | null {
  const [is, was, willBe] = [category, previousCategory, correctCategory].map((word) => word?.toUpperCase());
  if (willBe && willBe !== is)
    return `Meta avisó que va a pasar esta plantilla de ${is} a ${willBe}: el costo de cada mensaje puede cambiar.`;
  if (was && was !== is)
    return `Meta pasó esta plantilla de ${was} a ${is}: el costo de cada mensaje puede haber cambiado.`;
  return null;
}
