// WhatsApp templates (meta-graph-api §I.2). Nothing is tried twice here: a creation has no key by which Meta would know it again.
import * as z from "zod";
import { once } from "../../lib/once.ts";
import type { Graph } from "./graph.ts";
import { metaId, requireId } from "./shapes.ts";

const FIELDS =
  "id,name,language,status,category,previous_category,correct_category,parameter_format,components,quality_score,rejected_reason";

const word = z
  .string()
  .max(1000)
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);
const said = z.string().min(1).max(512);

const row = once(() =>
  z
    .object({
      id: metaId,
      name: said,
      language: said,
      status: said,
      category: said,
      previous_category: word,
      correct_category: word,
      parameter_format: word,
      rejected_reason: word,
      quality_score: z.union([z.object({ score: word }).transform(({ score }) => score), word]),
      components: z.array(z.unknown()).catch([]),
    })
    .transform(({ rejected_reason: reason, ...rest }) => ({
      ...rest,
      rejected_reason: reason === "NONE" ? null : reason,
    })),
);

export type MetaTemplate = z.output<ReturnType<typeof row>>;

/** All of an account, or an error. Words and components that are not known are told as they come. */
export const listTemplates = (graph: Graph, token: string, wabaId: string): Promise<MetaTemplate[]> =>
  graph.list({
    path: `${requireId(wabaId)}/message_templates`,
    params: { fields: FIELDS, limit: 100 },
    auth: { token },
    schema: row(),
  });

const created = once(() =>
  z.object({ id: metaId, status: said.catch("PENDING"), category: said.optional().catch(undefined) }),
);

/** meta.transient and meta.protocol leave open whether it was made. */
export const createTemplate = (
  graph: Graph,
  token: string,
  wabaId: string,
  input: { name: string; language: string; category: string; components: object },
) =>
  graph.call({
    method: "POST",
    path: `${requireId(wabaId)}/message_templates`,
    params: { ...input, parameter_format: "POSITIONAL", allow_category_change: true },
    auth: { token },
    schema: created(),
  });

const done = once(() => z.object({ success: z.literal(true) }));

export const editTemplate = (
  graph: Graph,
  token: string,
  templateId: string,
  input: { category?: string | undefined; components: object },
) => graph.call({ method: "POST", path: requireId(templateId), params: input, auth: { token }, schema: done() });

/** This one only: a name alone would take every language along. */
export const deleteTemplate = (
  graph: Graph,
  token: string,
  wabaId: string,
  { id, name }: { id: string; name: string },
) =>
  graph.call({
    method: "DELETE",
    path: `${requireId(wabaId)}/message_templates`,
    params: { hsm_id: requireId(id), name },
    auth: { token },
    schema: done(),
  });
