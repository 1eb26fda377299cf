import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./intake.contract.ts";
import { listKeys, listPayloads } from "./intake.queries.ts";
import { makeKey, revokeKey } from "./intake.service.ts";

/** /crm/marketing/intake */
export const intakeKeysRoutes = router()
  .get(
    "/keys",
    describe(onPaper({ summary: "List the keys of websites that send leads", answer: contract.intakeKeys })),
    guard("settings.manage", 60),
    async (c) => reply(c, contract.intakeKeys, await listKeys(c.var.ctx)),
  )
  .post(
    "/keys",
    describe(
      onPaper({ summary: "Make a key for a website; it is told once", answer: contract.intakeKeyMade, status: 201 }),
    ),
    guard("settings.manage", 20),
    validate("json", contract.keyName),
    idempotent({ isSecret: true }),
    async (c) => {
      const made = await makeKey(c.var.ctx, c.req.valid("json").name);
      return reply(c, contract.intakeKeyMade, made, { status: 201 });
    },
  )
  .delete(
    "/keys/:id",
    describe(
      onPaper({
        summary: "Revoke a website's key, at once",
        answer: contract.intakeKey,
        errors: ["intake.key_not_found"],
      }),
    ),
    guard("settings.manage", 20),
    validate("param", contract.keyParam),
    idempotent({ inOneBatch: true }),
    async (c) => reply(c, contract.intakeKey, await revokeKey(c.var.ctx, c.req.valid("param").id)),
  )
  .get(
    "/payloads",
    describe(
      onPaper({
        summary: "Show the last fifty that websites sent, and what became of each",
        answer: contract.intakePayloads,
      }),
    ),
    guard("settings.manage", 60),
    async (c) => reply(c, contract.intakePayloads, await listPayloads(c.var.ctx)),
  );
