// Contents by time: cron expression → planner, message kind → worker.
import type { Ctx, Message, MessageOf, Tools } from "../context.ts";
import { runLateAudit } from "../features/audit/audit.jobs.ts";
import { planSettlement, runSettlement } from "../features/attribution/attribution.jobs.ts";
import { planAssetTasks, runBinding } from "../features/assets/assets.jobs.ts";
import { planSending, planSteps, runAutomation, runSending } from "../features/automation/automation.jobs.ts";
import { planConversions, runConversions } from "../features/conversions/conversions.jobs.ts";
import { planHappenings, runHappenings } from "../features/happenings/happenings.jobs.ts";
import { planTokenKeeping, runTokenKeeping } from "../features/connection/connection.jobs.ts";
import { runReconciliation } from "../features/lead-ads/reconcile.jobs.ts";
import { planRewrap, runRewrap } from "../features/key-rotation/rewrap.jobs.ts";
import { planNotifications, runNotifications } from "../features/notifications/notifications.jobs.ts";
import { planWithdrawals, runWithdrawal } from "../features/withdrawals/withdrawals.jobs.ts";
import { planInsightsSync, runInsightsSync } from "../features/sync/sync.jobs.ts";
import { planWebhookPurge, planWebhooks, runWebhooks } from "../features/webhooks/webhooks.jobs.ts";
import { planTemplatesSync, runTemplatesSync } from "../features/templates/templates.jobs.ts";

export const planners: Record<string, ((tools: Tools) => Promise<void>)[]> = {
  "* * * * *": [
    planInsightsSync,
    planSettlement,
    planTokenKeeping,
    planAssetTasks,
    planWithdrawals,
    planRewrap,
    planWebhooks,
    planWebhookPurge,
    planHappenings,
    planSteps,
    planSending,
    planConversions,
    planNotifications,
    planTemplatesSync,
  ],
};

export const workers: { [K in Message["kind"]]: (ctx: Ctx, received: MessageOf<K>) => Promise<void> } = {
  "insights.sync": runInsightsSync,
  "outcomes.settle": runSettlement,
  "token.keep": runTokenKeeping,
  "assets.bind": runBinding,
  "leads.reconcile": runReconciliation,
  "connection.withdraw": runWithdrawal,
  "token.rewrap": runRewrap,
  "webhook.process": runWebhooks,
  "automation.step": runAutomation,
  "message.send": runSending,
  "happenings.handle": runHappenings,
  "conversions.send": runConversions,
  "notifications.send": runNotifications,
  "templates.sync": runTemplatesSync,
  "audit.write": runLateAudit,
};
