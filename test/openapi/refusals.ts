// How a route may refuse: codes of its own, and those of the handlers on its way.
import { catalogue, type ErrorCode } from "../../src/errors.ts";
import type { Route } from "./routes.ts";
import type { Json } from "./schemas.ts";

const statusOf = (code: ErrorCode): number => catalogue[code][0];

/** By status. */
export function codesOf({ method, notes }: Route): Map<number, ErrorCode[]> {
  const { description, guard, query, json, param, headers } = notes;
  const onTheWay: [unknown, ErrorCode[]][] = [
    [guard, ["session.missing", "session.invalid", "tenant.no_membership", "role.forbidden"]],
    [guard?.permission === "crm.write", ["admin_token.invalid"]],
    [guard && method !== "GET", ["origin.forbidden", "request.too_large", "request.unsupported_type"]],
    [query ?? json ?? param ?? headers?.["Idempotency-Key"], ["request.invalid"]],
    [headers?.["Idempotency-Key"], ["idempotency.in_progress", "idempotency.mismatch"]],
    [guard, ["request.too_many", "internal.unexpected", "database.unavailable", "redis.unavailable"]],
  ];
  const codes = [...onTheWay.flatMap(([has, those]) => (has ? those : [])), ...(description?.errors ?? [])];
  return Map.groupBy(codes, statusOf);
}

/** Combinations that many routes share; the document says each of them once. */
const shared: Record<string, readonly ErrorCode[]> = {
  Unauthorized: ["session.missing", "session.invalid"],
  UnauthorizedMachine: ["session.missing", "session.invalid", "admin_token.invalid"],
  Forbidden: ["tenant.no_membership", "role.forbidden"],
  ForbiddenChange: ["tenant.no_membership", "role.forbidden", "origin.forbidden"],
  TooLarge: ["request.too_large"],
  UnsupportedType: ["request.unsupported_type"],
  InProgress: ["idempotency.in_progress"],
  Invalid: ["request.invalid"],
  InvalidOrMismatched: ["request.invalid", "idempotency.mismatch"],
  TooMany: ["request.too_many"],
  Unexpected: ["internal.unexpected"],
  Unavailable: ["database.unavailable", "redis.unavailable"],
};

const wait = { "Retry-After": { description: "Seconds.", schema: { type: "integer" } } };

export function refusal(codes: readonly ErrorCode[], examples: Json, responses: Map<string, Json>): Json {
  const body = {
    description: codes.join(", "),
    ...(codes.some((code) => [429, 503].includes(statusOf(code))) && { headers: wait }),
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" }, ...examples } },
  };
  const name = Object.keys(shared).find((known) => shared[known]?.join() === codes.join());
  if (name === undefined || Object.keys(examples).length > 0) return body;
  responses.set(name, body);
  return { $ref: `#/components/responses/${name}` };
}

export const errorSchema: Json = {
  type: "object",
  description: "Every answer of 400 and above.",
  properties: {
    success: { const: false },
    detail: { type: "string", description: "For people, in Spanish." },
    error: {
      type: "object",
      properties: {
        code: { type: "string", enum: Object.keys(catalogue), description: "For programs." },
        message: { type: "string" },
        request_id: { type: "string" },
        details: { type: "object", additionalProperties: true },
      },
      required: ["code", "message", "request_id"],
      additionalProperties: false,
    },
  },
  required: ["success", "detail", "error"],
  additionalProperties: false,
};
