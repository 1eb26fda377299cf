import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { AppError } from "../../errors.ts";
import { askedOf } from "../../http/audit.ts";
import { findSession } from "../../http/authenticate.ts";
import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import type { Hall } from "../../http/hall.ts";
import { refuseAddress } from "../../http/allowance.ts";
import { onError } from "../../http/on-error.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { frontendUrl, handleCallback, turnedAway } from "./callback.ts";
import * as contract from "./connection.contract.ts";
import { tokenBanner, tokenStatus } from "./token-status.contract.ts";
import { disconnect, startLogin } from "./connection.service.ts";
import { debugConnection } from "./diagnostics.ts";
import { nonceCookieName, STATE_TTL_SECONDS } from "./oauth-state.ts";
import { acceptSystemUserToken } from "./system-user.ts";
import { getTokenStatus } from "./token-status.ts";

// SameSite=Lax: Strict would keep the cookie at home on the way back from facebook.com.
const nonceCookie = { path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;

/** /crm/auth/meta */
export const connectionRoutes = router()
  .get(
    "/url",
    describe(
      onPaper({
        summary: "Begin to connect Meta: where to send the browser",
        answer: contract.loginUrl,
        errors: ["oauth.cross_site_frontend"],
      }),
    ),
    guard("marketing.manage", 20),
    async (c) => {
      refuseCrossSite(c);
      const { nonce, ...login } = await startLogin(c.var.ctx);
      setCookie(c, nonceCookieName(login.state), nonce, { ...nonceCookie, maxAge: STATE_TTL_SECONDS });
      return reply(c, contract.loginUrl, login);
    },
  )
  .get(
    "/callback",
    describe(
      onPaper({
        summary: "Come back from Meta, and go on to the frontend",
        redirect: true,
        errors: ["oauth.invalid_state", "request.too_many"],
      }),
    ),
    validate("query", contract.callbackQuery),
    async (c) => {
      const { tools, requestId } = c.var;
      const { state, code, error, error_code, error_message } = c.req.valid("query");
      const cookieName = state ? nonceCookieName(state) : undefined;
      const nonce = cookieName ? getCookie(c, cookieName) : undefined;
      const session = await findSession(c);
      const failure = error ?? error_code ?? error_message;
      const input = { state, code, error: failure, nonce, userId: session?.userId, asked: askedOf(c) };
      const refusal = await refuseAddress(c, "callback", 60);
      const outcome = refusal ? turnedAway(refusal) : await handleCallback(tools, requestId, input);
      if (outcome.ctx) c.set("ctx", outcome.ctx);
      if (!outcome.ok) c.set("failure", outcome.failure.code);
      const isStateGood = !outcome.ok && outcome.isStateGood;
      if (cookieName && nonce && !isStateGood) deleteCookie(c, cookieName, nonceCookie);
      if (!outcome.ok && wantsJson(c)) return onError(outcome.failure, c);
      return c.redirect(frontendUrl(tools.settings.frontendUrl, outcome), 302);
    },
  )
  .post(
    "/disconnect",
    describe(onPaper({ summary: "Disconnect Meta; what was read stays", answer: contract.disconnected })),
    guard("marketing.manage", 10),
    idempotent(),
    async (c) => {
      return reply(c, contract.disconnected, await disconnect(c.var.ctx));
    },
  )
  .post(
    "/system-user-token",
    describe(
      onPaper({
        summary: "Connect by a system user's token, pasted",
        answer: tokenStatus,
        errors: ["connection.token_refused"],
      }),
    ),
    guard("marketing.manage", 10),
    validate("json", contract.systemUserToken),
    idempotent(),
    async (c) => {
      await acceptSystemUserToken(c.var.ctx, c.req.valid("json"));
      return reply(c, tokenStatus, await getTokenStatus(c.var.ctx));
    },
  )
  .get(
    "/debug/token",
    describe(
      onPaper({
        summary: "Read what Meta says of the token, where that is enabled",
        answer: contract.tokenDebug,
        errors: ["debug.disabled"],
      }),
    ),
    guard("connection.debug", 10),
    async (c) => {
      return reply(c, contract.tokenDebug, await debugConnection(c.var.ctx));
    },
  );

/** /crm/marketing/token-status; its banner reads two fields beside `data`. */
export const tokenStatusRoutes = router().get(
  "/token-status",
  describe(
    onPaper({
      summary: "Read the state of the connection",
      answer: tokenStatus,
      beside: tokenBanner,
    }),
  ),
  guard("marketing.read", 60),
  async (c) => {
    const status = await getTokenStatus(c.var.ctx);
    const beside = {
      needs_reconnect: status.needsReconnect,
      days_left: status.daysLeft,
      expires_at: status.expiresAt?.toISOString() ?? null,
    };
    return reply(c, tokenStatus, status, { beside });
  },
);

// A browser drops the nonce cookie when a page of another site asks for it: the login could only end in invalid_state.
function refuseCrossSite(c: Context<Hall>): void {
  if (c.req.header("sec-fetch-site") !== "cross-site") return;
  throw new AppError(
    "oauth.cross_site_frontend",
    "El CRM y esta API tienen que estar en el mismo dominio para conectar Meta (por ejemplo crm.ejemplo.com y api.ejemplo.com).",
  );
}

function wantsJson(c: Context<Hall>): boolean {
  const accept = c.req.header("accept") ?? "";
  return accept.includes("application/json") && !accept.includes("text/html");
}
