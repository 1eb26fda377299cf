import { SignJWT } from "jose";
import { demoTenants, type DemoUser, demoUsers } from "./seed-people.ts";

/** What session tokens are signed with and for, by the worker's variable names. */
export type SessionSettings = Readonly<Record<string, string | undefined>>;

export type Session = { user: Pick<DemoUser, "id" | "email">; tenantId: number; role: string };

/** The demo user with this role in this tenant, or with this id; throws which there are when there is none. */
export const findSession = ({
  tenantId,
  role,
  userId,
}: {
  tenantId: number;
  role?: string | undefined;
  userId?: string | undefined;
}): Session => {
  const all = Object.values(demoUsers).flatMap((user) =>
    user.memberships.map((membership) => ({ user, ...membership })),
  );
  const found = all.find((one) => one.tenantId === tenantId && (userId ? one.user.id === userId : one.role === role));
  if (found) return found;
  const known = all.map(
    (one) => `  --tenant ${one.tenantId} --role ${one.role} (--user ${one.user.id}, ${one.user.name})`,
  );
  const asked = userId ? `user "${userId}"` : `role "${role ?? ""}"`;
  throw new Error(`Nobody in tenant ${tenantId} has the ${asked}. There are:\n${known.join("\n")}`);
};

/** The owner of the demo tenant. */
export const owner = (): Session => findSession({ tenantId: demoTenants.sonrisa.id, role: "ceo" });

/** A session token as CRM Ventas issues it today. */
export const mintSessionToken = (
  { user, tenantId, role }: Session,
  { settings, now, hours = 12 }: { settings: SessionSettings; now: number; hours?: number },
): Promise<string> => {
  const { JWT_SECRET: secret, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = settings;
  if (!secret)
    throw new Error("JWT_SECRET is not known: run npm run world (or dev) once, or set it in the environment.");
  const token = new SignJWT({ user_id: user.id, email: user.email, role, tenant_id: tenantId })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime(Math.floor(now / 1000) + Math.round(hours * 3600));
  if (issuer) token.setIssuer(issuer);
  if (audience) token.setAudience(audience);
  return token.sign(new TextEncoder().encode(secret));
};
