// How Meta writes ids, numbers and times, read tolerantly: a shape we cannot trust becomes an issue, never an exception.
import * as z from "zod";
import { AppError } from "../../errors.ts";
import { parseMetaTime } from "../../lib/dates.ts";
import { type Decimal, fromMinorUnits, isDecimal, parseDecimal, ZERO } from "../../lib/money.ts";

const ID = /^\d{1,32}$/;

/** Ids outgrow 2^53: they are text, and a number is accepted only where it is still exact. */
export const metaId = z.union([z.string(), z.int().transform(String)]).pipe(z.string().regex(ID));

/** Optional text: Meta omits what is unset, and sometimes says null. */
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

export const time = z
  .string()
  .nullish()
  .transform((value, context): Date | null => {
    if (value === null || value === undefined) return null;
    try {
      return parseMetaTime(value);
    } catch {
      context.addIssue({ code: "custom", message: "not a time" });
      return z.NEVER;
    }
  });

const whole = z
  .union([
    z.int(),
    z
      .string()
      .regex(/^\d{1,16}$/)
      .transform(Number),
  ])
  .pipe(z.int().nonnegative());

/** A metric that is absent when it is zero (§E.2). */
export const count = whole.nullish().transform((value) => value ?? 0);

/** A metric whose absence does not mean zero: Meta withholds reach in some queries (§A.4). */
export const countOrNull = whole.nullish().transform((value) => value ?? null);

export const integer = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d{1,15}$/)
    .transform(Number),
]);

/** Insights amounts: decimals in major units (§0.6). */
export const amount = z
  .union([z.string().refine(isDecimal), z.number().transform(String).refine(isDecimal)])
  .nullish()
  .transform((value): Decimal => (value === null || value === undefined ? ZERO : parseDecimal(value)));

/** Budgets: integers in Meta's minor units of `currency`, out as major units (§C.3). */
export const budgetIn = (currency: string) =>
  z
    .union([z.string(), z.int().transform(String)])
    .pipe(z.string().regex(/^-?\d{1,30}$/))
    .nullish()
    .transform((value) => (value === null || value === undefined ? null : fromMinorUnits(value, currency)));

/** Unix seconds, where Meta writes 0 (or nothing) for "never". */
export const unixTime = integer.nullish().transform((seconds) => (seconds ? new Date(seconds * 1000) : null));

/** An id of ours about to become part of a path. */
export const requireId = (id: string): string => {
  if (!ID.test(id))
    throw new AppError("meta.not_found", "Ese identificador no es de Meta.", { details: { reason: "id" } });
  return id;
};
