// Whose merit an outcome is, and when it counts: what a request may choose, else the tenant's settings.

export const models = ["first_touch", "last_touch", "last_paid_touch", "linear", "position"] as const;
export const windows = ["7", "28", "90", "lifetime"] as const;
export const bases = ["cash", "cohort"] as const;

export type Model = (typeof models)[number];
/** Days before the outcome in which a touch counts. */
export type TouchWindow = (typeof windows)[number];
export type Basis = (typeof bases)[number];

/** What was asked for; what was not is the tenant's own. */
export type View = {
  model?: Model | undefined;
  window?: TouchWindow | undefined;
  basis?: Basis | undefined;
  /** ISO 4217: money is converted into it. */
  currency?: string | undefined;
};

/** True where the ready sums of daily_outcomes answer: they hold the tenant's own model and window, on cash basis. */
export const isOwnView = ({ model, window, basis = "cash" }: View): boolean =>
  model === undefined && window === undefined && basis === "cash";
