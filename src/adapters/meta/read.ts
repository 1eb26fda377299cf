import * as z from "zod";
import { classifyMetaError, metaError, protocolError } from "./errors.ts";
import type { Answer } from "./send.ts";

const number = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
]);

const envelope = z.object({
  error: z.object({
    code: number,
    error_subcode: number.optional().catch(undefined),
    message: z.string().optional().catch(undefined),
  }),
});

const parseJson = (text: string): { json: unknown } | undefined => {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
};

/**
 * An answer as the shape we asked for, or the AppError it amounts to. An error envelope counts whatever its HTTP status:
 * Meta throttles with 400 and may fail with 200.
 */
export const read = <T>(
  { status, text }: Answer,
  schema: z.ZodType<T>,
  { ofApp, ...context }: { oauth: boolean; ofApp: boolean; retryAfterSeconds?: number | undefined },
): T => {
  const parsed = parseJson(text);
  const refusal = envelope.safeParse(parsed?.json).data?.error;
  if (refusal || status >= 400) {
    const { code, error_subcode: subcode, message } = refusal ?? {};
    const failure = classifyMetaError({ status, code, subcode, message, ...context });
    // A call in the app's own name says nothing about anybody's connection.
    const isOurs = ofApp && failure.code === "connection.needs_reauth";
    throw isOurs ? metaError("meta.bad_request", { reason: "app_secret" }) : metaError(failure.code, failure.details);
  }
  // Heavy pages come back cut off, with status 200 (§E.5).
  if (!parsed) throw protocolError("invalid_json", { splitBy: "page" });
  const result = schema.safeParse(parsed.json);
  if (!result.success) throw protocolError("unexpected_shape", { path: result.error.issues[0]?.path.join(".") ?? "" });
  return result.data;
};
