// A template as a person writes it, in the components Meta would be given.

export const buttonTypes = ["QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE"] as const;

export type Draft = {
  name: string;
  category: string;
  language: string;
  body: string;
  header?: { format: string; text?: string | undefined } | undefined;
  footer?: string | undefined;
  buttons?: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** A value for each variable, in their order. */
  example: { header_text?: string[] | undefined; body_text?: string[] | undefined };
};

/** Meta's shape: examples stand in the component they belong to. */
export function componentsOf({ header, body, footer, buttons, example }: Draft): Record<string, unknown>[] {
  return [
    ...(header ? [{ type: "HEADER", ...header, ...exampled({ header_text: example.header_text }) }] : []),
    { type: "BODY", text: body, ...exampled({ body_text: example.body_text && [example.body_text] }) },
    ...(footer === undefined ? [] : [{ type: "FOOTER", text: footer }]),
    ...(buttons && buttons.length > 0 ? [{ type: "BUTTONS", buttons }] : []),
  ];
}

const exampled = (example: Record<string, unknown>) =>
  Object.values(example).some((values) => values !== undefined) ? { example } : {};
