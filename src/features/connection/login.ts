// The second half of a login: the browser came back with a code. Nothing is called "connected" before the token is
// long-lived, ours, verified and stored.
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { storeToken } from "./connection.service.ts";
import type { LoginState } from "./oauth-state.ts";
import { granted } from "./token-outcome.ts";

const SHORT_LIVED_MS = 7 * 86_400_000;

export async function completeLogin(
  ctx: Ctx,
  { code, login }: { code: string; login: LoginState },
): Promise<{ isLimited: boolean }> {
  const token = await exchange(ctx, code, login);
  const inspection = await ctx.meta.debugToken(token);
  if (!inspection.isValid || inspection.appId !== ctx.settings.metaAppId) {
    throw new AppError("oauth.wrong_app", "Meta devolvió un permiso que no es para esta aplicación.");
  }
  const { expiresAt, userId } = inspection;
  if (expiresAt && expiresAt.getTime() < ctx.now() + SHORT_LIVED_MS) {
    throw new AppError("oauth.exchange_failed", "Meta no dio un permiso duradero.", {
      details: { reason: "short_lived" },
    });
  }
  const [permissions, me] = await Promise.all([ctx.meta.listPermissions(token), ctx.meta.getMe(token)]);
  const grant = granted(inspection);
  await save(ctx, token, {
    tokenType: inspection.type === "SYSTEM_USER" ? "system_user" : "user",
    metaUserId: userId,
    metaUserName: me.name,
    declinedScopes: permissions.declined,
    ...grant,
  });
  return { isLimited: grant.status === "limited" };
}

async function exchange(ctx: Ctx, code: string, { redirectUri, codeVerifier }: LoginState): Promise<string> {
  try {
    const short = await ctx.meta.exchangeCode({ code, redirectUri, codeVerifier });
    return (await ctx.meta.exchangeLongLived(short.accessToken)).accessToken;
  } catch (cause) {
    throw new AppError("oauth.exchange_failed", "Meta no aceptó el permiso.", { cause });
  }
}

const save: typeof storeToken = async (...token) => {
  try {
    await storeToken(...token);
  } catch (cause) {
    throw new AppError("connection.save_failed", "No pudimos guardar la conexión. Probá de nuevo.", { cause });
  }
};
