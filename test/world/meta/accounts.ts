import { Hono } from "hono";
import { authenticate, type Caller, openAccount, requireScope } from "./caller.ts";
import { offsetMinutes, metaTime } from "./calendar.ts";
import type { SimContext, SimEnv, SimRequest } from "./context.ts";
import { currencyOffset } from "./currency.ts";
import type { AdAccount, Portfolio } from "./entities.ts";
import { forbidden, missingObject } from "./envelope.ts";
import { limitParam } from "./params.ts";
import { offsetCursor, opaqueCursor, pageOf } from "./paging.ts";
import { type FieldTree, parseFields, project } from "./projection.ts";

const ACCOUNT = {
  name: "AdAccount",
  fields: new Set(
    "account_id,account_status,age,amount_spent,balance,business,business_name,capabilities,created_time,currency,disable_reason,end_advertiser,end_advertiser_name,funding_source,funding_source_details,is_personal,is_prepay_account,min_daily_budget,name,owner,spend_cap,timezone_id,timezone_name,timezone_offset_hours_utc,user_tasks".split(
      ",",
    ),
  ),
};

const PORTFOLIO = {
  name: "Business",
  fields: new Set("name,verification_status,primary_page,timezone_id,created_time,profile_picture_uri".split(",")),
};

const PAGE = { name: "Page", fields: new Set("name,access_token,category,tasks".split(",")) };

const accountNode = ({ state, model, clock }: SimContext, account: AdAccount): Record<string, unknown> => {
  const offset = currencyOffset(account.currency);
  const owner = state.business.portfolios.find(({ id }) => id === account.ownerPortfolioId);
  return {
    id: `act_${account.id}`,
    account_id: account.id,
    name: account.name,
    account_status: account.accountStatus,
    currency: account.currency,
    timezone_name: account.timezoneName,
    timezone_id: account.timezoneId,
    timezone_offset_hours_utc: offsetMinutes(account.timezoneName, clock.now()) / 60,
    // Read only when asked for: it adds up the account's whole past.
    get amount_spent() {
      return String(model.spendMinor(account, { first: 0, last: Infinity }, () => true));
    },
    balance: String(35 * offset),
    spend_cap: String(account.spendCap),
    min_daily_budget: 1_200 * offset,
    disable_reason: account.disableReason,
    created_time: metaTime(account.timezoneName, account.createdAt),
    user_tasks: account.userTasks,
    owner: account.ownerPortfolioId,
    business: owner && { id: owner.id, name: owner.name },
    is_personal: 0,
    is_prepay_account: false,
    funding_source_details: { id: `6${account.id}`, display_string: "Visa *4242", type: 1 },
  };
};

/** One forbidden field fails the whole request (§C.1). */
const refuseForbiddenFields = (caller: Caller, accounts: AdAccount[], fields: FieldTree): void => {
  if (("business" in fields || "owner" in fields) && !caller.scopes.has("business_management")) {
    throw forbidden("Requires business_management permission to manage the object");
  }
  const needsManage = "funding_source_details" in fields || "is_prepay_account" in fields;
  if (needsManage && accounts.some(({ userTasks }) => !userTasks.includes("MANAGE"))) {
    throw forbidden("Requires the MANAGE task on the ad account");
  }
};

const portfolioNode = (portfolio: Portfolio): Record<string, unknown> => ({
  id: portfolio.id,
  name: portfolio.name,
  verification_status: portfolio.verificationStatus,
  timezone_id: portfolio.timezoneId,
  created_time: metaTime("UTC", portfolio.createdAt),
});

const isOwned = (account: AdAccount, id: string) => account.ownerPortfolioId === id;
const isClient = (account: AdAccount, id: string) => account.clientPortfolioIds.includes(id);

export const accountRoutes = (sim: SimContext) => {
  const { state, tokens } = sim;

  const accountPage = (c: SimRequest, caller: Caller, accounts: AdAccount[]) => {
    const fields = parseFields(c.get("params")["fields"] ?? "account_id");
    refuseForbiddenFields(caller, accounts, fields);
    const limit = limitParam(c.get("params"));
    const show = (account: AdAccount) => project(accountNode(sim, account), fields, ACCOUNT);
    return c.json(pageOf(c, sim, accounts, { limit, cursor: opaqueCursor, show }));
  };

  const accountsOfPortfolio = (pick: (account: AdAccount, portfolioId: string) => boolean) => (c: SimRequest) => {
    const caller = authenticate(c, sim);
    requireScope(caller, "business_management");
    const portfolioId = c.req.param("portfolio") ?? "";
    if (!caller.person.portfolioIds.includes(portfolioId)) throw missingObject(portfolioId);
    const visible = state.business.accounts.filter(({ id }) => caller.accountIds.has(id));
    return accountPage(
      c,
      caller,
      visible.filter((account) => pick(account, portfolioId)),
    );
  };

  return new Hono<SimEnv>()
    .get("/me/businesses", (c) => {
      const caller = authenticate(c, sim);
      requireScope(caller, "business_management");
      const fields = parseFields(c.get("params")["fields"] ?? "name");
      const portfolios = state.business.portfolios.filter(({ id }) => caller.person.portfolioIds.includes(id));
      const show = (portfolio: Portfolio) => project(portfolioNode(portfolio), fields, PORTFOLIO);
      return c.json(pageOf(c, sim, portfolios, { limit: limitParam(c.get("params")), cursor: offsetCursor, show }));
    })
    .get("/me/adaccounts", (c) => {
      const caller = authenticate(c, sim);
      requireScope(caller, "ads_read", "ads_management");
      return accountPage(
        c,
        caller,
        state.business.accounts.filter(({ id }) => caller.accountIds.has(id)),
      );
    })
    .get("/me/accounts", (c) => {
      const caller = authenticate(c, sim);
      requireScope(caller, "pages_show_list");
      const fields = parseFields(c.get("params")["fields"] ?? "access_token,category,name,tasks");
      const pages = state.business.pages.filter(({ id }) => caller.person.pageIds.includes(id));
      return c.json(
        pageOf(c, sim, pages, {
          limit: limitParam(c.get("params")),
          cursor: offsetCursor,
          show: (page) => {
            const scopes = [...caller.scopes];
            const issuePageToken = () =>
              tokens.issue({ kind: "PAGE", personId: caller.person.id, pageId: page.id, scopes });
            const token = "access_token" in fields ? issuePageToken().value : undefined;
            return project({ ...page, access_token: token }, fields, PAGE);
          },
        }),
      );
    })
    .get("/:portfolio{[0-9]+}/owned_ad_accounts", accountsOfPortfolio(isOwned))
    .get("/:portfolio{[0-9]+}/client_ad_accounts", accountsOfPortfolio(isClient))
    .get("/:act{act_[0-9]+}", (c) => {
      const caller = authenticate(c, sim);
      const account = openAccount(caller, state, c.req.param("act"));
      const fields = parseFields(c.get("params")["fields"] ?? "account_id");
      refuseForbiddenFields(caller, [account], fields);
      return c.json(project(accountNode(sim, account), fields, ACCOUNT));
    });
};
