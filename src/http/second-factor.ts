// X-Admin-Token, the second factor of the main CRM's machine. Where ADMIN_TOKEN is set, a session with the role `crm` writes
// only with it: a stolen machine session alone sends nothing in. People are never asked for it, and what the frontend
// sends along is not looked at: a secret in a browser bundle is none.
import type { Context } from "hono";
import { AppError } from "../errors.ts";
import { isMachine, type Permission } from "./authorize.ts";
import type { Hall } from "./hall.ts";

const HEADER = "X-Admin-Token";

export async function requireSecondFactor(c: Context<Hall>, role: string, permission: Permission): Promise<void> {
  const { isAdminToken } = c.var.tools;
  if (!isAdminToken || permission !== "crm.write" || !isMachine(role)) return;
  if (!(await isAdminToken(c.req.header(HEADER) ?? "")))
    throw new AppError("admin_token.invalid", `Falta ${HEADER}, o no es válido.`);
}
