import type { MiddlewareHandler } from "hono";
import { validator } from "hono/validator";
import type * as z from "zod";
import { AppError } from "../errors.ts";
import { noted } from "./describe.ts";
import type { Hall } from "./hall.ts";

type Target = "query" | "json" | "param";

/** What a typed client passes: a query and a path travel as text, whatever they become here. */
type Sent<T extends Target, In> = T extends "json"
  ? In
  : T extends "param"
    ? { [K in keyof In]: string }
    : { [K in keyof In]: unknown extends In[K] ? string | undefined : In[K] };

type Validation<T extends Target, S extends z.ZodType> = {
  in: { [K in T]: Sent<T, z.input<S>> };
  out: { [K in T]: z.output<S> };
};

/**
 * Parses a part of the request against its contract: 422 names the fields that do not fit. Contracts are made `once`, when
 * they are first needed: a worker's start pays for their shared fields at most.
 */
export const validate = <T extends Target, S extends z.ZodType>(
  target: T,
  contract: () => S,
): MiddlewareHandler<Hall, string, Validation<T, S>> => {
  const parse = validator(target, (value: unknown): z.output<S> => {
    const parsed = contract().safeParse(value);
    if (parsed.success) return parsed.data;
    const fields = parsed.error.issues.map((issue) => ({ field: issue.path.join("."), problem: issue.message }));
    const named = fields.map(({ field, problem }) => (field ? `${field}: ${problem}` : problem)).join("; ");
    throw new AppError("request.invalid", `Datos inválidos: ${named}`, { details: { fields } });
  });
  return noted(parse as MiddlewareHandler, { [target]: contract });
};
