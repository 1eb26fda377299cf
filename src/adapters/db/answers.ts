import { sql } from "drizzle-orm";
import type { TenantDb } from "./scope.ts";

/** Last in a batch that changes what answers say and settles nothing: what was kept of them is no longer given. */
export const renewAnswers = (db: TenantDb) => db.q.execute(sql`SELECT renew_answers(${db.tenantId})`);
