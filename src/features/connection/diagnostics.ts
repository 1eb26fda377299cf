// Named checks of a connection, each with what to do when it fails. The token itself is never part of an answer.
import type { Ctx } from "../../context.ts";
import { AppError, isAppError, toAppError } from "../../errors.ts";
import { missingScopes } from "./capabilities.ts";
import { findConnection } from "./connection.queries.ts";
import { markVerified } from "./token.queries.ts";
import { noteFailure, openToken } from "./connection.service.ts";
import { hintFor } from "./hints.ts";

export type Check = { name: string; status: "ok" | "warn" | "fail"; hint: string | null };

const SOON_MS = 7 * 86_400_000;

export async function testToken(ctx: Ctx) {
  const connection = await findConnection(ctx);
  const absent = { connected: false, valid: false, expired: false, userId: null, userName: null, adAccountsCount: 0 };
  if (!connection?.tokenSealed) {
    const hint = "Conectá tu cuenta de Meta.";
    return {
      ...absent,
      expiresAt: null,
      message: hint,
      checks: [{ name: "token", status: "fail", hint }] satisfies Check[],
    };
  }
  const { expiresAt, metaUserId: userId, metaUserName: userName, grantedScopes } = connection;
  const known = { ...absent, connected: true, userId, userName, expiresAt };
  const checks: Check[] = [];
  try {
    const { token } = await openToken(ctx, connection, "insights");
    const { isValid } = await ctx.meta.debugToken(token);
    if (!isValid)
      throw new AppError("connection.needs_reauth", "El permiso de Meta ya no sirve.", { details: { metaCode: 190 } });
    checks.push(
      { name: "token", status: "ok", hint: null },
      expiryCheck(expiresAt, ctx.now()),
      scopeCheck(missingScopes(grantedScopes, ctx.settings)),
    );
    const accounts = await ctx.meta.listAdAccounts(token);
    checks.push(accountsCheck(accounts), versionCheck(ctx));
    await markVerified(ctx);
    const valid = checks.every(({ status }) => status !== "fail");
    const message = valid ? "La conexión con Meta funciona." : "La conexión con Meta tiene problemas.";
    return { ...known, valid, adAccountsCount: accounts.length, message, checks };
  } catch (thrown) {
    if (!isAppError(thrown)) throw thrown;
    await noteFailure(ctx, thrown, connection.tokenVersion);
    const expired = thrown.code === "connection.needs_reauth";
    const hint = hintFor(thrown);
    return {
      ...known,
      expired,
      message: thrown.message,
      checks: [...checks, { name: "meta", status: "fail" as const, hint }],
    };
  }
}

function expiryCheck(expiresAt: Date | null, now: number): Check {
  const isSoon = expiresAt !== null && expiresAt.getTime() - now < SOON_MS;
  return {
    name: "expiry",
    status: isSoon ? "warn" : "ok",
    hint: isSoon ? "El permiso vence pronto: volvé a conectar." : null,
  };
}

function scopeCheck(missing: readonly string[]): Check {
  const hint = `Volvé a conectar y aceptá también: ${missing.join(", ")}.`;
  return missing.length === 0 ? { name: "scopes", status: "ok", hint: null } : { name: "scopes", status: "warn", hint };
}

function accountsCheck(accounts: readonly { accountStatus: number }[]): Check {
  if (accounts.length === 0) {
    return { name: "ad_accounts", status: "fail", hint: "Tu usuario de Meta no ve ninguna cuenta publicitaria." };
  }
  const allStopped = accounts.every(({ accountStatus }) => accountStatus !== 1);
  const hint = allStopped ? "Ninguna de tus cuentas publicitarias está activa." : null;
  return { name: "ad_accounts", status: allStopped ? "warn" : "ok", hint };
}

function versionCheck(ctx: Ctx): Check {
  const { alive, daysLeft } = ctx.meta.versionHealth();
  if (!alive)
    return {
      name: "api_version",
      status: "fail",
      hint: "La versión de la API de Meta ya no existe. Avisale a soporte.",
    };
  const isSoon = daysLeft !== undefined && daysLeft < 60;
  return {
    name: "api_version",
    status: isSoon ? "warn" : "ok",
    hint: isSoon ? "Hay que actualizar la API de Meta." : null,
  };
}

/** What Meta says of the stored token, for owners who look for a fault. */
export async function debugConnection(ctx: Ctx) {
  if (!ctx.settings.debugTokenEnabled) throw new AppError("debug.disabled", "No existe.");
  const connection = await findConnection(ctx);
  const tokenExists = Boolean(connection?.tokenSealed);
  if (!tokenExists)
    return { connected: false, tokenExists, validation: null, message: "No hay una conexión con Meta." };
  try {
    const { token } = await openToken(ctx, connection, "insights");
    const { isValid, type, appId, expiresAt, dataAccessExpiresAt, issuedAt, scopes, error } =
      await ctx.meta.debugToken(token);
    const message = isValid ? "Meta dice que el permiso es válido." : "Meta dice que el permiso ya no sirve.";
    const validation = { isValid, type, appId, expiresAt, dataAccessExpiresAt, issuedAt, scopes, error };
    return { connected: isValid, tokenExists, validation, message };
  } catch (thrown) {
    return { connected: false, tokenExists, validation: null, message: toAppError(thrown).message };
  }
}
