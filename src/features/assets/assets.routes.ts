import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./assets.contract.ts";
import { chooseAssets, getAssets, getPanel, refreshAssets } from "./assets.service.ts";
import { connectionTest } from "./diagnostics.contract.ts";
import { testConnection } from "./diagnostics.ts";

/** /crm/marketing/assets */
export const assetsRoutes = router()
  .get(
    "/",
    describe(onPaper({ summary: "List pages, WhatsApp accounts and numbers", answer: contract.assetList })),
    guard("marketing.read", 60),
    async (c) => reply(c, contract.assetList, await getAssets(c.var.ctx)),
  )
  .post(
    "/refresh",
    describe(
      onPaper({
        summary: "Ask Meta for them anew, as soon as may be",
        answer: contract.assetList,
        errors: ["connection.missing"],
      }),
    ),
    guard("marketing.manage", 10),
    idempotent(),
    async (c) => reply(c, contract.assetList, await refreshAssets(c.var.ctx)),
  );

/** /crm/auth/meta */
export const connectionTestRoutes = router().get(
  "/test-connection",
  describe(onPaper({ summary: "Test the connection with Meta", answer: connectionTest })),
  guard("marketing.read", 20),
  async (c) => reply(c, connectionTest, await testConnection(c.var.ctx)),
);

/** /admin/meta */
export const panelAssetsRoutes = router()
  .get(
    "/status",
    describe(
      onPaper({
        summary: "Show the connection to Meta and its channels",
        answer: contract.panelStatus,
        beside: contract.panelStatusOnTheWire,
      }),
    ),
    guard("marketing.read", 60),
    async (c) => {
      const panel = await getPanel(c.var.ctx);
      return reply(c, contract.panelStatus, panel, { beside: contract.panelStatus().parse(panel) });
    },
  )
  .post(
    "/select-channels",
    describe(
      onPaper({
        summary: "Choose which pages and numbers to use; the others are left to other tenants",
        answer: contract.assetList,
        errors: ["asset.not_found"],
      }),
    ),
    guard("marketing.manage", 10),
    validate("json", contract.chosenAssets),
    idempotent(),
    async (c) => reply(c, contract.assetList, await chooseAssets(c.var.ctx, c.req.valid("json").asset_ids)),
  );
