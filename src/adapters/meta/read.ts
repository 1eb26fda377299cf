import * as z from "zod";
import type { AppError } from "../../errors.ts";
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

type Context = { oauth: boolean; ofApp: boolean; retryAfterSeconds?: number | undefined };

/**
 * What an answer refuses, if it does; `code` is Meta's, absent where the body is no error envelope. An envelope counts
 * whatever its HTTP status: Meta throttles with 400 and may fail with 200.
 */
export const refusalOf = (
  { status, text }: Answer,
  { ofApp, ...context }: Context,
): { code: number | undefined; error: AppError } | undefined => {
  const refusal = envelope.safeParse(parseJson(text)?.json).data?.error;
  if (!refusal && status < 400) return undefined;
  const { code, error_subcode: subcode, message } = refusal ?? {};
  const failure = classifyMetaError({ status, code, subcode, message, ...context });
  // A call in the app's own name says nothing about anybody's connection.
  const isOurs = ofApp && failure.code === "connection.needs_reauth";
  const error = isOurs
    ? metaError("meta.bad_request", { reason: "app_secret" })
    : metaError(failure.code, failure.details);
  return { code, error };
};

/** An answer as the shape we asked for, or the AppError it amounts to. */
export const read = <T>(answer: Answer, schema: z.ZodType<T>, context: Context): T => {
  const refusal = refusalOf(answer, context);
  if (refusal) throw refusal.error;
  const parsed = parseJson(answer.text);
  // Heavy pages come back cut off, with status 200 (§E.5).
  if (!parsed) throw protocolError("invalid_json", { splitBy: "page" });
  const result = schema.safeParse(parsed.json);
  if (!result.success) throw protocolError("unexpected_shape", { path: result.error.issues[0]?.path.join(".") ?? "" });
  return result.data;
};
