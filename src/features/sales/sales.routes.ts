import { bulk, replyWritten, writtenAnswer } from "../../http/bulk.ts";
import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./sales.contract.ts";
import { changeSale, refundSale, saveSales } from "./sales.service.ts";

/** /crm/sales */
export const salesRoutes = router()
  .post(
    "/",
    describe(
      onPaper({
        summary: "Store a sale or a refund, or up to 500, each known by its external_id",
        ...writtenAnswer(contract.saleWritten),
        errors: ["sale.over_refunded"],
      }),
    ),
    guard("crm.write", 100),
    bulk(contract.sale, "sales"),
    idempotent({ inOneBatch: true }),
    async (c) => {
      const { items, isBulk } = c.req.valid("json");
      return replyWritten(c, contract.saleWritten, { isBulk, ...(await saveSales(c.var.ctx, items)) });
    },
  )
  .patch(
    "/:id",
    describe(
      onPaper({
        summary: "Change a sale; amount and currency too, as long as its refunds fit into it",
        answer: contract.saleRecord,
        errors: ["sale.not_found", "sale.over_refunded", "database.conflict"],
      }),
    ),
    guard("crm.write", 100),
    validate("param", contract.saleParam),
    validate("json", contract.saleChange),
    idempotent({ inOneBatch: true }),
    async (c) => {
      return reply(c, contract.saleRecord, await changeSale(c.var.ctx, c.req.valid("param").id, c.req.valid("json")));
    },
  )
  .post(
    "/:id/refund",
    describe(
      onPaper({
        summary: "Give back a part of a sale, or what is left of it",
        answer: contract.saleWritten,
        status: [200, 201],
        errors: ["sale.not_found", "sale.over_refunded"],
      }),
    ),
    guard("crm.write", 100),
    validate("param", contract.saleParam),
    validate("json", contract.refund),
    idempotent({ inOneBatch: true }),
    async (c) => {
      const refunded = await refundSale(c.var.ctx, c.req.valid("param").id, c.req.valid("json"));
      return replyWritten(c, contract.saleWritten, { isBulk: false, ...refunded });
    },
  );
