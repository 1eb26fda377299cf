import { isZone } from "../../lib/dates.ts";

// Countries that live by one clock, or nearly; longer prefixes first.
const zones: readonly (readonly [prefix: string, zone: string])[] = [
  ["+598", "America/Montevideo"],
  ["+595", "America/Asuncion"],
  ["+593", "America/Guayaquil"],
  ["+591", "America/La_Paz"],
  ["+58", "America/Caracas"],
  ["+57", "America/Bogota"],
  ["+56", "America/Santiago"],
  ["+55", "America/Sao_Paulo"],
  ["+54", "America/Argentina/Buenos_Aires"],
  ["+52", "America/Mexico_City"],
  ["+51", "America/Lima"],
  ["+34", "Europe/Madrid"],
];

/** The zone that a person said they live in (the lead's external_ids.timezone), or that of their phone's country. */
export function zoneOfContact(said: unknown, phone: string | null | undefined): string | undefined {
  if (typeof said === "string" && isZone(said)) return said;
  return zones.find(([prefix]) => phone?.startsWith(prefix))?.[1];
}
