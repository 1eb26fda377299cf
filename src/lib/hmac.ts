/** The key of a secret for HMAC-SHA256. Nobody can read it out again. */
export const hmacKey = (secret: string, use: "sign" | "verify"): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", new TextEncoder().encode(secret), { name: "HMAC", hash: "SHA-256" }, false, [use]);
