import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./accounts.contract.ts";
import { connectAccount, listAccounts, listPortfolios } from "./accounts.service.ts";

/** What may come back where Meta is asked while somebody waits. */
const askingMeta = [
  "connection.missing",
  "connection.needs_reauth",
  "connection.missing_scope",
  "meta.not_found",
  "meta.permission",
  "meta.bad_request",
  "meta.throttled",
  "meta.transient",
  "meta.protocol",
] as const;

/** /crm/marketing: choosing what to sync. */
export const accountsRoutes = router()
  .get(
    "/meta-portfolios",
    describe(
      onPaper({
        summary: "List portfolios with their ad accounts",
        answer: contract.portfolioList,
        errors: askingMeta,
      }),
    ),
    guard("marketing.read", 30),
    validate("query", contract.portfoliosQuery),
    async (c) => {
      const refresh = c.req.valid("query").refresh === "true";
      return reply(c, contract.portfolioList, await listPortfolios(c.var.ctx, { refresh }));
    },
  )
  .get(
    "/meta-accounts",
    describe(
      onPaper({ summary: "List the ad accounts Meta lets you use", answer: contract.accountList, errors: askingMeta }),
    ),
    guard("marketing.read", 30),
    validate("query", contract.accountsQuery),
    async (c) => {
      const portfolioId = c.req.valid("query").portfolio_id;
      return reply(c, contract.accountList, await listAccounts(c.var.ctx, { portfolioId }));
    },
  )
  .post(
    "/connect",
    describe(
      onPaper({
        summary: "Choose an ad account and start its first sync",
        answer: contract.connected,
        errors: ["account.not_accessible", ...askingMeta],
      }),
    ),
    guard("marketing.manage", 10),
    validate("json", contract.connectRequest),
    idempotent(),
    async (c) => {
      return reply(c, contract.connected, await connectAccount(c.var.ctx, c.req.valid("json")));
    },
  );
