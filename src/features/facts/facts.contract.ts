import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { bases, models, windows } from "./view.ts";

const flag = z.enum(["true", "false"]).transform((text) => text === "true");

/** Query of every route that speaks of a window; which values are valid is said by time-range.ts. */
export const timeRangeQuery = once(() =>
  z.object({
    time_range: z
      .string()
      .optional()
      .describe(
        onPaper("last_30d (default), last_90d, this_year, yearly, all or lifetime. Wins over range, since and until."),
      ),
    range: z.string().optional().describe(onPaper("The same as time_range, under its older name.")),
    since: z.string().optional().describe(onPaper("First day, YYYY-MM-DD; together with until.")),
    until: z.string().optional().describe(onPaper("Last day, YYYY-MM-DD, included; 37 months at most.")),
    include_today: flag
      .optional()
      .describe(onPaper("Adds today, which is not over: the answer is partial and nothing is compared.")),
  }),
);

/** Query of every route that speaks of figures. */
export const questionQuery = once(() =>
  timeRangeQuery().extend({
    model: z
      .enum(models)
      .optional()
      .describe(onPaper("Which touch an outcome is credited to. Default: the tenant's setting.")),
    window: z
      .enum(windows)
      .optional()
      .describe(onPaper("Days before the outcome in which a touch counts. Default: the tenant's setting.")),
    basis: z
      .enum(bases)
      .optional()
      .describe(
        onPaper(
          "cash (default): what happened in the window. cohort: what the leads of the window brought to this day.",
        ),
      ),
    currency: z
      .string()
      .regex(/^[A-Za-z]{3}$/, "debe ser un código de moneda de tres letras")
      .transform((code) => code.toUpperCase())
      .optional()
      .describe(
        onPaper("ISO 4217; money is converted into it. Default: the tenant's currency, else the primary account's."),
      ),
  }),
);

/** The query in our words. */
export const toQuestion = (query: z.output<ReturnType<typeof questionQuery>>) => ({
  timeRange: {
    timeRange: query.time_range,
    range: query.range,
    since: query.since,
    until: query.until,
    includeToday: query.include_today,
  },
  view: { model: query.model, window: query.window, basis: query.basis, currency: query.currency },
});

export const freshness = once(() =>
  z
    .object({
      last_synced_at: z.iso
        .datetime()
        .nullable()
        .describe(onPaper("When the figures were last read from Meta: of the account read longest ago.")),
      complete_through: z.iso.date().nullable().describe(onPaper("Last day up to which every day is known and whole.")),
      is_partial: z.boolean().describe(onPaper("Some of the window is unknown or not over.")),
      stale: z.boolean(),
      stale_reason: z
        .string()
        .nullable()
        .describe(onPaper("sync_late, account_not_synced, not_synced, not_connected or connection_<status>.")),
      source: z.literal("db"),
      reason: z.enum(["not_connected", "not_synced"]).optional().describe(onPaper("Why there are no figures at all.")),
    })
    .describe(onPaper("How old the figures are. Reads never ask Meta.")),
);

export const period = once(() =>
  z.object({
    preset: z.string(),
    since: z.iso.date(),
    until: z.iso
      .date()
      .describe(onPaper("Included; the day before `since` when the window holds no day (this_year on 1 January).")),
    previous: z
      .object({ since: z.iso.date(), until: z.iso.date() })
      .nullable()
      .describe(onPaper("What the changes compare with.")),
    clamped_from: z.iso
      .date()
      .nullable()
      .describe(onPaper("First day with data, when that is further back than 37 months.")),
    timezone: z.string().describe(onPaper("Leads and sales are dated in it.")),
    timezone_mismatch: z.boolean().describe(onPaper("An ad account dates its spend in another zone.")),
    account_timezones: z.array(z.string()),
  }),
);

export const fxMissing = once(() =>
  z.object({
    currency: z.string(),
    measure: z.enum(["spend", "revenue"]),
    amount: z.number(),
    count: z.number().describe(onPaper("Daily sums left out.")),
  }),
);

/** How complete a set of figures is; stands beside them. */
export const completeness = once(() =>
  z.object({
    partial: z.boolean().describe(onPaper("Days or currencies are missing from the figures.")),
    spend_complete: z.boolean(),
    missing_days: z.array(z.iso.date()).describe(onPaper("Days not read from Meta: unknown, not zero. The first 31.")),
    missing_days_count: z.number(),
    currency_mixed: z.boolean(),
    fx_missing: z
      .array(fxMissing())
      .describe(onPaper("Money without an exchange rate: left out of the figures, never added 1:1.")),
    by_currency: z.array(z.object({ currency: z.string(), spend: z.number(), revenue: z.number() })),
    attribution: z.object({
      model: z.enum(models),
      window: z.enum(windows),
      basis: z.enum(bases),
      cohort_age_days: z.number().optional().describe(onPaper("Days since the window ended; on cohort basis.")),
      immature: z
        .boolean()
        .optional()
        .describe(onPaper("Younger than the tenant's leads usually take to be won; on cohort basis.")),
    }),
    period: period(),
    freshness: freshness(),
  }),
);
