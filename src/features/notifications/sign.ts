// Signatures by Standard Webhooks (standardwebhooks.com): `v1,` and base64 of HMAC-SHA256 over id, instant and body, one for each
// secret that is live, a space between them.
import { hmacKey } from "../../lib/hmac.ts";

const toBase64 = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/** The headers of a delivery. `at` in milliseconds; `secrets` with or without their `whsec_`. */
export async function signedHeaders(
  secrets: readonly string[],
  { id, at, body }: { id: string; at: number; body: string },
): Promise<Record<string, string>> {
  const seconds = String(Math.floor(at / 1000));
  const content = new TextEncoder().encode(`${id}.${seconds}.${body}`);
  const signatures = await Promise.all(
    secrets.map(async (secret) => {
      const key = await hmacKey(fromBase64(secret.replace(/^whsec_/, "")), "sign");
      return `v1,${toBase64(await crypto.subtle.sign("HMAC", key, content))}`;
    }),
  );
  return { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": signatures.join(" ") };
}

/** A secret as receivers know it, of 32 random bytes in base64url. */
export const toSecret = (random: string): string =>
  `whsec_${random.replaceAll("-", "+").replaceAll("_", "/")}${"=".repeat((4 - (random.length % 4)) % 4)}`;

const fromBase64 = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
