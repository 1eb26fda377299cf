import { validator } from "hono/validator";
import type * as z from "zod";
import { AppError } from "../errors.ts";

/** Parses a part of the request against its contract: 422 names the fields that do not fit. */
export const validate = <T extends "query" | "json" | "param", S extends z.ZodType>(target: T, schema: S) =>
  validator(target, (value: unknown): z.output<S> => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const fields = parsed.error.issues.map((issue) => ({ field: issue.path.join("."), problem: issue.message }));
    const named = fields.map(({ field, problem }) => (field ? `${field}: ${problem}` : problem)).join("; ");
    throw new AppError("request.invalid", `Datos inválidos: ${named}`, { details: { fields } });
  });
