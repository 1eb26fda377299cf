// Tokens at rest. AES-256-GCM; the envelope names its key, so keys can be rotated; the additional data ties it to its
// place (tenant, connection, kind), so a row copied elsewhere does not open. There is no plaintext mode.
// Envelope: v1.<key id>.<iv>.<ciphertext and tag>, parts in base64url.

import { fromBase64Url, toBase64Url } from "./base64url.ts";

const IV_BYTES = 12;

export type VaultKey = { id: string; bytes: Uint8Array<ArrayBuffer> };

/** Where a secret lives: it opens there and nowhere else. */
export type VaultPlace = { tenantId: number; connectionId: string; kind: string };

export type Vault = ReturnType<typeof createVault>;

/** The first key of the ring seals; every key of it opens. */
export function createVault(ring: readonly VaultKey[], random: (bytes: number) => Uint8Array<ArrayBuffer>) {
  const imported = new Map<string, Promise<CryptoKey>>();
  const keyOf = (key: VaultKey) => {
    let found = imported.get(key.id);
    if (!found) {
      found = crypto.subtle.importKey("raw", key.bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
      imported.set(key.id, found);
    }
    return found;
  };

  return {
    seal: async (secret: string, place: VaultPlace): Promise<string> => {
      const key = ring[0];
      if (!key) throw new Error("The vault has no key.");
      const iv = random(IV_BYTES);
      const algorithm = { name: "AES-GCM", iv, additionalData: bindingOf(place, key.id) };
      const sealed = await crypto.subtle.encrypt(algorithm, await keyOf(key), new TextEncoder().encode(secret));
      return ["v1", key.id, toBase64Url(iv), toBase64Url(new Uint8Array(sealed))].join(".");
    },
    /** The secret, or undefined when it was altered, moved, or its key is not in the ring. */
    open: async (envelope: string, place: VaultPlace): Promise<string | undefined> => {
      const [version, keyId, iv, sealed, ...rest] = envelope.split(".");
      const key = ring.find(({ id }) => id === keyId);
      if (version !== "v1" || !key || !iv || !sealed || rest.length > 0) return undefined;
      try {
        const algorithm = { name: "AES-GCM", iv: fromBase64Url(iv), additionalData: bindingOf(place, key.id) };
        return new TextDecoder().decode(
          await crypto.subtle.decrypt(algorithm, await keyOf(key), fromBase64Url(sealed)),
        );
      } catch {
        return undefined;
      }
    },
  };
}

// Each field is preceded by its length, so that no two places share one binding.
function bindingOf(place: VaultPlace, keyId: string): Uint8Array<ArrayBuffer> {
  const fields = ["v1", String(place.tenantId), place.connectionId, place.kind, keyId];
  return Uint8Array.from(new TextEncoder().encode(fields.map((field) => `${field.length}:${field}`).join("")));
}
