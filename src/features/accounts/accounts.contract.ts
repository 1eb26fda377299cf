import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";

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

type Account = {
  accountId: string;
  name: string;
  currency: string;
  timezoneName: string;
  accountStatus: number;
};

const toWire = (account: Account) => ({
  id: `act_${account.accountId}`,
  account_id: account.accountId,
  name: account.name,
  currency: account.currency,
  account_status: account.accountStatus,
  status: statusNames[account.accountStatus] ?? "UNKNOWN",
  timezone: account.timezoneName,
  timezone_name: account.timezoneName,
});

const account = once(() =>
  z.object({
    id: z.string().describe(onPaper("With act_.")),
    account_id: z.string(),
    name: z.string(),
    currency: z.string(),
    account_status: z.number().describe(onPaper("Meta's number for `status`.")),
    status: z.string(),
    timezone: z.string(),
    timezone_name: z.string(),
  }),
);

export const portfoliosQuery = once(() =>
  z.object({
    refresh: z.enum(["true", "false"]).default("false").describe(onPaper("true: ask Meta, whatever is kept.")),
  }),
);

export const portfolioList = once(() =>
  z.array(
    z
      .transform(({ id, name, accounts }: { id: string; name: string; accounts: Account[] }) => ({
        id,
        name,
        ad_accounts_count: accounts.length,
        ad_accounts: accounts.map(toWire),
      }))
      .pipe(
        z.object({ id: z.string(), name: z.string(), ad_accounts_count: z.number(), ad_accounts: z.array(account()) }),
      ),
  ),
);

export const accountsQuery = once(() =>
  z.object({
    portfolio_id: z
      .string()
      .regex(/^\d{1,32}$/)
      .optional()
      .describe(onPaper("Only the accounts of this portfolio.")),
  }),
);

export const accountList = once(() =>
  z.array(
    z
      .transform((listed: Account & { connected: boolean }) => ({ ...toWire(listed), connected: listed.connected }))
      .pipe(account().extend({ connected: z.boolean() })),
  ),
);

/** `account_name` is what a person typed: Meta's own name is stored instead. */
export const connectRequest = once(() =>
  z
    .object({
      account_id: z.string().trim().min(1).max(64).describe(onPaper("With or without act_.")),
      account_name: z.string().max(512).optional().describe(onPaper("Ignored: Meta's own name is stored.")),
    })
    .transform(({ account_id }) => ({ accountId: account_id })),
);

export const connected = once(() =>
  z
    .transform((chosen: Account & { runId: string }) => ({
      connected: true,
      account_id: chosen.accountId,
      account_name: chosen.name,
      currency: chosen.currency,
      timezone: chosen.timezoneName,
      sync_run_id: chosen.runId,
      message: `Conectamos la cuenta ${chosen.name}. Estamos trayendo sus datos.`,
    }))
    .pipe(
      z.object({
        connected: z.boolean(),
        account_id: z.string(),
        account_name: z.string(),
        currency: z.string(),
        timezone: z.string(),
        sync_run_id: z.string().describe(onPaper("Its first sync: GET /crm/marketing/sync/runs/{id}.")),
        message: z.string(),
      }),
    ),
);
