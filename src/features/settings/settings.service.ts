import type { Needs } from "../../context.ts";
import { AppError, fieldError } from "../../errors.ts";
import { differenceOf } from "../../lib/difference.ts";
import type { SettingsChange } from "./settings.contract.ts";
import { findSettings, findTenantName, saveSettings, type TenantSettings } from "./settings.queries.ts";

/** A change of one of these dates, credits or counts what is there already differently. */
const figures = ["timezone", "wonStages", "lostStages", "defaultModel", "defaultWindow"] as const;

/** Those of a tenant nobody has set anything for yet. */
const unset = (tenantId: number): TenantSettings => ({
  tenantId,
  timezone: "UTC",
  reportingCurrency: null,
  locale: "es",
  country: null,
  weekStart: 1,
  wonStages: ["closed_won"],
  lostStages: ["closed_lost"],
  qualifiedStages: [],
  quietHours: {},
  caps: {},
  defaultModel: "last_paid_touch",
  defaultWindow: null,
  fiscalYearStart: 1,
  updatedAt: new Date(0),
});

export async function getSettings(ctx: Needs<"db" | "tenantId">): Promise<TenantSettings> {
  return (await findSettings(ctx)) ?? unset(ctx.tenantId);
}

/** Throws request.invalid for a stage that would be won and lost, request.conflict when somebody else was faster. */
export async function changeSettings(
  ctx: Needs<"db" | "now" | "tenantId" | "audit">,
  change: SettingsChange,
): Promise<TenantSettings> {
  const before = await getSettings(ctx);
  refuseBoth(change.wonStages ?? before.wonStages, change.lostStages ?? before.lostStages);
  const isMoved = (name: (typeof figures)[number]) =>
    change[name] !== undefined && JSON.stringify(change[name]) !== JSON.stringify(before[name]);
  const diff = differenceOf(before, change);
  const saved = await saveSettings(ctx, { change, before, movesFigures: figures.some(isMoved), diff });
  if (!saved) throw new AppError("request.conflict", "Otra persona cambió los ajustes recién. Volvé a cargarlos.");
  return saved;
}

function refuseBoth(won: readonly string[], lost: readonly string[]): void {
  const both = won.filter((stage) => lost.includes(stage));
  if (both.length === 0) return;
  const problem = `una etapa no puede ser ganada y perdida a la vez (${both.join(", ")})`;
  throw fieldError("won_stages", problem);
}

/** Where this API and its frontend live, and whose they are. The API's address is that of its OAuth callback. */
export async function describeDeployment(ctx: Needs<"db" | "settings">) {
  const { environment, frontendUrl, metaRedirectUri } = ctx.settings;
  const apiBaseUrl = new URL(metaRedirectUri).origin;
  return {
    company_name: (await findTenantName(ctx)) ?? "",
    api_base_url: apiBaseUrl,
    frontend_url: frontendUrl,
    environment,
    webhook_meta_url: `${apiBaseUrl}/webhooks/meta`,
  };
}
