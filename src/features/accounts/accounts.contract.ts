import * as z from "zod";

/** Meta's account_status, by name (meta-graph-api §C.2). */
const statusNames: Record<number, string> = {
  1: "ACTIVE",
  2: "DISABLED",
  3: "UNSETTLED",
  7: "PENDING_RISK_REVIEW",
  8: "PENDING_SETTLEMENT",
  9: "IN_GRACE_PERIOD",
  100: "PENDING_CLOSURE",
  101: "CLOSED",
};

const accountFields = {
  accountId: z.string(),
  name: z.string(),
  currency: z.string(),
  timezoneName: z.string(),
  accountStatus: z.number(),
};

const toWire = (account: z.output<z.ZodObject<typeof accountFields>>) => ({
  id: `act_${account.accountId}`,
  account_id: account.accountId,
  name: account.name,
  currency: account.currency,
  account_status: account.accountStatus,
  status: statusNames[account.accountStatus] ?? "UNKNOWN",
  timezone: account.timezoneName,
  timezone_name: account.timezoneName,
});

export const portfoliosQuery = z.object({ refresh: z.enum(["true", "false"]).default("false") });

export const portfolioList = z.array(
  z
    .object({ id: z.string(), name: z.string(), accounts: z.array(z.object(accountFields).transform(toWire)) })
    .transform(({ id, name, accounts }) => ({ id, name, ad_accounts_count: accounts.length, ad_accounts: accounts })),
);

export const accountsQuery = z.object({
  portfolio_id: z
    .string()
    .regex(/^\d{1,32}$/)
    .optional(),
});

export const accountList = z.array(
  z
    .object({ ...accountFields, connected: z.boolean() })
    .transform((account) => ({ ...toWire(account), connected: account.connected })),
);

/** `account_name` is what a person typed: Meta's own name is stored instead. */
export const connectRequest = z
  .object({ account_id: z.string().trim().min(1).max(64), account_name: z.string().max(512).optional() })
  .transform(({ account_id }) => ({ accountId: account_id }));

export const connected = z.object({ ...accountFields, runId: z.string() }).transform((account) => ({
  connected: true,
  account_id: account.accountId,
  account_name: account.name,
  currency: account.currency,
  timezone: account.timezoneName,
  sync_run_id: account.runId,
  message: `Conectamos la cuenta ${account.name}. Estamos trayendo sus datos.`,
}));
