// Contents by time: cron expression → planner, message kind → worker.
import type { Ctx, Message, MessageOf, Tools } from "../context.ts";
import { runLateAudit } from "../features/audit/audit.jobs.ts";
import { planSettlement, runSettlement } from "../features/attribution/attribution.jobs.ts";
import { planSending, planSteps, runAutomation, runSending } from "../features/automation/automation.jobs.ts";
import { planTokenKeeping, runTokenKeeping } from "../features/connection/connection.jobs.ts";
import { planRewrap, runRewrap } from "../features/key-rotation/rewrap.jobs.ts";
import { planWithdrawals, runWithdrawal } from "../features/withdrawals/withdrawals.jobs.ts";
import { planInsightsSync, runInsightsSync } from "../features/sync/sync.jobs.ts";
import { planTemplatesSync, runTemplatesSync } from "../features/templates/templates.jobs.ts";

export const planners: Record<string, ((tools: Tools) => Promise<void>)[]> = {
  "* * * * *": [
    planInsightsSync,
    planSettlement,
    planTokenKeeping,
    planWithdrawals,
    planRewrap,
    planSteps,
    planSending,
    planTemplatesSync,
  ],
};

export const workers: { [K in Message["kind"]]: (ctx: Ctx, received: MessageOf<K>) => Promise<void> } = {
  "insights.sync": runInsightsSync,
  "outcomes.settle": runSettlement,
  "token.keep": runTokenKeeping,
  "connection.withdraw": runWithdrawal,
  "token.rewrap": runRewrap,
  "automation.step": runAutomation,
  "message.send": runSending,
  "templates.sync": runTemplatesSync,
  "audit.write": runLateAudit,
};
