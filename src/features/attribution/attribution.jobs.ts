// Our routes settle what they write in the same batch. Rows that the main CRM writes by SQL are noted by triggers, and
// settled here.
import type { Needs, Tools } from "../../context.ts";
import { listUnsettledTenants, settle } from "./attribution.queries.ts";

/** Posts a message for every tenant with something to settle. */
export async function planSettlement(tools: Pick<Tools, "dispatch" | "enqueue">): Promise<void> {
  const tenants = await listUnsettledTenants(tools);
  await tools.enqueue(tenants.map((tenantId) => ({ message: { v: 1, kind: "outcomes.settle", tenantId } })));
}

/** Settling what is settled changes nothing. */
export const runSettlement = (ctx: Needs<"db">): Promise<void> => settle(ctx);
