// What Meta tells of templates (meta-graph-api §G.7), as far as we read it.
import * as z from "zod";
import { once } from "../../lib/once.ts";
import { isObject, objectsIn } from "./parameters.ts";

const maybe = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined);
const word = z.string().min(1).max(64);
const long = z.string().transform((text) => text.slice(0, 1000));

const named = {
  // Above 2^53 they come as text.
  message_template_id: z.union([z.string().regex(/^\d{1,32}$/), z.int().transform(String)]),
  message_template_name: maybe(z.string().max(512)),
  message_template_language: maybe(z.string().max(20)),
};

export const anyEvent = once(() => z.object(named));

export const statusEvent = once(() =>
  z.object({
    ...named,
    event: word,
    reason: maybe(long),
    other_info: maybe(z.object({ title: maybe(word) })),
    rejection_info: maybe(z.object({ reason: maybe(long), recommendation: maybe(long) })),
  }),
);

export const qualityEvent = once(() => z.object({ ...named, new_quality_score: word }));

export const categoryEvent = once(() =>
  z.object({
    ...named,
    new_category: maybe(word),
    previous_category: maybe(word),
    correct_category: maybe(word),
  }),
);

export const componentsEvent = once(() =>
  z.object({
    ...named,
    message_template_title: maybe(z.string().max(2000)),
    message_template_element: maybe(z.string().max(10_000)),
    message_template_footer: maybe(z.string().max(2000)),
    message_template_buttons: maybe(
      z.array(
        z.object({
          message_template_button_type: word,
          message_template_button_text: maybe(long),
          message_template_button_url: maybe(z.string().max(4000)),
          message_template_button_phone_number: maybe(word),
        }),
      ),
    ),
  }),
);

export type Named = z.output<ReturnType<typeof anyEvent>>;

/** Why Meta stopped it, in its words. */
export function reasonOf({ reason, rejection_info: info }: z.output<ReturnType<typeof statusEvent>>): string | null {
  const told = [info?.reason, info?.recommendation].filter(Boolean).join(" ");
  return told || (reason && reason !== "NONE" ? reason : null);
}

/** The stored components with the texts that Meta has now; the rest of them stays until the list is read. */
export function withTexts(components: unknown, told: z.output<ReturnType<typeof componentsEvent>>): unknown[] {
  const texts: Record<string, string | null | undefined> = {
    HEADER: told.message_template_title,
    BODY: told.message_template_element,
    FOOTER: told.message_template_footer,
  };
  const buttons = told.message_template_buttons?.map((button) => ({
    type: button.message_template_button_type,
    ...(button.message_template_button_text && { text: button.message_template_button_text }),
    ...(button.message_template_button_url && { url: button.message_template_button_url }),
    ...(button.message_template_button_phone_number && { phone_number: button.message_template_button_phone_number }),
  }));
  const all = Array.isArray(components) ? components : [];
  return all.map((part: unknown) => {
    const type = isObject(part) && typeof part["type"] === "string" ? part["type"].toUpperCase() : "";
    if (!isObject(part)) return part;
    if (type === "BUTTONS" && buttons) {
      const before = objectsIn(part["buttons"]);
      return { ...part, buttons: buttons.map((button, index) => ({ ...before[index], ...button })) };
    }
    return texts[type] === undefined || texts[type] === null || part["text"] === undefined
      ? part
      : { ...part, text: texts[type] };
  });
}
