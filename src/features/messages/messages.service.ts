import type { Ctx, Needs } from "../../context.ts";
import { AppError, fieldError } from "../../errors.ts";
import { digest } from "../../lib/digest.ts";
import { toE164 } from "../../lib/phone.ts";
import { countryFor, findLeadByIdentity } from "../leads/receive-lead.ts";
import { parametersOf } from "../templates/parameters.ts";
import { type ParameterValues, renderComponents } from "../templates/render.ts";
import { isSendable } from "../templates/template-status.ts";
import { isTemplateId } from "../templates/templates.contract.ts";
import { findTemplate, type Template } from "../templates/templates.queries.ts";
import type { ProviderChoice, SendRequest, SuppressionRequest } from "./messages.contract.ts";
import * as queries from "./messages.queries.ts";
import { findMessage, type Message } from "./outbox.queries.ts";
import { sealKey } from "./provider-key.ts";
import { findProvider, saveProvider } from "./providers.queries.ts";
import { changeSuppression } from "./suppressions.queries.ts";

/**
 * Plans a message by hand. All that is wrong is said before anything is planned: template.not_found, template.not_sendable,
 * request.invalid. The same request with the same `key` is the same message.
 */
export async function sendTemplate(
  ctx: Ctx,
  templateId: string,
  sent: SendRequest,
  key: string | undefined,
): Promise<Message> {
  const template = isTemplateId(templateId) ? await findTemplate(ctx, templateId) : undefined;
  if (!template) throw new AppError("template.not_found", "No encontramos esa plantilla.");
  if (!isSendable(template))
    throw new AppError("template.not_sendable", "Meta no tiene aprobada esa plantilla: todavía no se puede enviar.");
  const components = fill(template, sent);
  const phone = await readPhone(ctx, sent.phone_number);
  const leadId = await findLeadByIdentity(ctx, { kind: "phone", value: phone });
  const id = ctx.uuid();
  const said = JSON.stringify([ctx.audit.actor, key, template.id, sent]);
  const planned = await queries.planMessage(ctx, {
    id,
    occurrenceKey: `manual:${key === undefined ? id : await digest(said)}`,
    dueAt: new Date(ctx.now()),
    leadId,
    template: { id: template.id, name: template.name, language: template.language, category: template.category },
    components,
    recipient: { phone },
    phoneNumberId: sent.phone_number_id,
  });
  if (!planned) throw new RangeError("A planned message is nowhere.");
  // Without it, cron finds the message within a minute.
  await ctx
    .enqueue([{ message: { v: 1, kind: "message.send", tenantId: ctx.tenantId } }])
    .catch(() => ctx.log("message.not_woken", { tenantId: ctx.tenantId, messageId: planned.id }));
  return planned;
}

function fill(template: Template, { variables, values = {} }: SendRequest) {
  const { components, parameterFormat } = template;
  const parts = { components, parameterFormat };
  const { parameters } = parametersOf(parts.components, parts.parameterFormat);
  const ofBody = parameters.filter(({ part, card }) => part === "body" && card === undefined);
  const given = ofBody.filter(({ key }) => Object.hasOwn(values, key));
  if (variables.length !== ofBody.length - given.length)
    throw fieldError(
      "variables",
      `el texto lleva ${ofBody.length} valores, y vinieron ${variables.length + given.length}`,
    );
  const open = ofBody.filter(({ key }) => !Object.hasOwn(values, key));
  const all = {
    ...values,
    ...Object.fromEntries(open.map(({ key }, index) => [key, variables[index]])),
  } as ParameterValues;
  const rendered = renderComponents(parts, all);
  if ("components" in rendered) return rendered.components;
  const fields = rendered.problems.map(({ key, message }) => ({ field: key, problem: message }));
  throw new AppError(
    "request.invalid",
    `Datos inválidos: ${fields.map(({ field, problem }) => `${field}: ${problem}`).join("; ")}`,
    {
      details: { fields },
    },
  );
}

async function readPhone(ctx: Needs<"db">, text: string): Promise<string> {
  // The chat panel writes digits with their country and no plus, as WhatsApp does.
  const phone =
    toE164(text, await countryFor(ctx, [text])) ?? (/^\d{8,15}$/.test(text) ? toE164(`+${text}`) : undefined);
  if (phone === undefined) throw fieldError("phone_number", "no es un teléfono; escribilo con el código de país");
  return phone;
}

/** Throws message.not_found, message.not_unknown. */
export async function resolveMessage(ctx: Ctx, id: string, outcome: "sent" | "not_sent"): Promise<Message> {
  const message = await findMessage(ctx, id);
  if (!message) throw new AppError("message.not_found", "No encontramos ese mensaje.");
  if (!(await queries.resolveUnknown(ctx, message, outcome === "sent")))
    throw new AppError("message.not_unknown", "De ese mensaje ya se sabe qué pasó.");
  return (await findMessage(ctx, id)) ?? message;
}

export async function saySuppression(
  ctx: Ctx,
  { phone_number, bsuid, purpose }: SuppressionRequest,
  isActive: boolean,
) {
  const phone = phone_number === undefined ? undefined : await readPhone(ctx, phone_number);
  await changeSuppression(ctx, { phones: [phone], bsuids: [bsuid] }, { purpose, isActive });
  return { kind: phone === undefined ? "bsuid" : "phone", value: phone ?? bsuid ?? "", purpose, is_active: isActive };
}

/** Throws request.invalid for YCloud without a key, and for a number that is not the tenant's. */
export async function chooseProvider(ctx: Ctx, choice: ProviderChoice) {
  const { provider, sender, api_key: key, phone_number_id: phoneNumberId } = choice;
  const { chosen, numbers } = await findProvider(ctx);
  if (provider === "ycloud" && key === undefined && !chosen?.keySealed)
    throw fieldError("api_key", "falta la clave de YCloud");
  if (phoneNumberId !== undefined && !numbers.includes(phoneNumberId))
    throw fieldError("phone_number_id", "no es un número de WhatsApp conectado");
  const keySealed = key === undefined ? null : await sealKey(ctx, key);
  await saveProvider(ctx, { provider, sender: sender ?? null, keySealed, phoneNumberId: phoneNumberId ?? null });
  return getProvider(ctx);
}

export async function getProvider(ctx: Needs<"db">) {
  const { chosen } = await findProvider(ctx);
  return {
    provider: chosen?.provider ?? ("cloud" as const),
    sender: chosen?.sender ?? null,
    has_key: Boolean(chosen?.keySealed),
    phone_number_id: chosen?.phoneNumberId ?? null,
  };
}

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

export const describeMessage = (row: Message) => ({
  id: row.id,
  state: row.state,
  lead_id: row.leadId,
  rule_id: row.ruleId,
  template_name: row.templateName,
  template_language: row.templateLanguage,
  recipient_phone: row.recipientPhone,
  attempts: row.attempts,
  reason: row.reason,
  error_code: row.errorCode,
  error_details: row.errorText,
  provider: row.provider,
  provider_message_id: row.providerMessageId,
  cost: row.cost,
  cost_currency: row.costCurrency,
  due_at: row.dueAt.toISOString(),
  sent_at: iso(row.acceptedAt),
  delivered_at: iso(row.deliveredAt),
  read_at: iso(row.readAt),
  created_at: row.createdAt.toISOString(),
});
