import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./sync.contract.ts";
import { cancelRun, getRun, listRuns, startSync } from "./sync.service.ts";

/** /crm/marketing/sync */
export const syncRoutes = router()
  .post(
    "/",
    describe(
      onPaper({
        summary: "Start a sync by hand",
        answer: contract.started,
        status: 202,
        errors: ["account.not_connected", "run.already_active"],
      }),
    ),
    guard("marketing.manage", 10),
    validate("json", contract.syncRequest),
    idempotent(),
    async (c) => {
      return reply(c, contract.started, await startSync(c.var.ctx, c.req.valid("json")), { status: 202 });
    },
  )
  .get(
    "/runs",
    describe(onPaper({ summary: "List syncs, newest first", answer: contract.runList, beside: contract.runsBeside })),
    guard("marketing.read", 60),
    validate("query", contract.runsQuery),
    async (c) => {
      const { runs, total } = await listRuns(c.var.ctx, c.req.valid("query"));
      return reply(c, contract.runList, runs, { beside: { total } });
    },
  )
  .get(
    "/runs/:id",
    describe(onPaper({ summary: "Read how far a sync is", answer: contract.runDetail, errors: ["run.not_found"] })),
    guard("marketing.read", 100),
    validate("param", contract.runParam),
    async (c) => {
      return reply(c, contract.runDetail, await getRun(c.var.ctx, c.req.valid("param").id));
    },
  )
  .post(
    "/runs/:id/cancel",
    describe(
      onPaper({ summary: "End a sync; what it read stays", answer: contract.runDetail, errors: ["run.not_found"] }),
    ),
    guard("marketing.manage", 20),
    validate("param", contract.runParam),
    idempotent(),
    async (c) => {
      return reply(c, contract.runDetail, await cancelRun(c.var.ctx, c.req.valid("param").id));
    },
  );
