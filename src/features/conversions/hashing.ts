// What is known of a person, as Meta wants it: normalised, then SHA-256, once. What cannot be brought into its form is left
// out: a wrong hash matches nobody.
// https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters

const trimmed = (text: string) => text.normalize("NFC").trim().toLowerCase();

const matching = (pattern: RegExp) => (text: string) => (pattern.test(text) ? text : undefined);

/** Leading zeros are an exit code or a trunk prefix: which country the rest is of, nobody can tell from one of them. */
const phone = (text: string) =>
  matching(/^[1-9]\d{6,14}$/)(
    text
      .replace(/[\s().-]/g, "")
      .replace(/^\+/, "")
      .replace(/^00/, ""),
  );

const name = (text: string) => trimmed(text.replace(/[\p{P}\p{S}]/gu, ""));

const place = (text: string) => trimmed(text).replace(/[\s\d.()-]/g, "");

const birthday = (text: string) => {
  const digits = text.replace(/^(\d{4})-(\d{2})-(\d{2})$/, "$1$2$3");
  return matching(/^(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/)(digits);
};

const normalisers = {
  em: (text: string) => matching(/^[^\s@]+@[^\s@]+\.[^\s@]+$/)(trimmed(text)),
  ph: phone,
  fn: name,
  ln: name,
  ct: place,
  st: place,
  zp: (text: string) => trimmed(text).replace(/\s/g, "").replace(/-.*$/, ""),
  country: (text: string) => matching(/^[a-z]{2}$/)(trimmed(text)),
  db: (text: string) => birthday(text.trim()),
  ge: (text: string) => /^(?:f(?=$|emale$)|m(?=$|ale$))/.exec(trimmed(text))?.[0],
  external_id: (text: string) => text.trim(),
} as const satisfies Record<string, (text: string) => string | undefined>;

/** Travel as they are: hashed, they would match nothing. */
export const neverHashed = [
  "client_ip_address",
  "client_user_agent",
  "fbc",
  "fbp",
  "lead_id",
  "ctwa_clid",
  "whatsapp_business_account_id",
  "page_id",
  "subscription_id",
] as const;

export type HashedKey = keyof typeof normalisers;

/** SHA-256, or MD5, in hexadecimal: hashed by whoever sent it. */
const HASHED = /^([\da-f]{64}|[\da-f]{32})$/i;

/** Undefined where nothing is left of it that Meta could match. */
export async function hashKey(key: HashedKey, value: string): Promise<string | undefined> {
  const text = value.trim();
  if (HASHED.test(text)) return text.toLowerCase();
  const normal = normalisers[key](text);
  if (!normal) return undefined;
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(normal)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export type Person = Partial<Record<HashedKey, string | null | undefined>>;

/** Meta's `user_data` of a person: each key a list of one, the keys that say nothing left out. */
export async function hashPerson(person: Person): Promise<Record<string, string[]>> {
  const keys = Object.keys(person) as HashedKey[];
  const hashed = await Promise.all(keys.map((key) => hashKey(key, person[key] ?? "")));
  return Object.fromEntries(keys.flatMap((key, at) => (hashed[at] ? [[key, [hashed[at]]]] : [])));
}

/** Meta's id of a lead of a form, 15 to 17 digits: a number where JSON can hold it exactly. */
export function toLeadId(leadgenId: string | null): number | string | undefined {
  if (leadgenId === null || !/^\d{15,17}$/.test(leadgenId)) return undefined;
  return Number.isSafeInteger(Number(leadgenId)) ? Number(leadgenId) : leadgenId;
}
