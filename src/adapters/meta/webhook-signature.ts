// X-Hub-Signature-256: HMAC-SHA256 with the app secret, over the bytes of the body as they came.
// https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads
import { findSigner } from "./signature.ts";

// Two headers of the name arrive as one with a comma, and are none.
const SHAPE = /^sha256=[0-9a-f]{64}$/;

/** What is wrong with a body's signature; undefined when one of the secrets made it. */
export async function refuseSignature(
  secrets: readonly string[],
  header: string | undefined,
  body: ArrayBuffer,
): Promise<"missing" | "malformed" | "unsigned" | undefined> {
  if (header === undefined) return "missing";
  if (!SHAPE.test(header)) return "malformed";
  const signature = Uint8Array.from(header.slice(7).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return (await findSigner(secrets, body, signature)) === undefined ? "unsigned" : undefined;
}
