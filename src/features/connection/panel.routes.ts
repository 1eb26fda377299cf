// What CRM Ventas' older panel of integrations asks (what it looks at is the room assets'). It cannot connect: its code comes from
// Facebook's JavaScript SDK, with no state that we gave out and tied to the browser, so anybody's code would do.
import { AppError } from "../../errors.ts";
import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./connection.contract.ts";
import { disconnect } from "./connection.service.ts";

const sendsToHub = describe(
  onPaper({
    summary: "Refuse to connect from here: the marketing hub does",
    errors: ["request.conflict"],
  }),
);

/** /admin/meta */
export const panelRoutes = router()
  .delete(
    "/disconnect",
    describe(onPaper({ summary: "Disconnect from Meta", answer: contract.disconnected })),
    guard("marketing.manage", 10),
    idempotent(),
    async (c) => reply(c, contract.disconnected, await disconnect(c.var.ctx)),
  )
  .post("/connect", sendsToHub, guard("marketing.manage", 10), sendToHub);

function sendToHub(): never {
  throw new AppError(
    "request.conflict",
    "Meta se conecta desde el Marketing Hub: abrí Marketing y elegí Conectar Meta.",
  );
}
