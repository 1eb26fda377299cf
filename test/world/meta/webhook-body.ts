import { createHmac } from "node:crypto";

export interface WebhookEntry {
  id: string;
  /** Seconds; WhatsApp's messages come without. */
  time?: number;
  changes: { field: string; value: unknown }[];
}

export interface Notification {
  object: string;
  entry: WebhookEntry[];
}

/** As Meta writes JSON: what is not ASCII and the slash escaped; a bigint is a bare number, however large. */
export const writeBody = (notification: unknown): string =>
  JSON.stringify(notification, (_, value: unknown) => (typeof value === "bigint" ? `\u0000${value}\u0000` : value))
    .replace(/"\\u0000(-?\d+)\\u0000"/g, "$1")
    .replaceAll("/", String.raw`\/`)
    .replace(/[\u0080-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The request as Meta makes it: signed over the bytes that are on the wire (§G.1). */
export const signedPost = (secret: string, body: string) => ({
  method: "POST",
  headers: {
    "content-type": "application/json",
    "user-agent": "facebookexternalua",
    "x-hub-signature": `sha1=${createHmac("sha1", secret).update(body).digest("hex")}`,
    "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
  },
  body,
});
