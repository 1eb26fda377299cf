import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./attribution.contract.ts";
import { recompute } from "./attribution.queries.ts";

/** /crm/marketing/attribution */
export const attributionRoutes = router().post(
  "/recompute",
  describe(onPaper({ summary: "Recompute frozen credits, or tell what would move", answer: contract.recomputed })),
  guard("attribution.manage", 10),
  validate("json", contract.recomputeBody),
  idempotent(),
  async (c) => {
    const asked = c.req.valid("json");
    return reply(c, contract.recomputed, { dry_run: asked.isDryRun, ...(await recompute(c.var.ctx, asked)) });
  },
);
