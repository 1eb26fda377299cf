import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { hashText, opaqueName } from "./hash.ts";

/** Graph's error envelope (§F.3): nearly everything is HTTP 400, and `type` says little. */
export interface ErrorShape {
  code: number;
  subcode?: number;
  message: string;
  type?: string;
  status?: number;
  isTransient?: boolean;
  userTitle?: string;
  userMessage?: string;
}

export class GraphError extends Error {
  readonly shape: ErrorShape;

  constructor(shape: ErrorShape) {
    super(shape.message);
    this.shape = shape;
  }
}

const AUTH_CODES = new Set([102, 104, 190, 2500]);

let errorSerial = 0;

export const errorResponse = (c: Context, shape: ErrorShape): Response => {
  errorSerial += 1;
  if (AUTH_CODES.has(shape.code)) {
    const quoted = shape.message.replaceAll(/["\r\n]/g, " ").replaceAll(/[^\x20-\x7e]/g, "?");
    c.header("www-authenticate", `OAuth "Facebook Platform" "invalid_request" "(#${shape.code}) ${quoted}"`);
  }
  const error = {
    message: shape.message,
    type: shape.type ?? "OAuthException",
    ...(shape.isTransient !== undefined && { is_transient: shape.isTransient }),
    code: shape.code,
    ...(shape.subcode !== undefined && { error_subcode: shape.subcode }),
    ...(shape.userTitle !== undefined && { error_user_title: shape.userTitle }),
    ...(shape.userMessage !== undefined && { error_user_msg: shape.userMessage }),
    fbtrace_id: `A${opaqueName(hashText("fbtrace"), errorSerial, 22)}`,
  };
  return c.json({ error }, (shape.status ?? 400) as ContentfulStatusCode);
};

const SESSION_MESSAGES: Record<number, string> = {
  458: "The user has not authorized application.",
  459: "The user is enrolled in a blocking, logged-in checkpoint.",
  460: "The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.",
  463: "Session has expired.",
  464: "Sessions for the user are not allowed because the user is not a confirmed user.",
  467: "The access token is invalid since the user has logged out.",
};

export const sessionMessage = (subcode: number): string =>
  `Error validating access token: ${SESSION_MESSAGES[subcode] ?? "The session is invalid."}`;

export const deadToken = (subcode: number): GraphError =>
  new GraphError({ code: 190, subcode, message: sessionMessage(subcode) });

export const missingObject = (id: string, verb: "get" | "post" | "delete" = "get"): GraphError =>
  new GraphError({
    code: 100,
    subcode: 33,
    type: "GraphMethodException",
    message: `Unsupported ${verb} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api`,
  });

export const invalidParameter = (message: string, subcode?: number): GraphError =>
  new GraphError({ code: 100, message: `(#100) ${message}`, ...(subcode !== undefined && { subcode }) });

export const forbidden = (message: string): GraphError =>
  new GraphError({ code: 200, status: 403, message: `(#200) ${message}` });

const KNOWN_MESSAGES: Record<string, string> = {
  "1": "An unknown error occurred",
  "2": "An unexpected error has occurred. Please retry your request later.",
  "4": "(#4) Application request limit reached",
  "10": "(#10) Application does not have permission for this action",
  "17": "(#17) User request limit reached",
  "100": "(#100) Invalid parameter",
  "100:1487534": "(#100) Please reduce the amount of data you're asking for, then retry your request",
  "190": "Error validating access token: The session is invalid.",
  "200": "(#200) Ad account owner has NOT grant ads_management or ads_read permission",
  "368": "(#368) The action attempted has been deemed abusive or is otherwise disallowed",
  "613": "(#613) Calls to this api have exceeded the rate limit.",
  "2601": "Error accessing adreport job.",
  "2642": "(#2642) Invalid cursor provided",
  "3018": "(#3018) The start date of the time range cannot be beyond 37 months from the current date",
  "80000": "(#80000) There have been too many calls from this ad-account. Please wait a bit and try again.",
  "80004": "(#80004) There have been too many calls to this ad-account. Wait a bit and try again.",
};

const STATUS_OF: Record<number, number> = { 1: 500, 2: 503, 10: 403, 200: 403 };
const TRANSIENT = new Set([1, 2, 4, 17, 2601]);

/** The envelope Meta sends for a code when a test names nothing but the code. */
export const knownError = (code: number, subcode?: number): ErrorShape => ({
  code,
  ...(subcode !== undefined && { subcode }),
  message:
    code === 190 && subcode !== undefined
      ? sessionMessage(subcode)
      : (KNOWN_MESSAGES[`${code}:${subcode}`] ?? KNOWN_MESSAGES[String(code)] ?? `(#${code}) Simulated error`),
  ...(STATUS_OF[code] !== undefined && { status: STATUS_OF[code] }),
  ...(TRANSIENT.has(code) && { isTransient: true }),
});
