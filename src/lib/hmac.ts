/** The key of a secret for HMAC-SHA256. Nobody can read it out again. */
export const hmacKey = (secret: string | BufferSource, use: "sign" | "verify"): Promise<CryptoKey> =>
  crypto.subtle.importKey(
    "raw",
    typeof secret === "string" ? new TextEncoder().encode(secret) : secret,
    { name: "HMAC", hash: "SHA-256" },
    false,
    [use],
  );
