// /crm: what the CRM sends us and reads back.
import { auditRoutes } from "../features/audit/audit.routes.ts";
import { consentsRoutes } from "../features/conversions/conversions.routes.ts";
import { currenciesRoutes } from "../features/currencies/currencies.routes.ts";
import { intakeRoutes } from "../features/leads/intake.routes.ts";
import { leadsRoutes } from "../features/leads/leads.routes.ts";
import { mergesRoutes } from "../features/leads/merges.routes.ts";
import { opportunitiesRoutes } from "../features/sales/opportunities.routes.ts";
import { salesRoutes } from "../features/sales/sales.routes.ts";
import { router } from "../http/router.ts";

export const crmContents = router()
  .route("/crm/leads", leadsRoutes)
  .route("/crm/leads", mergesRoutes)
  .route("/leads", intakeRoutes)
  .route("/crm/leads", consentsRoutes)
  .route("/crm/opportunities", opportunitiesRoutes)
  .route("/crm/sales", salesRoutes)
  .route("/crm", currenciesRoutes)
  .route("/crm", auditRoutes);
