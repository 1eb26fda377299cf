// What a file of figures says of itself before its rows: figures without it are read as something else.
import type { Needs } from "../../context.ts";
import type { Frame } from "./frame.ts";

export const preambleOf = (ctx: Needs<"now">, report: string, { window, coverage, freshness, ...frame }: Frame) => ({
  report,
  since: window.since,
  until: window.until,
  time_zone: frame.timezone,
  account_time_zones: [...new Set(frame.connected.map(({ timezoneName }) => timezoneName))].join(" "),
  currency: frame.currency,
  basis: frame.basis,
  model: frame.model,
  touch_window_days: frame.touchWindow ?? "lifetime",
  days_not_read: coverage.missing.size,
  complete_through: freshness.completeThrough,
  stale: freshness.staleReason ?? false,
  generated_at: new Date(ctx.now()).toISOString(),
});
