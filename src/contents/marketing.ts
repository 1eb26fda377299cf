// /crm/marketing: the hub.
import { accountsRoutes } from "../features/accounts/accounts.routes.ts";
import { analyticsRoutes } from "../features/analytics/analytics.routes.ts";
import { assetsRoutes } from "../features/assets/assets.routes.ts";
import { attributionRoutes } from "../features/attribution/attribution.routes.ts";
import { logsRoutes, rulesRoutes } from "../features/automation/automation.routes.ts";
import { operateRoutes } from "../features/automation/operate.routes.ts";
import { campaignsRoutes } from "../features/campaigns/campaigns.routes.ts";
import { tokenStatusRoutes } from "../features/connection/connection.routes.ts";
import { intakeKeysRoutes } from "../features/leads/intake-keys.routes.ts";
import { leadFormsRoutes } from "../features/lead-ads/lead-ads.routes.ts";
import { messagesRoutes, suppressionsRoutes } from "../features/messages/messages.routes.ts";
import { conversionsRoutes } from "../features/conversions/conversions.routes.ts";
import { notificationsRoutes } from "../features/notifications/notifications.routes.ts";
import { settingsRoutes } from "../features/settings/settings.routes.ts";
import { syncRoutes } from "../features/sync/sync.routes.ts";
import { templatesRoutes } from "../features/templates/templates.routes.ts";
import { webhookEventsRoutes } from "../features/webhooks/webhooks.routes.ts";
import { router } from "../http/router.ts";

export const marketingContents = router()
  .route("/crm/marketing", settingsRoutes)
  .route("/crm/marketing/intake", intakeKeysRoutes)
  .route("/crm/marketing", tokenStatusRoutes)
  .route("/crm/marketing", accountsRoutes)
  .route("/crm/marketing/assets", assetsRoutes)
  .route("/crm/marketing/lead-forms", leadFormsRoutes)
  .route("/crm/marketing/sync", syncRoutes)
  .route("/crm/marketing/webhooks", webhookEventsRoutes)
  .route("/crm/marketing", templatesRoutes)
  .route("/crm/marketing/messages", messagesRoutes)
  .route("/crm/marketing/suppressions", suppressionsRoutes)
  .route("/crm/marketing/automation/rules", rulesRoutes)
  .route("/crm/marketing/automation", operateRoutes)
  .route("/crm/marketing", logsRoutes)
  .route("/crm/marketing/conversions", conversionsRoutes)
  .route("/crm/marketing/notifications", notificationsRoutes)
  .route("/crm/marketing/attribution", attributionRoutes)
  .route("/crm/marketing", campaignsRoutes)
  .route("/crm/marketing", analyticsRoutes);
