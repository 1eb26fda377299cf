// Forty texts that must not be where they are not at home: secrets nowhere at all, people's data only in the rows of their
// tenant and in answers to it. Looked for as they are and in the encodings in which they would hide.
import type { Variables } from "../world/settings.ts";
import { post, type Target, type Tenant } from "./scene.ts";

export type Canary = {
  name: string;
  text: string;
  /** Whose person it is about; a secret is nobody's. */
  tenant?: number;
  /** What a thing is called: the audit tells which one was changed. */
  isLabel?: boolean;
};

const PEOPLE_FIELDS = [
  "first_name",
  "last_name",
  "phone_number",
  "email",
  "headline",
  "body",
  "tag",
  "external_ids",
  "source_detail",
  "opportunity",
  "notes",
  "invoice_number",
  "rule",
  "action_config",
  "template",
] as const;
type Field = (typeof PEOPLE_FIELDS)[number];

/** With a space and letters outside ASCII, so that no two encodings are the same; what has a format has it. */
const personalText = (field: Field, { mark }: Tenant): string => {
  if (field === "phone_number")
    return `+54 9 11 ${Array.from(mark, (letter) => (letter.codePointAt(0) ?? 0) % 10).join("")}731`;
  if (field === "email") return `kanarienvogel.${mark}@correo.example`.toLowerCase();
  return `Kanárien ${field} ñ ${mark}`;
};

export const personalOf = (tenant: Tenant): Record<Field, string> =>
  Object.fromEntries(PEOPLE_FIELDS.map((field) => [field, personalText(field, tenant)])) as Record<Field, string>;

export const personalCanaries = (tenants: readonly Tenant[]): Canary[] =>
  tenants.flatMap((tenant) =>
    Object.entries(personalOf(tenant)).map(([field, text]) => ({
      name: `${field} of ${tenant.mark}`,
      text,
      tenant: tenant.id,
      isLabel: field === "rule",
    })),
  );

/** What the worker is configured with, the tokens that Meta gave, and sessions. */
export const secretCanaries = (
  variables: Variables,
  tokens: readonly string[],
  sessions: readonly string[],
): Canary[] => {
  const { password } = new URL(variables.DATABASE_URL);
  const secrets = {
    "the app secret": variables.META_APP_SECRET,
    "the session secret": variables.JWT_SECRET,
    "the token of Redis": variables.UPSTASH_REDIS_REST_TOKEN,
    "the webhook's verify token": variables.META_WEBHOOK_VERIFY_TOKEN,
    "the key of the vault": variables.TOKEN_ENCRYPTION_KEYS.split(":")[1] ?? "",
    "the admin token": variables.ADMIN_TOKEN,
    "the database's password": decodeURIComponent(password),
  };
  const named = (name: string) => (text: string, place: number) => ({ name: `${name} ${place + 1}`, text });
  return [
    ...Object.entries(secrets).flatMap(([name, text]) => (text === "" ? [] : [{ name, text }])),
    ...tokens.map(named("token at Meta")),
    ...sessions.map(named("session")),
  ];
};

/** As it is, in JSON, URL-encoded, in hex, and in base64 wherever in a longer text it begins. */
export function encodingsOf(text: string): string[] {
  const bytes = Buffer.from(text, "utf8");
  const inBase64 = [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // The letters at both ends hold bits of the neighbours.
    const sure = encoded.slice(before === 0 ? 0 : before + 1, -4);
    return [sure, sure.replaceAll("+", "-").replaceAll("/", "_")];
  });
  const hex = bytes.toString("hex");
  const url = encodeURIComponent(text);
  const json = JSON.stringify(text).slice(1, -1);
  const ascii = json.replaceAll(
    /[^\x20-\x7e]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return [...new Set([text, json, ascii, url, url.replaceAll("%20", "+"), hex, hex.toUpperCase(), ...inBase64])];
}

/** Of the first letters of a text at a place. */
const HASHED = 4;
const HASHES = 2 ** 20;
const hashAt = (text: string, place: number): number => {
  let hash = 0;
  for (let next = place; next < place + HASHED; next += 1) hash = (hash * 31 + text.charCodeAt(next)) & (HASHES - 1);
  return hash;
};

/** Tells which of them are in a text: in one walk, however many they are. */
export function createFinder(canaries: readonly Canary[]): (text: string) => Canary[] {
  const needles = canaries.flatMap((canary) => encodingsOf(canary.text).map((text) => ({ canary, text })));
  const byHash = Map.groupBy(needles, ({ text }) => hashAt(text, 0));
  const isBeginning = new Uint8Array(HASHES);
  for (const hash of byHash.keys()) isBeginning[hash] = 1;
  return (text) => {
    const found = new Set<Canary>();
    for (let place = 0; place <= text.length - HASHED; place += 1) {
      const hash = hashAt(text, place);
      if (isBeginning[hash] === 0) continue;
      for (const needle of byHash.get(hash) ?? []) if (text.startsWith(needle.text, place)) found.add(needle.canary);
    }
    return [...found];
  };
}

/** Puts a tenant's people into it the way they come: through the API. */
export async function seedPeople(target: Pick<Target, "send">, tenant: Tenant, token: string): Promise<void> {
  const own = personalOf(tenant);
  const send = (path: string, content: unknown) => post(target, token, path, content);
  const { first_name, last_name, phone_number, email, headline, body, source_detail } = own;
  const touch = { occurred_at: "2026-11-01T12:00:00Z", channel: "ctwa", source_detail, headline, body };
  const lead = {
    external_id: "L-canary",
    first_name,
    last_name,
    phone_number,
    email,
    tags: [own.tag],
    external_ids: { other: own.external_ids },
  };
  await send("/crm/leads", { ...lead, touchpoints: [touch] });
  await send("/crm/opportunities", {
    external_id: "O-canary",
    lead_external_id: "L-canary",
    name: own.opportunity,
    value: "10",
    currency: "USD",
    stage: "proposal",
  });
  const { notes, invoice_number } = own;
  await send("/crm/sales", {
    external_id: "S-canary",
    lead_external_id: "L-canary",
    amount: "10",
    currency: "USD",
    sold_at: "2026-11-02T12:00:00Z",
    notes,
    invoice_number,
  });
  await send("/admin/core/crm/hsm-templates", {
    name: "kanarien",
    category: "UTILITY",
    language: "es",
    body_text: own.template,
  });
  await send("/crm/marketing/automation/rules", {
    name: own.rule,
    trigger_type: "lead_created",
    action_type: "update_field",
    action_config: { text: own.action_config },
  });
}
