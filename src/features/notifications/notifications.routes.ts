import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import * as contract from "./notifications.contract.ts";
import {
  addEndpoint,
  changeEndpoint,
  getDeliveryPage,
  listEndpoints,
  removeEndpoint,
  replay,
} from "./notifications.service.ts";

const PERMISSION = "settings.manage";

/** /crm/marketing/notifications */
export const notificationsRoutes = router()
  .get(
    "/endpoints",
    describe(onPaper({ summary: "List who is told of what happens", answer: contract.endpointList })),
    guard(PERMISSION, 60),
    async (c) => reply(c, contract.endpointList, await listEndpoints(c.var.ctx)),
  )
  .post(
    "/endpoints",
    describe(
      onPaper({
        summary: "Tell an address of what happens; its secret is shown this once",
        answer: contract.endpointWithSecret,
        status: 201,
        errors: ["request.conflict"],
      }),
    ),
    guard(PERMISSION, 20),
    validate("json", contract.endpointInput),
    idempotent({ isSecret: true }),
    async (c) =>
      reply(c, contract.endpointWithSecret, await addEndpoint(c.var.ctx, c.req.valid("json")), { status: 201 }),
  )
  .patch(
    "/endpoints/:id",
    describe(
      onPaper({
        summary: "Change who is told of what, or make a new secret",
        answer: contract.endpointWithSecret,
        errors: ["endpoint.not_found"],
      }),
    ),
    guard(PERMISSION, 20),
    validate("param", contract.idParam),
    validate("json", contract.endpointChange),
    idempotent({ isSecret: true }),
    async (c) =>
      reply(
        c,
        contract.endpointWithSecret,
        await changeEndpoint(c.var.ctx, c.req.valid("param").id, c.req.valid("json")),
      ),
  )
  .delete(
    "/endpoints/:id",
    describe(onPaper({ summary: "Tell an address no more", answer: contract.removed, errors: ["endpoint.not_found"] })),
    guard(PERMISSION, 20),
    validate("param", contract.idParam),
    idempotent(),
    async (c) => {
      const { id } = c.req.valid("param");
      await removeEndpoint(c.var.ctx, id);
      return reply(c, contract.removed, { id, deleted: true });
    },
  )
  .get(
    "/deliveries",
    describe(
      onPaper({
        summary: "List what was told to whom, and what not and why",
        answer: contract.deliveryList,
        beside: contract.beside,
      }),
    ),
    guard(PERMISSION, 60),
    validate("query", contract.deliveriesQuery),
    async (c) => {
      const { deliveries, total, nextCursor } = await getDeliveryPage(c.var.ctx, c.req.valid("query"));
      return reply(c, contract.deliveryList, deliveries, { beside: { total, next_cursor: nextCursor } });
    },
  )
  .post(
    "/deliveries/:id/replay",
    describe(
      onPaper({
        summary: "Deliver something again, under its own id",
        answer: contract.delivery,
        errors: ["endpoint.not_found"],
      }),
    ),
    guard(PERMISSION, 20),
    validate("param", contract.idParam),
    idempotent({ inOneBatch: true }),
    async (c) => reply(c, contract.delivery, await replay(c.var.ctx, c.req.valid("param").id)),
  );
