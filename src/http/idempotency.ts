// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): a request that acts may be sent again until it is answered,
// and acts once. Keys are a user's own, per tenant and route.
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { actorName, type Claim, type Ctx, type EarlierRequest } from "../context.ts";
import { AppError, fieldError } from "../errors.ts";
import { digest } from "../lib/digest.ts";
import { onPaper } from "../lib/on-paper.ts";
import { noted } from "./describe.ts";
import type { Hall } from "./hall.ts";

const HEADER = "Idempotency-Key";
const KEPT_ANSWER_BYTES = 64 * 1024;

/**
 * For routes that act; after `guard` and `validate`, so that only what is going to act is claimed. `inOneBatch`: all that
 * the route changes is one transaction, which then also notes that the request has acted; without it a request that died is
 * done again from its start, which must do no harm. `isSecret`: what is answered is kept nowhere.
 */
export const idempotent = ({ inOneBatch = false, isSecret = false } = {}) =>
  noted(
    createMiddleware<Hall>(async (c, next) => {
      const key = c.req.header(HEADER);
      if (key === undefined) return next();
      const { tools, ctx } = c.var;
      const claim = await describeClaim(c, key);
      const held = await tools.claims.take(ctx.db, claim);
      if (held === "running") throw stillRunning();
      if (held !== "claimed") return replay(c, claim, held);
      if (inOneBatch) c.set("ctx", { ...ctx, db: tools.claims.acting(ctx.db, claim) });
      await next();
      // Without it the answer is as good; a repetition waits until the claim is given up.
      await settle(c, ctx.db, claim, isSecret).catch(() =>
        tools.log("idempotency.lost", { requestId: c.var.requestId }),
      );
    }),
    onPaper({
      headers: {
        [HEADER]:
          "1 to 255 printable characters, yours: the same request with the same key within 24 hours acts once and gets the same answer again, with Idempotency-Replayed: true.",
      },
    }),
  );

async function describeClaim(c: Context<Hall>, key: string): Promise<Claim> {
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) throw fieldError(HEADER, "debe tener entre 1 y 255 caracteres imprimibles");
  const { tools, ctx } = c.var;
  const { pathname, search } = new URL(c.req.url);
  const body = await digest(await c.req.arrayBuffer());
  return {
    key: `${actorName(ctx.actor)} ${key}`,
    route: `${c.req.method} ${c.req.routePath}`,
    requestHash: await digest(`${c.req.method} ${pathname}${search}\n${body}`),
    claimedAt: new Date(tools.now()),
  };
}

function replay(c: Context<Hall>, { requestHash }: Claim, earlier: EarlierRequest) {
  if (earlier.requestHash !== requestHash)
    throw new AppError("idempotency.mismatch", `Ya usaste este ${HEADER} para otro pedido.`);
  if (earlier.status === null) throw stillRunning();
  const answer = earlier.answer ?? notKept(c);
  // The first is ours; the second is what clients that know Stripe look for.
  const headers = { "Content-Type": "application/json", "Idempotency-Replayed": "true", "Idempotent-Replayed": "true" };
  return c.body(answer, earlier.status as ContentfulStatusCode, headers);
}

const notKept = (c: Context<Hall>) =>
  JSON.stringify({
    success: true,
    data: null,
    detail: "Ya está hecho. La respuesta era demasiado larga para guardarla, o se perdió.",
    timestamp: new Date(c.var.tools.now()).toISOString(),
  });

async function settle(c: Context<Hall>, db: Ctx["db"], claim: Claim, isSecret: boolean): Promise<void> {
  const { claims } = c.var.tools;
  const { status } = c.res;
  // What failed on our side may go well next time.
  if (status >= 500) return claims.release(db, claim);
  const answer = await c.res.clone().text();
  const isKept = !isSecret && new TextEncoder().encode(answer).byteLength <= KEPT_ANSWER_BYTES;
  await claims.keep(db, claim, { status, answer: isKept ? answer : null });
}

const stillRunning = () =>
  new AppError("idempotency.in_progress", "El mismo pedido todavía se está procesando.", {
    details: { retryAfterSeconds: 1 },
  });
