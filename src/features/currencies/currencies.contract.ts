import * as z from "zod";
import { isDay } from "../../lib/dates.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { pageQuery } from "../../lib/page.ts";

const codes = once(() => new Set(Intl.supportedValuesOf("currency")));

export const currency = z
  .string()
  .refine((code) => codes().has(code), "debe ser un código ISO 4217, como ARS")
  .meta({ example: "USD" });

export const day = z.string().refine(isDay, "debe ser un día AAAA-MM-DD").meta({ format: "date" });

const rateText = once(() =>
  z
    .string()
    .trim()
    .regex(/^\d{1,18}(\.\d{1,12})?$/, {
      error: "debe ser un decimal con 18 enteros y 12 decimales como mucho",
      abort: true,
    })
    .refine((text) => /[1-9]/.test(text), "debe ser mayor que cero"),
);

/** A number beyond what JSON keeps exactly has more decimals than were meant, and is refused as such. */
const rate = once(() =>
  z
    .union([rateText(), z.number().transform(String).pipe(rateText())])
    .describe(onPaper("What one `base` costs in `quote`: a decimal, best sent as text.")),
);

export const fxRate = once(() =>
  z
    .strictObject({
      date: day,
      base: currency,
      quote: currency,
      rate: rate(),
      source: z.string().trim().min(1).max(64).default("manual").describe(onPaper("Who says so, e.g. BCRA.")),
    })
    .refine(({ base, quote }) => base !== quote, { path: ["quote"], message: "debe ser otra moneda que base" }),
);

export type FxRate = z.output<ReturnType<typeof fxRate>>;

const cursor = { list: "fx-rates", after: z.tuple([day, currency, currency]) };
export const CURSOR_LIST = cursor.list;

export const ratesQuery = once(() =>
  z.object({
    base: currency.optional(),
    quote: currency.optional(),
    since: day.optional(),
    until: day.optional().describe(onPaper("Included.")),
    ...pageQuery(100, cursor),
  }),
);

export const storedRate = once(() =>
  z.object({
    date: z.iso.date(),
    base: z.string(),
    quote: z.string(),
    rate: z.string().describe(onPaper("Decimal, without trailing zeros.")),
    source: z.string(),
  }),
);

export const rateList = once(() => z.array(storedRate()));

export const rateListBeside = once(() =>
  z.object({
    total: z.number().describe(onPaper("Of all pages.")),
    next_cursor: z.string().nullable(),
  }),
);

export const ratesWritten = once(() => z.object({ created: z.number(), updated: z.number(), unchanged: z.number() }));
