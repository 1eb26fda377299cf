// HMAC-SHA256 with the app secret: how Meta signs what it sends us, and how we show Meta that it is us. While a secret is
// changed, what comes in holds under the new and the old one. That is judged over the bytes as they came, by
// crypto.subtle.verify, which takes the same time whatever differs.

import { hmacKey } from "../../lib/hmac.ts";

/** The secret that signed `content`; undefined when none of them did. */
export async function findSigner(
  secrets: readonly string[],
  content: BufferSource,
  signature: BufferSource,
): Promise<string | undefined> {
  for (const secret of secrets) {
    if (await crypto.subtle.verify("HMAC", await hmacKey(secret, "verify"), signature, content)) return secret;
  }
  return undefined;
}

/** The signature in hex. */
export async function sign(secret: string, content: string): Promise<string> {
  const mac = await crypto.subtle.sign("HMAC", await hmacKey(secret, "sign"), new TextEncoder().encode(content));
  return Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
