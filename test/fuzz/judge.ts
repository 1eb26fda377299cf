// Holds an answer against the OpenAPI document, made anew from the routes: its status, its body, its headers.
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { catalogue, type ErrorCode } from "../../src/errors.ts";
import { createDocument } from "../openapi/document.ts";
import { codesOf } from "../openapi/refusals.ts";
import { nameOf, type Route } from "../openapi/routes.ts";
import type { Json } from "../openapi/schemas.ts";

export type Answer = { status: number; headers: Headers; text: string };

/** What is wrong with an answer of a route, in words; empty when it keeps all promises. */
export type Judge = (route: Route, answer: Answer) => string[];

/** Of the hall, for every route: a request may not even reach the route that it was made for. */
const anywhere = new Set<ErrorCode>(["request.not_found", "request.method_not_allowed", "request.too_many"]);

const promised = {
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

export async function createJudge(routes: readonly Route[]): Promise<Judge> {
  const document = await createDocument(routes, []);
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  formats(ajv);
  ajv.addSchema({ $id: "document", ...document });
  const compiled = new Map<string, ValidateFunction | undefined>();
  const schemaAt = (...keys: string[]) => {
    const pointer = keys.map((key) => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
    if (!compiled.has(pointer)) {
      const there = keys.reduce<unknown>((part, key) => (part as Json | undefined)?.[key], document);
      compiled.set(pointer, there ? ajv.compile({ $ref: `document#/${pointer}` }) : undefined);
    }
    return compiled.get(pointer);
  };

  const hold = (validate: ValidateFunction | undefined, value: unknown): string[] => {
    if (!validate) return ["the document does not know this answer"];
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message }) => `off its schema: ${instancePath} ${message ?? ""}`,
    );
  };

  const judgeError = (route: Route, { status, headers, text }: Answer): string[] => {
    const body = parse(text);
    const unfit = hold(schemaAt("components", "schemas", "Error"), body);
    if (unfit.length > 0) return unfit;
    const { detail, error } = body as {
      detail: string;
      error: { code: ErrorCode; message: string; request_id: string };
    };
    // What is answered again is answered as it was, under the number that the first request had.
    const isReplayed = headers.get("idempotency-replayed") === "true";
    const known = anywhere.has(error.code) || codesOf(route).get(status)?.includes(error.code);
    return [
      ...(known ? [] : [`${error.code} is not in the document`]),
      ...(catalogue[error.code][0] === status ? [] : [`${error.code} with status ${status}`]),
      ...(detail === error.message && detail !== "" ? [] : ["detail is not the message"]),
      ...(isReplayed || error.request_id === headers.get("x-request-id")
        ? []
        : ["request_id is not that of the header"]),
      ...([429, 503].includes(status) && !(Number(headers.get("retry-after")) > 0) ? ["no Retry-After"] : []),
    ];
  };

  const judgeTold = (route: Route, { status, headers, text }: Answer): string[] => {
    const at = [
      "paths",
      route.path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}"),
      route.method.toLowerCase(),
      "responses",
      String(status),
    ];
    if (!at.reduce<unknown>((part, key) => (part as Json | undefined)?.[key], document))
      return [`status ${status} is not in the document`];
    if (status === 304) return text === "" ? [] : ["304 with a body"];
    if (status === 302) return URL.canParse(headers.get("location") ?? "") ? [] : ["302 to nowhere"];
    const type = (headers.get("content-type") ?? "").split(";")[0] ?? "";
    return hold(schemaAt(...at, "content", type, "schema"), type === "application/json" ? parse(text) : text);
  };

  return (route, answer) => {
    const { status, headers } = answer;
    const unkept = Object.entries(promised).filter(([name, value]) => headers.get(name) !== value);
    const isNotReady = nameOf(route) === "GET /readyz" && status === 503;
    const isPage = /^text\/html\b/.test(headers.get("content-type") ?? "");
    return [
      ...(status >= 500 && !isNotReady ? [`${status}: ${answer.text.slice(0, 200)}`] : []),
      ...unkept.map(([name]) => `header ${name} is not what it should be`),
      ...(headers.get("x-request-id") ? [] : ["no x-request-id"]),
      ...(headers.get("cache-control") ? [] : ["no cache-control"]),
      ...(status >= 400 && !isNotReady && !isPage ? judgeError(route, answer) : judgeTold(route, answer)),
    ];
  };
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
