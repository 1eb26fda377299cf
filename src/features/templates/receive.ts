// What Meta decides about templates (meta-graph-api §G.7). It may come twice, late and in any order: of each kind the newest
// word counts.
import type * as z from "zod";
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import * as events from "./events.ts";
import { statusAfter } from "./template-status.ts";
import { findNamed, readSoon, saveCategory, saveComponents, saveQuality, saveStatus } from "./receive.queries.ts";
import type { Template } from "./templates.queries.ts";

/** What the room `webhooks` hands over. */
type WebhookChange = { field: string; assetId: string; at: string; value: unknown };

type Act = (ctx: Ctx, template: Template, value: unknown, at: Date) => Promise<void>;

const acts: Readonly<Record<string, Act>> = {
  message_template_status_update: async (ctx, template, value, at) => {
    const told = understand(events.statusEvent(), value);
    const status = statusAfter(told.event, told.other_info?.title);
    if (status === undefined) return;
    const reason = status === "APPROVED" ? null : events.reasonOf(told);
    await saveStatus(ctx, template, { metaId: told.message_template_id, status, reason, at });
  },
  message_template_quality_update: async (ctx, template, value, at) =>
    saveQuality(ctx, template, understand(events.qualityEvent(), value).new_quality_score, at),
  template_category_update: async (ctx, template, value, at) => {
    const told = understand(events.categoryEvent(), value);
    const category = told.new_category ?? template.category;
    const previousCategory =
      told.previous_category ?? (category === template.category ? template.previousCategory : template.category);
    await saveCategory(
      ctx,
      template,
      { category, previousCategory, correctCategory: told.correct_category ?? null },
      at,
    );
  },
  message_template_components_update: async (ctx, template, value, at) =>
    saveComponents(
      ctx,
      template,
      events.withTexts(template.components, understand(events.componentsEvent(), value)),
      at,
    ),
};

/** Of a template that is not known here the account's list is read soon, which tells the same and more. */
export async function receiveTemplateEvent(ctx: Ctx, { field, assetId, at, value }: WebhookChange): Promise<void> {
  const act = acts[field];
  if (!act) throw notUnderstood(field);
  const template = await findNamed(ctx, assetId, understand(events.anyEvent(), value));
  if (!template) await readSoon(ctx, assetId);
  else await act(ctx, template, value, new Date(at));
}

/** Throws request.invalid for what is of no known shape: told again, it would be the same. */
function understand<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw notUnderstood(parsed.error.issues[0]?.path.join(".").slice(0, 100));
}

const notUnderstood = (note: string | undefined) =>
  new AppError("request.invalid", "Meta mandó algo que no conocemos.", { note });
