import { describe } from "../../http/describe.ts";
import { guard } from "../../http/guard.ts";
import { idempotent } from "../../http/idempotency.ts";
import { etag } from "../../http/keep.ts";
import { reply } from "../../http/reply.ts";
import { router } from "../../http/router.ts";
import { validate } from "../../http/validate.ts";
import { onPaper } from "../../lib/on-paper.ts";
import { describeForPanel, describeTemplate } from "./template-answer.ts";
import { draftChange, draftRequest, looseDraft } from "./draft.contract.ts";
import * as contract from "./templates.contract.ts";
import { deleteTemplate, editTemplate, judgeTemplate, submitTemplate } from "./submit.service.ts";
import { createDraft, getSyncs, getTemplatePage, requestSync } from "./templates.service.ts";

const ofMeta = [
  "template.not_found",
  "template.not_submittable",
  "template.refused",
  "connection.missing",
  "connection.needs_reauth",
  "connection.missing_scope",
  "meta.throttled",
  "meta.transient",
  "meta.permission",
] as const;

/** /crm/marketing */
export const templatesRoutes = router()
  .get(
    "/hsm/templates",
    describe(
      onPaper({ summary: "List the WhatsApp templates", answer: contract.templateList, beside: contract.beside }),
    ),
    guard("marketing.read", 60),
    etag(),
    validate("query", contract.listQuery),
    async (c) => {
      const { templates, total, nextCursor } = await getTemplatePage(c.var.ctx, c.req.valid("query"));
      const beside = { total, next_cursor: nextCursor };
      return reply(c, contract.templateList, templates.map(describeTemplate), { beside });
    },
  )
  .get(
    "/hsm/templates/sync",
    describe(
      onPaper({ summary: "Show when templates were last read from Meta, and how it went", answer: contract.syncState }),
    ),
    guard("marketing.read", 60),
    async (c) => reply(c, contract.syncState, await getSyncs(c.var.ctx)),
  )
  .post(
    "/hsm/templates/sync",
    describe(
      onPaper({
        summary: "Read the templates from Meta again, in the background",
        answer: contract.syncState,
        status: 202,
      }),
    ),
    guard("marketing.manage", 6),
    validate("json", contract.syncRequest),
    idempotent(),
    async (c) =>
      reply(c, contract.syncState, await requestSync(c.var.ctx, c.req.valid("json").waba_id), { status: 202 }),
  )
  .post(
    "/hsm/templates/validate",
    describe(
      onPaper({
        summary: "Tell everything Meta would refuse in a template, without keeping it",
        answer: contract.verdict,
      }),
    ),
    guard("marketing.manage", 60),
    validate("json", looseDraft),
    async (c) => reply(c, contract.verdict, judgeTemplate(c.req.valid("json"))),
  )
  .post(
    "/hsm/templates/:id/submit",
    describe(
      onPaper({
        summary: "Submit a draft to Meta for review",
        answer: contract.template,
        errors: [...ofMeta, "template.duplicate"],
      }),
    ),
    guard("marketing.manage", 20),
    validate("param", contract.templateParam),
    validate("json", contract.submission),
    idempotent(),
    async (c) => {
      const submitted = await submitTemplate(c.var.ctx, c.req.valid("param").id, c.req.valid("json").waba_id);
      return reply(c, contract.template, describeTemplate(submitted));
    },
  )
  .patch(
    "/hsm/templates/:id",
    describe(
      onPaper({
        summary: "Change a draft, or a template at Meta, which reviews it anew",
        answer: contract.template,
        errors: [...ofMeta, "template.duplicate"],
      }),
    ),
    guard("marketing.manage", 20),
    validate("param", contract.templateParam),
    validate("json", draftChange),
    idempotent(),
    async (c) =>
      reply(
        c,
        contract.template,
        describeTemplate(await editTemplate(c.var.ctx, c.req.valid("param").id, c.req.valid("json"))),
      ),
  )
  .delete(
    "/hsm/templates/:id",
    describe(
      onPaper({
        summary: "Delete a draft, or a template of one language at Meta",
        answer: contract.deleted,
        errors: ofMeta,
      }),
    ),
    guard("marketing.manage", 20),
    validate("param", contract.templateParam),
    idempotent(),
    async (c) => {
      const id = c.req.valid("param").id;
      await deleteTemplate(c.var.ctx, id);
      return reply(c, contract.deleted, { id, deleted: true });
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
