import * as z from "zod";
import { once } from "../../lib/once.ts";
import { parseDecimal } from "../../lib/money.ts";

const shape = (pattern: RegExp) =>
  z.string().trim().regex(pattern, "debe ser un decimal con 12 enteros y 6 decimales como mucho");

// A float such as 0.1 + 0.2 has more decimals than were meant, and is refused as such.
const decimal = (pattern: RegExp) =>
  z.union([shape(pattern), z.number().transform(String).pipe(shape(pattern))]).transform(parseDecimal);

/** Zero or more: a decimal as text, or a number. */
export const amount = once(() => decimal(/^\d{1,12}(\.\d{1,6})?$/));

export const signedAmount = once(() => decimal(/^-?\d{1,12}(\.\d{1,6})?$/));
