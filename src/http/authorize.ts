import type { Membership, Session } from "../context.ts";
import { AppError } from "../errors.ts";
import { sessionIsOver } from "./authenticate.ts";

/** What a role may do. A permission that is not in a role's list is refused. */
export type Permission =
  | "marketing.read"
  | "marketing.manage"
  | "connection.debug"
  | "crm.write"
  | "settings.manage"
  | "attribution.manage"
  | "audit.read";

const readers = ["setter", "closer", "secretary", "professional", "viewer"];
const managers = ["marketing"];
const owners = ["ceo", "owner", "admin"];
/** The main CRM, sending what it knows. */
const machines = ["crm"];

export const roles: Record<Permission, readonly string[]> = {
  "marketing.read": [...readers, ...managers, ...owners, ...machines],
  "marketing.manage": [...managers, ...owners],
  "connection.debug": owners,
  "crm.write": ["setter", "closer", ...managers, ...owners, ...machines],
  "settings.manage": owners,
  "attribution.manage": owners,
  "audit.read": owners,
};

/**
 * The membership a request acts under. `wanted` (X-Tenant-ID) only chooses among one's own; without it, or with
 * `default`, it is one's default, else the one the session names, else the first.
 */
export function chooseMembership(
  memberships: readonly Membership[],
  session: Session,
  wanted: string | undefined,
): Membership {
  const chosen =
    wanted === undefined || wanted === "" || wanted === "default"
      ? (memberships.find(({ isDefault }) => isDefault) ??
        memberships.find(({ tenantId }) => tenantId === session.tenantId) ??
        memberships[0])
      : memberships.find(({ tenantId }) => String(tenantId) === wanted);
  if (!chosen) throw new AppError("tenant.no_membership", "No tenés acceso a esta empresa.");
  return chosen;
}

/** Throws session.invalid when the membership's sessions were ended after this one began, or might have been. */
export function requireLiveSession({ sessionsValidFrom }: Membership, { issuedAt = -Infinity }: Session): void {
  if (sessionsValidFrom !== null && issuedAt < Math.floor(sessionsValidFrom.getTime() / 1000)) throw sessionIsOver();
}

export const isMachine = (role: string): boolean => machines.includes(role);

export function requirePermission(role: string, permission: Permission): void {
  if (!roles[permission].includes(role)) throw new AppError("role.forbidden", "Tu rol no permite esta acción.");
}
