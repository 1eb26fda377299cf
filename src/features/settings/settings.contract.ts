import * as z from "zod";
import { isZone } from "../../lib/dates.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";

const models = ["first_touch", "last_touch", "last_paid_touch", "linear", "position"] as const;
const LIFETIME = "lifetime";

const timezone = z.string().max(64).refine(isZone, "debe ser una zona IANA, como America/Argentina/Buenos_Aires");
const currency = z
  .string()
  .refine((code) => Intl.supportedValuesOf("currency").includes(code), "debe ser un código ISO 4217, como ARS");
const locale = z.string().max(35).refine(isLocale, "debe ser un idioma BCP 47, como es-AR");
const country = z.string().regex(/^[A-Z]{2}$/, "debe ser un código ISO 3166-1, como AR");
const stages = z
  .array(z.string().trim().min(1).max(64))
  .max(50)
  .transform((names) => [...new Set(names)]);
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "debe ser una hora HH:MM");
const quietHours = once(() =>
  z
    .strictObject({ start: time, end: time.describe(onPaper("On the next day where it is earlier than start.")) })
    .refine(({ start, end }) => start !== end, "el comienzo y el fin no pueden ser iguales"),
);
const caps = once(() =>
  z.strictObject({
    per_contact_per_day: z.number().int().min(1).max(100).optional(),
    per_contact_per_week: z.number().int().min(1).max(500).optional(),
  }),
);
const window = z.union([z.literal(7), z.literal(28), z.literal(90), z.literal(LIFETIME)]);

/** What PATCH takes: what is absent stays as it is. */
export const settingsChange = once(() =>
  z
    .strictObject({
      timezone: timezone.optional().describe(onPaper("IANA. Leads and sales are dated in it.")),
      reporting_currency: currency.nullable().optional().describe(onPaper("Null: that of the primary ad account.")),
      locale: locale.optional(),
      country: country.nullable().optional(),
      week_start: z.number().int().min(0).max(6).optional().describe(onPaper("0 is Sunday, 1 Monday.")),
      won_stages: stages.refine((names) => names.length > 0, "hace falta al menos una etapa").optional(),
      lost_stages: stages.optional(),
      qualified_stages: stages.optional(),
      quiet_hours: quietHours().nullable().optional().describe(onPaper("No automatic messages in them; null: none.")),
      caps: caps().optional().describe(onPaper("Most automatic messages to one contact; replaces what was set.")),
      default_model: z.enum(models).optional(),
      default_window: window.optional().describe(onPaper("Days a touch counts for, or lifetime.")),
      fiscal_year_start: z.number().int().min(1).max(12).optional().describe(onPaper("Month.")),
    })
    .refine((change) => Object.keys(change).length > 0, "no hay nada que cambiar")
    .transform((change) => ({
      timezone: change.timezone,
      reportingCurrency: change.reporting_currency,
      locale: change.locale,
      country: change.country,
      weekStart: change.week_start,
      wonStages: change.won_stages,
      lostStages: change.lost_stages,
      qualifiedStages: change.qualified_stages,
      quietHours: change.quiet_hours === null ? {} : change.quiet_hours,
      caps: change.caps,
      defaultModel: change.default_model,
      defaultWindow: change.default_window === LIFETIME ? null : change.default_window,
      fiscalYearStart: change.fiscal_year_start,
    })),
);

export type SettingsChange = z.output<ReturnType<typeof settingsChange>>;

const settingsOnTheWire = once(() =>
  z.object({
    timezone: z.string(),
    reporting_currency: z.string().nullable(),
    locale: z.string(),
    country: z.string().nullable(),
    week_start: z.number(),
    won_stages: z.array(z.string()),
    lost_stages: z.array(z.string()),
    qualified_stages: z.array(z.string()),
    // Written by SQL too: what does not have our shape is not shown.
    quiet_hours: quietHours().nullable().catch(null),
    caps: caps().catch({}),
    default_model: z.string(),
    default_window: z.union([z.number(), z.literal(LIFETIME)]),
    fiscal_year_start: z.number(),
  }),
);

export const settings = once(() =>
  z
    .object({
      timezone: z.string(),
      reportingCurrency: z.string().nullable(),
      locale: z.string(),
      country: z.string().nullable(),
      weekStart: z.number(),
      wonStages: z.array(z.string()),
      lostStages: z.array(z.string()),
      qualifiedStages: z.array(z.string()),
      quietHours: z.unknown(),
      caps: z.unknown(),
      defaultModel: z.string(),
      defaultWindow: z.number().nullable(),
      fiscalYearStart: z.number(),
    })
    .transform((own) => ({
      timezone: own.timezone,
      reporting_currency: own.reportingCurrency,
      locale: own.locale,
      country: own.country,
      week_start: own.weekStart,
      won_stages: own.wonStages,
      lost_stages: own.lostStages,
      qualified_stages: own.qualifiedStages,
      quiet_hours: own.quietHours,
      caps: own.caps,
      default_model: own.defaultModel,
      default_window: own.defaultWindow ?? LIFETIME,
      fiscal_year_start: own.fiscalYearStart,
    }))
    .pipe(settingsOnTheWire()),
);

/** What the wizard asks before anything else; nothing of it is a secret. */
export const deployment = once(() =>
  z.object({
    company_name: z.string(),
    api_base_url: z.url(),
    frontend_url: z.url(),
    environment: z.string(),
    webhook_meta_url: z.url().describe(onPaper("The frontend appends /{tenantId}.")),
  }),
);

export type Deployment = z.input<ReturnType<typeof deployment>>;

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
