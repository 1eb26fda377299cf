import { createMiddleware } from "hono/factory";
import { AppError } from "../../errors.ts";
import { limitAddress, refuse } from "../../http/allowance.ts";
import { askedOf } from "../../http/audit.ts";
import { describe, noted } from "../../http/describe.ts";
import type { Hall } from "../../http/hall.ts";
import { idempotent } from "../../http/idempotency.ts";
import { mediaTypeOf } from "../../http/origin-gate.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { tinyBody } from "../../http/size.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { intake, intakeTaken } from "./intake.contract.ts";
import { openIntake, receiveIntake } from "./intake.service.ts";

const HEADER = "X-Intake-Key";
const PER_MINUTE = 60;
const JSON_TYPE = "application/json";

/** Who sends, by their key; how often, by their key and by their address. */
const door = createMiddleware<Hall>(async (c, next) => {
  const { tools, requestId } = c.var;
  const key = c.req.header(HEADER) ?? "";
  const ctx = await openIntake(tools, { key, requestId, asked: askedOf(c) });
  c.set("ctx", ctx);
  const refusal = await refuse(c, { key: ctx.audit.actor, perMinute: PER_MINUTE, routeClass: "callback" });
  if (refusal) throw refusal;
  if (mediaTypeOf(c.req.header("content-type") ?? "") !== JSON_TYPE)
    throw new AppError("request.unsupported_type", `Se espera ${JSON_TYPE}.`);
  await next();
});

const headers = { [HEADER]: "The tenant's key, made at POST /crm/marketing/intake/keys." };

/** /leads, for websites and landing pages: no session, a key. */
export const intakeRoutes = router().post(
  "/intake",
  describe(
    onPaper({
      summary: "Take a lead from a website or a landing page",
      answer: intakeTaken,
      status: [200, 201],
      errors: [
        "intake.key_invalid",
        "request.invalid",
        "request.too_large",
        "request.unsupported_type",
        "request.too_many",
        "database.unavailable",
      ],
    }),
  ),
  limitAddress("callback", 2 * PER_MINUTE),
  tinyBody,
  noted(door, { json: intake, ...onPaper({ headers }) }),
  idempotent(),
  async (c) => {
    const taken = await receiveIntake(c.var.ctx, await c.req.text());
    return reply(c, intakeTaken, taken, { status: taken.created ? 201 : 200 });
  },
);
