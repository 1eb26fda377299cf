// Every outcome of the OAuth callback, as the codes that the existing frontend shows. The precise reason goes to the log
// and beside the code; the code itself tells nothing about why a state was refused.
import { type Asked, callbackCtx, type Ctx, type Membership, type Tools } from "../../context.ts";
import { AppError, toAppError } from "../../errors.ts";
import { completeLogin } from "./login.ts";
import { claimLoginState } from "./oauth-state.ts";

export type CallbackInput = {
  state: string | undefined;
  code: string | undefined;
  /** Meta's `error`, `error_code` or `error_message`: any of them is a failure. */
  error: string | undefined;
  nonce: string | undefined;
  /** The user whose session the browser carries, if it carries one. */
  userId: string | undefined;
  asked: Asked;
};

export type FrontendCode = "auth_failed" | "token_exchange_failed" | "invalid_state" | "missing_tenant";

export type Outcome =
  | { ok: true; ctx: Ctx }
  | {
      ok: false;
      code: FrontendCode;
      reason: string;
      failure: AppError;
      ctx?: Ctx;
      /** The state was not consumed: the same page loaded again may still connect, and needs its cookie. */
      isStateGood?: true;
    };

export async function handleCallback(tools: Tools, requestId: string, input: CallbackInput): Promise<Outcome> {
  const outcome = await decide(tools, requestId, input);
  if (!outcome.ok) tools.log("oauth.refused", { requestId, code: outcome.code, reason: outcome.reason });
  return outcome;
}

async function decide(tools: Tools, requestId: string, input: CallbackInput): Promise<Outcome> {
  const carried = { requestId, asked: input.asked };
  let ctx: Ctx | undefined;
  let isClaimed = false;
  try {
    let memberships: Membership[] = [];
    const claim = await claimLoginState(tools, input, async ({ userId }) => {
      memberships = await tools.listMemberships(userId);
    });
    isClaimed = true;
    if (!claim.ok) {
      const failure = new AppError(
        "oauth.invalid_state",
        "El inicio de sesión con Meta venció o no es válido. Empezá de nuevo.",
      );
      const { reason, login: owner } = claim;
      // The tenant whose login it was has it in its audit. Who came with it, only a session of theirs could tell.
      const visitor = reason === "used" ? owner?.userId : input.userId;
      const told = owner && callbackCtx(tools, { ...carried, tenantId: owner.tenantId, userId: visitor ?? "unknown" });
      return { ok: false, code: "invalid_state", reason, failure, ...(told && { ctx: told }) };
    }
    const { tenantId, userId } = claim.login;
    ctx = callbackCtx(tools, { ...carried, tenantId, userId });
    if (!memberships.some((membership) => membership.tenantId === tenantId)) {
      const failure = new AppError("tenant.no_membership", "No tenés acceso a esta empresa.");
      return { ok: false, code: "missing_tenant", reason: "no_membership", failure, ctx };
    }
    if (input.error !== undefined || !input.code) {
      const failure = new AppError("oauth.denied", "No se dieron los permisos en Meta.");
      return { ok: false, code: "auth_failed", reason: input.error ? "denied" : "missing_code", failure, ctx };
    }
    const { isLimited } = await completeLogin(ctx, { code: input.code, login: claim.login });
    if (!isLimited) return { ok: true, ctx };
    const failure = new AppError(
      "connection.missing_scope",
      "Faltan permisos de Meta. Volvé a conectar y aceptalos todos.",
    );
    return { ok: false, code: "auth_failed", reason: "missing_scope", failure, ctx };
  } catch (thrown) {
    const failure = toAppError(thrown);
    const code = failure.code === "oauth.exchange_failed" ? "token_exchange_failed" : "auth_failed";
    const reason = failure.code.replace(/^.*\./, "");
    return { ok: false, code, reason, failure, ...(ctx && { ctx }), ...(!isClaimed && { isStateGood: true }) };
  }
}

/** Somebody who comes back too often: their state is left as it is. */
export const turnedAway = (failure: AppError): Outcome => ({
  ok: false,
  code: "auth_failed",
  reason: failure.code.replace(/^.*\./, ""),
  failure,
  isStateGood: true,
});

/** Back to the hub. The empty fragment stops browsers from carrying Meta's `#_=_` over. */
export function frontendUrl(base: string, outcome: Outcome): string {
  const url = new URL("/crm/marketing", base);
  if (outcome.ok) url.searchParams.set("success", "connected");
  else {
    url.searchParams.set("error", outcome.code);
    url.searchParams.set("reason", outcome.reason);
  }
  return `${url.href}#`;
}
