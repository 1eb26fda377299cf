import { bulk } from "../../http/bulk.ts";
import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./currencies.contract.ts";
import { importRates, listRates, saveRates } from "./currencies.service.ts";

/** /crm */
export const currenciesRoutes = router()
  .post(
    "/fx-rates",
    describe(
      onPaper({
        summary: "Store exchange rates; a CSV with date,base,quote,rate[,source] is taken too",
        answer: contract.ratesWritten,
      }),
    ),
    guard("crm.write", 100, { accepts: ["application/json", "text/csv"] }),
    bulk(contract.fxRate, "rates", { csv: true }),
    idempotent(),
    async (c) => {
      const { items, csv } = c.req.valid("json");
      const written = csv === undefined ? saveRates(c.var.ctx, items) : importRates(c.var.ctx, csv);
      return reply(c, contract.ratesWritten, await written);
    },
  )
  .get(
    "/fx-rates",
    describe(onPaper({ summary: "List exchange rates", answer: contract.rateList, beside: contract.rateListBeside })),
    guard("marketing.read", 60),
    validate("query", contract.ratesQuery),
    async (c) => {
      const { rates, total, nextCursor } = await listRates(c.var.ctx, c.req.valid("query"));
      return reply(c, contract.rateList, rates, { beside: { total, next_cursor: nextCursor } });
    },
  );
