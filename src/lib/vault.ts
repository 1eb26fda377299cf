// Tokens at rest. Every sealing has a data key of its own, and a key of the ring wraps it (both AES-256-GCM): a key is
// retired by wrapping data keys anew, and where an envelope is gone its data key is gone. Both layers are tied to their
// place (tenant, connection, kind), so a row copied elsewhere does not open. There is no plaintext mode.
// Envelope: v2.<key id>.<wrapped data key: iv, ciphertext, tag>.<iv>.<ciphertext, tag>, parts in base64url.
// v1.<key id>.<iv>.<ciphertext, tag>, sealed with the ring's key itself, still opens and is not made any more.

import { fromBase64Url, toBase64Url } from "./base64url.ts";

const IV_BYTES = 12;
const DATA_KEY_BYTES = 32;

type Bytes = Uint8Array<ArrayBuffer>;

export type VaultKey = { id: string; bytes: Bytes };

/** Where a secret lives: it opens there and nowhere else. A version, when given, keeps older envelopes from coming back. */
export type VaultPlace = { tenantId: number; connectionId: string; kind: string; version?: number };

export type Vault = ReturnType<typeof createVault>;

type Envelope = { version: string; keyId: string; wrapped: Bytes; iv: Bytes; sealed: Bytes };

/** The first key of the ring seals; every key of it opens. */
export function createVault(ring: readonly VaultKey[], random: (bytes: number) => Bytes) {
  const sealsAs = `v2.${ring[0]?.id ?? ""}`;
  const imported = new Map<string, Promise<CryptoKey>>();
  const keyOf = (keyId: string): Promise<CryptoKey> => {
    const key = ring.find(({ id }) => id === keyId);
    if (!key) throw new Error("The vault does not have this key.");
    const found =
      imported.get(keyId) ??
      crypto.subtle.importKey("raw", key.bytes, "AES-GCM", false, ["wrapKey", "unwrapKey", "decrypt"]);
    imported.set(keyId, found);
    return found;
  };

  const wrap = async (dataKey: CryptoKey, place: VaultPlace): Promise<string> => {
    const keyId = ring[0]?.id;
    if (keyId === undefined) throw new Error("The vault has no key.");
    const iv = random(IV_BYTES);
    const wrapped = await crypto.subtle.wrapKey("raw", dataKey, await keyOf(keyId), gcm(iv, ...v2(place), keyId));
    return `v2.${keyId}.${toBase64Url(Uint8Array.of(...iv, ...new Uint8Array(wrapped)))}`;
  };
  const unwrap = async (
    { keyId, wrapped }: Envelope,
    place: VaultPlace,
    isExtractable: boolean,
  ): Promise<CryptoKey> => {
    const algorithm = gcm(wrapped.slice(0, IV_BYTES), ...v2(place), keyId);
    const key = wrapped.slice(IV_BYTES);
    return crypto.subtle.unwrapKey("raw", key, await keyOf(keyId), algorithm, "AES-GCM", isExtractable, ["decrypt"]);
  };

  const seal = async (secret: string, place: VaultPlace): Promise<string> => {
    const bytes = random(DATA_KEY_BYTES);
    // Extractable for as long as it takes to wrap it.
    const dataKey = await crypto.subtle.importKey("raw", bytes, "AES-GCM", true, ["encrypt"]);
    bytes.fill(0);
    const iv = random(IV_BYTES);
    const sealed = await crypto.subtle.encrypt(gcm(iv, ...v2(place)), dataKey, new TextEncoder().encode(secret));
    return [await wrap(dataKey, place), toBase64Url(iv), toBase64Url(new Uint8Array(sealed))].join(".");
  };

  /** The secret, or undefined when it was altered, moved, or its key is not in the ring. */
  const open = async (text: string, place: VaultPlace): Promise<string | undefined> => {
    try {
      const envelope = readEnvelope(text);
      const [key, algorithm] =
        envelope.version === "v2"
          ? [await unwrap(envelope, place, false), gcm(envelope.iv, ...v2(place))]
          : [await keyOf(envelope.keyId), gcm(envelope.iv, ...v1(place), envelope.keyId)];
      const secret = await crypto.subtle.decrypt(algorithm, key, envelope.sealed);
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(secret);
    } catch {
      return undefined;
    }
  };

  return {
    /** How envelopes begin that are made now, and all that open. */
    sealsAs,
    opensAs: ring.flatMap(({ id }) => [`v2.${id}`, `v1.${id}`]),
    seal,
    open,
    /**
     * The same secret under the ring's first key, or undefined when it is there already. The ciphertext stays as it is;
     * only a v1 is sealed anew. Throws when the envelope does not open.
     */
    rewrap: async (text: string, place: VaultPlace): Promise<string | undefined> => {
      if (text.startsWith(`${sealsAs}.`)) return undefined;
      const secret = await open(text, place);
      if (secret === undefined) throw new Error("The envelope does not open.");
      const envelope = readEnvelope(text);
      if (envelope.version === "v1") return seal(secret, place);
      const wrapped = await wrap(await unwrap(envelope, place, true), place);
      return [wrapped, toBase64Url(envelope.iv), toBase64Url(envelope.sealed)].join(".");
    },
  };
}

function readEnvelope(text: string): Envelope {
  const [version = "", keyId = "", ...rest] = text.split(".");
  if (version !== "v1" && version !== "v2") throw new Error("No such version.");
  const parts = rest.map((part) => fromBase64Url(part));
  // One way to write it: base64 has spare bits, padding and a second alphabet, and none of them may go unnoticed.
  if (rest.join(".") !== parts.map(toBase64Url).join(".")) throw new Error("Not as this vault writes it.");
  const [wrapped, iv, sealed, ...more] = version === "v1" ? [new Uint8Array(), ...parts] : parts;
  if (!wrapped || !iv || !sealed || more.length > 0) throw new Error("No envelope.");
  return { version, keyId, wrapped, iv, sealed };
}

const v1 = (place: VaultPlace): string[] => ["v1", String(place.tenantId), place.connectionId, place.kind];

// The inner layer does not know the wrapping key, so that a change of keys leaves the ciphertext alone.
const v2 = ({ tenantId, connectionId, kind, version }: VaultPlace): string[] => [
  "v2",
  String(tenantId),
  connectionId,
  kind,
  version === undefined ? "" : String(version),
];

// Each field is preceded by its length, so that no two places share one binding.
function gcm(iv: Bytes, ...fields: string[]) {
  const binding = fields.map((field) => `${field.length}:${field}`).join("");
  return { name: "AES-GCM", iv, additionalData: Uint8Array.from(new TextEncoder().encode(binding)) };
}
