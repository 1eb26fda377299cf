// One template in the two shapes its readers know: rows 6b and 6c of the contract.
import type * as z from "zod";
import { costWarningOf } from "./category.ts";
import { DRAFT, foldStatus, isOurWord, SUBMITTING } from "./template-status.ts";
import { escapeHtml, variablesOf } from "./template-text.ts";
import type { panelTemplate, template } from "./templates.contract.ts";
import type { Template } from "./templates.queries.ts";

type Component = { type: string; [key: string]: unknown };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const componentsOf = ({ components }: Template): Component[] =>
  Array.isArray(components)
    ? components.filter((part): part is Component => isObject(part) && typeof part["type"] === "string")
    : [];

const find = (components: readonly Component[], type: string): Component | null =>
  components.find((component) => component.type.toUpperCase() === type) ?? null;

export function describeTemplate(row: Template): z.input<ReturnType<typeof template>> {
  const components = componentsOf(row);
  const buttons = find(components, "BUTTONS")?.["buttons"];
  return {
    id: row.id,
    name: row.name,
    category: row.category,
    language: row.language,
    status: foldStatus(row.status),
    meta_status: isOurWord(row.status) ? null : row.status,
    submission: row.status === DRAFT ? "draft" : row.status === SUBMITTING ? "checking" : "submitted",
    rejected_reason: row.rejectedReason,
    quality_score: row.qualityScore,
    previous_category: row.previousCategory,
    correct_category: row.correctCategory,
    cost_warning: costWarningOf(row),
    meta_template_id: row.metaTemplateId,
    waba_id: row.wabaId || null,
    components,
    components_map: {
      header: find(components, "HEADER"),
      body: find(components, "BODY"),
      footer: find(components, "FOOTER"),
      buttons: Array.isArray(buttons) ? buttons.filter(isObject) : [],
    },
    example: row.example ?? exampleIn(components),
    ...countsOf(row),
    last_synced_at: row.lastSyncedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

function exampleIn(components: readonly Component[]): Record<string, unknown> | null {
  const examples = components.map((component) => component["example"]).filter(isObject);
  return examples.length > 0 ? Object.assign({}, ...examples) : null;
}

export function describeForPanel(row: Template): z.input<ReturnType<typeof panelTemplate>> {
  const text = find(componentsOf(row), "BODY")?.["text"];
  const body = typeof text === "string" ? text : "";
  const status = foldStatus(row.status);
  return {
    id: row.id,
    name: row.name,
    category: row.category,
    language: row.language,
    status: status === "PENDING" ? "PENDING_APPROVAL" : status,
    body_text: escapeHtml(body),
    variables_count: variablesOf(body).length,
    meta_template_id: row.metaTemplateId,
    ...countsOf(row),
    created_at: row.createdAt.toISOString(),
  };
}

const countsOf = ({ sentCount, deliveredCount, readCount, repliedCount }: Template) => ({
  sent_count: sentCount,
  delivered_count: deliveredCount,
  read_count: readCount,
  replied_count: repliedCount,
});
