import type { Ctx } from "../../context.ts";
import { AppError, isAppError } from "../../errors.ts";
import { withToken } from "../connection/connection.service.ts";
import { startRun } from "../sync/sync.service.ts";
import { listConnectedIds, saveAccount } from "./accounts.queries.ts";

const CACHE_SECONDS = 600;

type Portfolio = { id: string; name: string; accounts: Account[] };
type Account = Awaited<ReturnType<Ctx["meta"]["listAdAccounts"]>>[number];

/** Portfolios with the accounts in each. Asked of Meta, and kept ten minutes unless `refresh`. */
export async function listPortfolios(ctx: Ctx, { refresh }: { refresh: boolean }): Promise<Portfolio[]> {
  return withToken(ctx, "portfolios", async ({ token, tokenVersion }) => {
    const key = `portfolios:${ctx.tenantId}:${tokenVersion}`;
    const kept = refresh ? null : await ctx.redis.get(key).catch(() => null);
    if (kept !== null) return JSON.parse(kept) as Portfolio[];
    const [portfolios, accounts] = await Promise.all([ctx.meta.listPortfolios(token), ctx.meta.listAdAccounts(token)]);
    const listed = portfolios.map(({ id, name }) => ({
      id,
      name,
      accounts: accounts.filter(({ portfolioId }) => portfolioId === id),
    }));
    await ctx.redis.set(key, JSON.stringify(listed), CACHE_SECONDS).catch(() => undefined);
    return listed;
  });
}

/** Ad accounts of one portfolio, or all that the token sees: owned, shared with us, and the user's own. */
export async function listAccounts(ctx: Ctx, { portfolioId }: { portfolioId: string | undefined }) {
  const [accounts, connected] = await Promise.all([
    withToken(ctx, "insights", ({ token }) => ctx.meta.listAdAccounts(token, { portfolioId })),
    listConnectedIds(ctx),
  ]);
  return accounts.map((account) => ({ ...account, connected: connected.includes(account.accountId) }));
}

/** Chooses an account: Meta must show it to the tenant's token. Its first sync starts at once. */
export async function connectAccount(ctx: Ctx, { accountId }: { accountId: string }) {
  const account = await withToken(ctx, "insights", async ({ token }) => {
    try {
      return await ctx.meta.getAdAccount(token, accountId);
    } catch (thrown) {
      if (!isAppError(thrown, "meta.not_found", "meta.permission", "meta.bad_request")) throw thrown;
      throw new AppError(
        "account.not_accessible",
        "Meta no te deja usar esa cuenta publicitaria. Revisá el número y tus permisos.",
      );
    }
  });
  await saveAccount(ctx, account);
  return { ...account, runId: await firstRun(ctx, account) };
}

// Connecting an account again while it is being read joins the run that is under way.
async function firstRun(ctx: Ctx, account: { accountId: string; timezoneName: string }): Promise<string> {
  try {
    return (await startRun(ctx, account, { trigger: "connect" })).runId;
  } catch (thrown) {
    const active = isAppError(thrown, "run.already_active") ? thrown.details["run_id"] : undefined;
    if (typeof active === "string") return active;
    throw thrown;
  }
}
