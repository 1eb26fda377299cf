// Rules at work. What is due is in rows: a tick that is missed, doubled or late changes nothing but time.
import type { Ctx, Tools } from "../../context.ts";
import { listDueTenants as listDueSenders } from "../messages/outbox.queries.ts";
import { listDueTenants } from "./executions.queries.ts";
import { sendDue } from "./sending.ts";
import { runSteps } from "./steps.ts";

type Plans = Pick<Tools, "dispatch" | "enqueue" | "now">;

/** Posts a message for every tenant with a step that is due. */
export async function planSteps(tools: Plans): Promise<void> {
  const tenants = await listDueTenants(tools);
  await tools.enqueue(tenants.map((tenantId) => ({ message: { v: 1, kind: "automation.step", tenantId } })));
}

/** What the steps have planned is sent at once. */
export async function runAutomation(ctx: Ctx): Promise<void> {
  await runSteps(ctx);
  await ctx.enqueue([{ message: { v: 1, kind: "message.send", tenantId: ctx.tenantId } }]);
}

/** Posts a message for every tenant with a message that is due. */
export async function planSending(tools: Plans): Promise<void> {
  const tenants = await listDueSenders(tools);
  await tools.enqueue(tenants.map((tenantId) => ({ message: { v: 1, kind: "message.send", tenantId } })));
}

export const runSending = (ctx: Ctx): Promise<void> => sendDue(ctx);
