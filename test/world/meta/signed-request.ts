import { createHmac } from "node:crypto";

export interface SignedFacts {
  /** Scoped to the app. */
  userId: string;
  /** Seconds. */
  issuedAt: number;
  algorithm?: string;
}

/** What Meta posts as `signed_request` (§K): the signature is over the payload as it is written. */
export const signRequest = (secret: string, { userId, issuedAt, algorithm = "HMAC-SHA256" }: SignedFacts): string => {
  const payload = Buffer.from(JSON.stringify({ algorithm, issued_at: issuedAt, user_id: userId })).toString(
    "base64url",
  );
  return `${createHmac("sha256", secret).update(payload).digest("base64url")}.${payload}`;
};
