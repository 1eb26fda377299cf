// Paths that the main CRM's own panels ask for.
import { panelAssetsRoutes } from "../features/assets/assets.routes.ts";
import { panelRoutes } from "../features/connection/panel.routes.ts";
import { deploymentRoutes } from "../features/settings/settings.routes.ts";
import { panelSendRoutes } from "../features/messages/messages.routes.ts";
import { panelTemplatesRoutes } from "../features/templates/templates.routes.ts";
import { router } from "../http/router.ts";

export const adminContents = router()
  .route("/admin/meta", panelRoutes)
  .route("/admin/meta", panelAssetsRoutes)
  .route("/admin", deploymentRoutes)
  .route("/admin/core/crm", panelTemplatesRoutes)
  .route("/admin/core/crm", panelSendRoutes);
