import type { MiddlewareHandler } from "hono";
import type * as z from "zod";
import type { ErrorCode } from "../errors.ts";
import type { Permission } from "./authorize.ts";
import type { Hall } from "./hall.ts";

/** What a route says of itself. The document at /openapi.json is made of this; nothing reads it while requests run. */
export type Description = {
  /** One English sentence in the imperative, without a full stop. */
  summary: string;
  /** The schema given to `reply`: its output side is documented, so one that transforms ends in `.pipe(wire schema)`. */
  answer?: () => z.ZodType;
  /** What stands beside `data`. */
  beside?: () => z.ZodObject;
  /** 200 unless told. */
  status?: number | readonly number[];
  /** `answer` is the whole body, without the envelope. */
  bare?: true;
  /** Answers CSV to `Accept: text/csv`. */
  csv?: true;
  /** Answers a page, found or not; the JSON only to `Accept: application/json`. */
  page?: true;
  /** Answers plain text. */
  text?: true;
  /** Answers 302, always. */
  redirect?: true;
  /** Errors of its own; those of the guard and of validation are known. */
  errors?: readonly ErrorCode[];
};

/** All that is known of a route: each handler on its way notes its part. */
export type Notes = {
  description?: Description;
  guard?: { permission: Permission; perMinute: number };
  query?: () => z.ZodType;
  json?: () => z.ZodType;
  form?: () => z.ZodType;
  param?: () => z.ZodType;
  /** Request headers that matter, with what they mean. */
  headers?: Readonly<Record<string, string>>;
};

export const noted = <T extends object>(handler: T, notes: Notes): T => Object.assign(handler, { notes });

export const notesOf = (handler: object): Notes => (handler as { notes?: Notes }).notes ?? {};

/** Stands first among a route's handlers. */
export const describe = (description: Description): MiddlewareHandler<Hall> =>
  noted((_, next) => next(), { description });
