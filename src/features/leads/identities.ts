// By what a person is known again, in the one writing in which it is kept.
import { phoneKey, toE164 } from "../../lib/phone.ts";

export const identityKinds = [
  "phone",
  "email",
  "bsuid",
  "parent_bsuid",
  "username",
  "leadgen_id",
  "ctwa_clid",
  "wa_id",
] as const;

/** As it was received; `external_id` is that of a touch. */
export type Identity = { kind: (typeof identityKinds)[number] | "external_id"; value: string };

/** As it is kept; `wa_id` is a phone. */
export type KeptIdentity = { kind: string; value: string };

/** Strongest first: a name may change hands, an address may be a family's. */
const STRENGTH = ["leadgen_id", "external_id", "bsuid", "parent_bsuid", "phone", "ctwa_clid", "email", "username"];

const LONGEST = 1_024;

/** True for a phone that is read as one of the tenant's country. */
export const isNational = (phone: string): boolean =>
  toE164(phone) === undefined && /\d{5}/.test(phone.replace(/\D/g, ""));

/** What can be known again by these, strongest first and each once. Test leads are a world of their own. */
export function keepIdentities(
  received: readonly Identity[],
  { country, isTest = false }: { country?: string | null | undefined; isTest?: boolean },
): KeptIdentity[] {
  const kept = received.flatMap(({ kind, value }) => keep(kind, value.trim(), country) ?? []);
  const sorted = kept.toSorted((a, b) => STRENGTH.indexOf(a.kind) - STRENGTH.indexOf(b.kind));
  const distinct = new Map(sorted.map((identity) => [`${identity.kind} ${identity.value}`, identity]));
  return [...distinct.values()].map(({ kind, value }) => ({ kind, value: isTest ? `test:${value}` : value }));
}

function keep(kind: Identity["kind"], value: string, country: string | null | undefined): KeptIdentity | undefined {
  if (value === "" || value.length > LONGEST) return undefined;
  switch (kind) {
    case "phone": {
      const phone = toE164(value, country);
      return phone === undefined ? undefined : { kind, value: phoneKey(phone) };
    }
    case "wa_id": {
      // Always with its country. What WhatsApp calls a phone is one, also where we know no such number.
      const digits = value.replace(/\D/g, "");
      const phone = toE164(`+${digits}`) ?? (/^[1-9]\d{7,14}$/.test(digits) ? `+${digits}` : undefined);
      return phone === undefined ? undefined : { kind: "phone", value: phoneKey(phone) };
    }
    case "email":
      return /.@./.test(value) ? { kind, value: value.toLowerCase() } : undefined;
    case "username":
      return { kind, value: value.replace(/^@/, "").toLowerCase() };
    default:
      return { kind, value };
  }
}
