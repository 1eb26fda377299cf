import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { etag } from "../../http/keep.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { describeForPanel, describeTemplate } from "./template-answer.ts";
import { draftRequest } from "./draft.contract.ts";
import * as contract from "./templates.contract.ts";
import { createDraft, getTemplatePage } from "./templates.service.ts";

/** /crm/marketing */
export const templatesRoutes = router().get(
  "/hsm/templates",
  describe(onPaper({ summary: "List the WhatsApp templates", answer: contract.templateList, beside: contract.beside })),
  guard("marketing.read", 60),
  etag(),
  validate("query", contract.listQuery),
  async (c) => {
    const { templates, total, nextCursor } = await getTemplatePage(c.var.ctx, c.req.valid("query"));
    const beside = { total, next_cursor: nextCursor };
    return reply(c, contract.templateList, templates.map(describeTemplate), { beside });
  },
);

/** /admin/core/crm: the chat panel. */
export const panelTemplatesRoutes = router()
  .get(
    "/hsm-templates",
    describe(
      onPaper({
        summary: "List the WhatsApp templates as the chat panel reads them",
        answer: contract.panelTemplateList,
        beside: contract.beside,
      }),
    ),
    guard("marketing.read", 60),
    etag(),
    validate("query", contract.panelQuery),
    async (c) => {
      const { templates, total, nextCursor } = await getTemplatePage(c.var.ctx, c.req.valid("query"));
      const beside = { total, next_cursor: nextCursor };
      return reply(c, contract.panelTemplateList, templates.map(describeForPanel), { beside });
    },
  )
  .post(
    "/hsm-templates",
    describe(
      onPaper({
        summary: "Keep a draft of a template, without submitting it to Meta",
        answer: contract.panelTemplate,
        status: 201,
        errors: ["template.duplicate"],
      }),
    ),
    guard("marketing.manage", 20),
    validate("json", draftRequest),
    idempotent(),
    async (c) => {
      const created = await createDraft(c.var.ctx, c.req.valid("json"));
      return reply(c, contract.panelTemplate, describeForPanel(created), { status: 201 });
    },
  );
