import type { Context } from "hono";
import { AppError } from "../../errors.ts";
import { describe, noted } from "../../http/describe.ts";
import type { Hall } from "../../http/hall.ts";
import { limitAddress } from "../../http/allowance.ts";
import { mediaTypeOf } from "../../http/origin-gate.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { deletionPage } from "./deletion-page.ts";
import * as contract from "./withdrawals.contract.ts";
import { findDeletionByCode, receiveWithdrawal } from "./withdrawals.service.ts";

const errors = ["signature.invalid", "request.unsupported_type", "request.too_many", "database.unavailable"] as const;

const FORM = "application/x-www-form-urlencoded";
const PER_MINUTE = 60;

const fromMeta = noted(limitAddress("callback", PER_MINUTE), { form: contract.signedForm });

/** /crm/auth/meta, for Meta itself: who it is, its signature says. */
export const withdrawalRoutes = router()
  .post(
    "/deauthorize",
    describe(
      onPaper({
        summary: "Take note that a person removed the app at Meta",
        answer: contract.received,
        bare: true,
        errors,
      }),
    ),
    fromMeta,
    async (c) => {
      await receive(c, "deauthorization");
      return c.json({ success: true } as const);
    },
  )
  .post(
    "/data-deletion",
    describe(
      onPaper({
        summary: "Take a person's request to delete their data",
        answer: contract.deletionReceived,
        bare: true,
        errors,
      }),
    ),
    fromMeta,
    async (c) => {
      const code = await receive(c, "deletion");
      const { href } = new URL(`data-deletion/${code}`, c.var.tools.settings.metaRedirectUri);
      return c.json({ url: href, confirmation_code: code });
    },
  )
  .get(
    "/data-deletion/:code",
    describe(
      onPaper({
        summary: "See how far a deletion is; a page, or JSON for `Accept: application/json`",
        answer: contract.deletionStatus,
        page: true,
        errors: ["request.not_found", "request.too_many", "database.unavailable"],
      }),
    ),
    limitAddress("callback", PER_MINUTE),
    validate("param", contract.deletionCode),
    async (c) => {
      const deletion = await findDeletionByCode(c.var.tools, c.req.valid("param").code);
      const wantsJson = c.req.header("accept")?.includes("application/json");
      if (!wantsJson) return c.html(deletionPage(deletion), deletion ? 200 : 404);
      if (!deletion) throw new AppError("request.not_found", "No encontramos ese pedido.");
      return reply(c, contract.deletionStatus, deletion);
    },
  );

async function receive(c: Context<Hall>, kind: Parameters<typeof receiveWithdrawal>[2]["kind"]): Promise<string> {
  const { tools, requestId } = c.var;
  if (mediaTypeOf(c.req.header("content-type") ?? "") !== FORM)
    throw new AppError("request.unsupported_type", `Se espera ${FORM}.`);
  const signedRequest = new URLSearchParams(await c.req.text()).get("signed_request") ?? "";
  return receiveWithdrawal(tools, requestId, { kind, signedRequest });
}
