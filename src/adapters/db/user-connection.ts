import { and, eq } from "drizzle-orm";
import { connections } from "./schema/connection.ts";
import type { TenantDb } from "./scope.ts";

/** The tenant's one connection as a Meta user. Page and system-user tokens are kinds of their own. */
export const isUserConnection = (db: TenantDb) =>
  and(db.mine(connections), eq(connections.provider, "meta"), eq(connections.kind, "user"));
