// Meta: the login, and what Meta itself asks of us.
import { connectionTestRoutes } from "../features/assets/assets.routes.ts";
import { connectionRoutes } from "../features/connection/connection.routes.ts";
import { withdrawalRoutes } from "../features/withdrawals/withdrawals.routes.ts";
import { webhookRoutes } from "../features/webhooks/webhooks.routes.ts";
import { router } from "../http/router.ts";

export const metaContents = router()
  .route("/crm/auth/meta", connectionRoutes)
  .route("/crm/auth/meta", withdrawalRoutes)
  .route("/crm/auth/meta", connectionTestRoutes)
  .route("/webhooks", webhookRoutes);
