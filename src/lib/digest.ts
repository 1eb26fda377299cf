import { toBase64Url } from "./base64url.ts";

/** SHA-256 of a text (as UTF-8) or of bytes, as base64url. */
export async function digest(content: string | ArrayBuffer): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
