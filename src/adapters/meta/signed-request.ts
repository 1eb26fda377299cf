// `signed_request`: Meta tells of a person who took the app back, or wants their data deleted. `<signature>.<payload>`, both
// base64url; signed is the payload as it is written, not what it decodes to. Why one is refused is known inside only.
// https://developers.facebook.com/docs/facebook-login/guides/advanced/existing-system
import * as z from "zod";
import { fromBase64Url } from "../../lib/base64url.ts";
import { findSigner, sign } from "./signature.ts";

const SHAPE = /^([\w-]{43}=?)\.([\w-]{1,4000}={0,2})$/;
const OLDEST_MS = 3 * 86_400_000;
const CLOCK_SKEW_MS = 300_000;

const payloadShape = z.object({
  algorithm: z.literal("HMAC-SHA256"),
  issued_at: z.number().int().positive(),
  user_id: z.string().regex(/^\d{1,32}$/),
});

export type SignedRequest =
  | { ok: true; metaUserId: string; issuedAt: Date; receipt: string }
  | { ok: false; reason: "malformed" | "unsigned" | "payload" | "too_old" | "too_early" };

type Options = { appSecrets: readonly string[]; now: () => number };

/** `receipt` is 128 bits in hex, the same each time the request comes, and nobody's to guess without the secret. */
export async function readSignedRequest({ appSecrets, now }: Options, text: string): Promise<SignedRequest> {
  const [, signature, payload] = SHAPE.exec(text) ?? [];
  if (signature === undefined || payload === undefined) return { ok: false, reason: "malformed" };
  const signer = await findSigner(appSecrets, new TextEncoder().encode(payload), fromBase64Url(signature));
  if (signer === undefined) return { ok: false, reason: "unsigned" };
  const parsed = payloadShape.safeParse(parse(payload));
  if (!parsed.success) return { ok: false, reason: "payload" };
  const { user_id: metaUserId, issued_at } = parsed.data;
  const age = now() - issued_at * 1000;
  if (age > OLDEST_MS) return { ok: false, reason: "too_old" };
  if (age < -CLOCK_SKEW_MS) return { ok: false, reason: "too_early" };
  const receipt = (await sign(signer, `receipt:${metaUserId}:${issued_at}`)).slice(0, 32);
  return { ok: true, metaUserId, issuedAt: new Date(issued_at * 1000), receipt };
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(fromBase64Url(payload)));
  } catch {
    return undefined;
  }
}
