// Envelopes of lib/vault.ts by another hand: node:crypto instead of WebCrypto, written from the format.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { VaultKey, VaultPlace } from "../../src/lib/vault.ts";

const prefixed = (fields: readonly string[]) => Buffer.from(fields.map((field) => `${field.length}:${field}`).join(""));

const decipher = (key: Uint8Array, iv: Buffer, sealed: Buffer, fields: readonly string[]): Buffer => {
  const machine = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: 16 });
  machine.setAAD(prefixed(fields)).setAuthTag(sealed.subarray(-16));
  return Buffer.concat([machine.update(sealed.subarray(0, -16)), machine.final()]);
};

/** An envelope as it was made before data keys. */
export const sealAsV1 = (
  secret: string | Uint8Array,
  { tenantId, connectionId, kind }: VaultPlace,
  key: VaultKey,
): string => {
  const iv = randomBytes(12);
  const machine = createCipheriv("aes-256-gcm", key.bytes, iv);
  machine.setAAD(prefixed(["v1", String(tenantId), connectionId, kind, key.id]));
  const sealed = Buffer.concat([machine.update(Buffer.from(secret as string)), machine.final(), machine.getAuthTag()]);
  return ["v1", key.id, iv.toString("base64url"), sealed.toString("base64url")].join(".");
};

/** The secret of a v2 envelope; throws when a tag does not fit. */
export const openV2 = (envelope: string, place: VaultPlace, key: VaultKey): string => {
  const [wrapped, iv, sealed] = envelope
    .split(".")
    .slice(2)
    .map((part) => Buffer.from(part, "base64url"));
  if (!wrapped || !iv || !sealed) throw new Error("No envelope.");
  const fields = ["v2", String(place.tenantId), place.connectionId, place.kind, String(place.version ?? "")];
  const dataKey = decipher(key.bytes, wrapped.subarray(0, 12), wrapped.subarray(12), [...fields, key.id]);
  return decipher(dataKey, iv, sealed, fields).toString("utf8");
};
