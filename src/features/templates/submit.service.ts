// Templates on their way to Meta. A creation is never repeated on its own: what is not known, the next reading of Meta's list
// finds out by name and language (templates.jobs.ts).
import type { Ctx } from "../../context.ts";
import { AppError, fieldError, isAppError } from "../../errors.ts";
import { withToken } from "../connection/connection.service.ts";
import { componentsOf, type Draft } from "./draft.ts";
import { isAmbiguous, refusalOf, refused, type TemplateProblem } from "./refusals.ts";
import * as queries from "./submit.queries.ts";
import { type DraftFields, everyProblemOf, fieldsOf, judgeFields, problemsOf } from "./submission.ts";
import { listWabas } from "./syncs.queries.ts";
import { DRAFT, SUBMITTING } from "./template-status.ts";
import { isTemplateId } from "./templates.contract.ts";
import { findTemplate, type Template } from "./templates.queries.ts";

/** Everything Meta would refuse, at once; nothing is kept and Meta is not asked. */
export function judgeTemplate(fields: DraftFields): { valid: boolean; problems: TemplateProblem[] } {
  const problems = everyProblemOf(fields);
  return { valid: problems.length === 0, problems };
}

/** Hands a draft to Meta. Throws template.refused with the fields that Meta (or we, before) would not take. */
export async function submitTemplate(ctx: Ctx, id: string, wanted: string | undefined): Promise<Template> {
  const stored = await open(ctx, id);
  if (stored.status !== DRAFT) throw notNow("Esta plantilla ya se envió a Meta.");
  const draft = draftOf(fieldsOf(stored));
  const wabaId = await chooseWaba(ctx, wanted);
  return withToken(ctx, "templates", async ({ token }) => {
    const begun = await begin(ctx, id, draft, wabaId);
    const { name, language, category } = draft;
    const components = componentsOf(draft);
    const asked = ctx.meta.createTemplate(token, wabaId, { name, language, category, components });
    const made = await asked.catch(async (thrown: unknown) => {
      if (isAmbiguous(thrown)) return undefined;
      const refusal = refusalOf(thrown);
      await queries.undoSubmission(ctx, id, refusal?.problem.problem ?? null);
      throw refusal?.error ?? thrown;
    });
    // What fails from here on, the next reading of Meta's list makes good.
    return made ? ((await queries.endSubmission(ctx, begun, made)) ?? open(ctx, id)) : begun;
  });
}

async function begin(ctx: Ctx, id: string, draft: Draft, wabaId: string): Promise<Template> {
  const taken = new AppError("template.duplicate", "En esa cuenta ya hay una plantilla con ese nombre en ese idioma.");
  if (await queries.findTwin(ctx, draft, wabaId)) throw taken;
  const begun = await queries.beginSubmission(ctx, id, wabaId).catch((thrown: unknown) => {
    throw isAppError(thrown, "database.conflict") ? taken : thrown;
  });
  if (!begun) throw notNow("Esta plantilla ya se está enviando a Meta.");
  return begun;
}

/** Changes a draft, or a template at Meta, which Meta then looks at anew. Name and language of the latter stay. */
export async function editTemplate(ctx: Ctx, id: string, change: DraftFields): Promise<Template> {
  const stored = await open(ctx, id);
  if (stored.status === SUBMITTING) throw notNow("Todavía no sabemos si Meta recibió esta plantilla.");
  const fields = fieldsOf(stored);
  if (!fields) throw notNow("Esta plantilla tiene partes que solo se cambian en el administrador de WhatsApp.");
  const judged = judgeFields({ ...fields, ...renewed(fields, change) });
  if ("problems" in judged) throw refused(judged.problems);
  const { draft } = judged;
  if (stored.status === DRAFT) return (await saveDraft(ctx, id, draft)) ?? fail();
  const { metaTemplateId, status } = stored;
  if (!metaTemplateId || !["APPROVED", "REJECTED", "PAUSED"].includes(status))
    throw notNow("Meta solo deja cambiar una plantilla aprobada, rechazada o en pausa.");
  const problems = problemsOf(draft);
  if (draft.name !== stored.name || draft.language !== stored.language)
    problems.push({ field: draft.name === stored.name ? "language" : "name", problem: "Meta no deja cambiarlo" });
  if (status === "APPROVED" && draft.category !== stored.category)
    problems.push({ field: "category", problem: "Meta no deja cambiarla en una plantilla aprobada" });
  if (problems.length > 0) throw refused(problems);
  const category = draft.category === stored.category ? undefined : draft.category;
  await atMeta(ctx, stored, (token) =>
    ctx.meta.editTemplate(token, metaTemplateId, { category, components: componentsOf(draft) }),
  );
  return (await queries.saveEdit(ctx, stored, draft)) ?? fail();
}

/** Examples that no longer fit what they are of are left out, unless new ones are given. */
function renewed(fields: DraftFields, change: DraftFields): DraftFields {
  const isOther = (key: string) => change[key] !== undefined && change[key] !== fields[key];
  if (change["example"] !== undefined || !(isOther("body_text") || isOther("header"))) return change;
  const { header_text, body_text } = (fields["example"] ?? {}) as Record<string, unknown>;
  return {
    ...change,
    example: {
      header_text: isOther("header") ? undefined : header_text,
      body_text: isOther("body_text") ? undefined : body_text,
    },
  };
}

async function saveDraft(ctx: Ctx, id: string, draft: Draft) {
  try {
    return await queries.saveDraft(ctx, id, draft);
  } catch (thrown) {
    if (!isAppError(thrown, "database.conflict")) throw thrown;
    throw new AppError("template.duplicate", "Ya hay una plantilla con ese nombre en ese idioma.");
  }
}

/** Removes a draft, or the template of this language at Meta: there the name is not free for thirty days. */
export async function deleteTemplate(ctx: Ctx, id: string): Promise<void> {
  const stored = await open(ctx, id);
  const { status, metaTemplateId, wabaId, name } = stored;
  if (status === SUBMITTING) throw notNow("Todavía no sabemos si Meta recibió esta plantilla.");
  if (status === "DELETED") return;
  if (metaTemplateId === null) return removeDraft(ctx, id);
  await atMeta(ctx, stored, async (token) => {
    try {
      await ctx.meta.deleteTemplate(token, wabaId, { id: metaTemplateId, name });
    } catch (thrown) {
      if (!isAppError(thrown, "meta.not_found")) throw thrown;
    }
  });
  await queries.saveDeletion(ctx, id);
}

async function removeDraft(ctx: Ctx, id: string): Promise<void> {
  const isGone = await queries.removeDraft(ctx, id).catch((thrown: unknown) => {
    throw isAppError(thrown, "database.conflict") ? notNow("Una automatización usa esta plantilla.") : thrown;
  });
  if (!isGone) throw notNow("Esta plantilla ya se envió a Meta.");
}

/** Doing it twice changes nothing at Meta, so whoever asked may ask again; what became of it is read soon. */
async function atMeta(ctx: Ctx, { wabaId }: Template, act: (token: string) => Promise<unknown>): Promise<void> {
  try {
    await withToken(ctx, "templates", ({ token }) => act(token));
  } catch (thrown) {
    if (isAmbiguous(thrown)) await queries.askSoon(ctx, wabaId);
    throw refusalOf(thrown)?.error ?? thrown;
  }
}

async function open(ctx: Ctx, id: string): Promise<Template> {
  const found = isTemplateId(id) ? await findTemplate(ctx, id) : undefined;
  if (!found) throw new AppError("template.not_found", "No encontramos esa plantilla.");
  return found;
}

function draftOf(fields: DraftFields | undefined): Draft {
  const judged = fields && judgeFields(fields);
  if (!judged) throw notNow("Esta plantilla tiene partes que no se envían desde acá.");
  const problems = "problems" in judged ? judged.problems : problemsOf(judged.draft);
  if ("problems" in judged || problems.length > 0) throw refused(problems);
  return judged.draft;
}

async function chooseWaba(ctx: Ctx, wanted: string | undefined): Promise<string> {
  const wabas = await listWabas(ctx);
  const chosen = wanted === undefined && wabas.length === 1 ? wabas[0] : wabas.find((id) => id === wanted);
  if (chosen) return chosen;
  const problem =
    wabas.length === 0
      ? "todavía no hay una cuenta de WhatsApp conectada"
      : wanted === undefined
        ? "hay varias cuentas de WhatsApp: elegí una"
        : "esa cuenta de WhatsApp no está conectada";
  throw fieldError("waba_id", problem);
}

const notNow = (message: string) => new AppError("template.not_submittable", message);

const fail = (): never => {
  throw notNow("La plantilla cambió mientras tanto.");
};
