import type { Ctx, Needs } from "../../context.ts";
import { AppError, fieldError } from "../../errors.ts";
import { differenceOf } from "../../lib/difference.ts";
import { encodeCursor } from "../../lib/page.ts";
import { withToken } from "../connection/connection.service.ts";
import { findLeadId } from "../leads/leads.queries.ts";
import { eventsCursor, type EventsQuery, type SettingsInput } from "./conversions.contract.ts";
import { type Milestone, milestones, nameEvent } from "./event-map.ts";
import { hashPerson } from "./hashing.ts";
import { SOURCE } from "./judge-event.ts";
import { findRules, insertOutcomes, listEvents } from "./outbox.queries.ts";
import * as queries from "./settings.queries.ts";

const unset: Omit<queries.ConversionSettings, "tenantId" | "updatedAt"> = {
  isEnabled: false,
  datasetId: null,
  wabaId: null,
  ctwaDatasetId: null,
  requiresConsent: true,
  events: {},
  stages: {},
  testEventCode: null,
  dataProcessingOptions: null,
  problem: null,
};

type Told = Parameters<typeof nameEvent>[1] & { occurredAt: Date };

/** What Meta is to hear of what happened, as statements for the batch that marks it handled. Again changes nothing. */
export async function recordOutcomes(ctx: Needs<"db" | "now">, happenings: readonly Told[]) {
  const rules = await findRules(ctx);
  if (!rules?.isEnabled) return [];
  const candidates = happenings.flatMap((told) => {
    const event = nameEvent(rules, told);
    return event
      ? {
          ...event,
          leadId: told.leadId,
          saleId: event.eventId.startsWith("sale:") ? told.saleId : null,
          occurredAt: told.occurredAt,
        }
      : [];
  });
  return candidates.length > 0 ? [insertOutcomes(ctx, candidates, rules.hasCtwa)] : [];
}

export async function getConversionSettings(ctx: Needs<"db">) {
  const { isEnabled, requiresConsent, events, ...own } = (await queries.findConversionSettings(ctx)) ?? unset;
  const names = Object.keys(milestones) as Milestone[];
  return {
    enabled: isEnabled,
    dataset_id: own.datasetId,
    waba_id: own.wabaId,
    ctwa_dataset_id: own.ctwaDatasetId,
    require_consent: requiresConsent,
    events: Object.fromEntries(
      names.map((name) => [name, { on: true, ...milestones[name], ...events[name] }]),
    ) as Record<Milestone, { on: boolean; name: string; whatsapp: string | null }>,
    stages: own.stages,
    test_event_code: own.testEventCode,
    data_processing_options: own.dataProcessingOptions,
    problem: own.problem,
  };
}

/** The dataset of a WhatsApp account is Meta's to give. Throws request.invalid for an account that is not the tenant's. */
export async function replaceConversionSettings(ctx: Ctx, input: SettingsInput): Promise<void> {
  const before = (await queries.findConversionSettings(ctx)) ?? unset;
  const settings = {
    isEnabled: input.enabled,
    datasetId: input.dataset_id,
    wabaId: input.waba_id,
    ctwaDatasetId: await datasetOf(ctx, input.waba_id, before),
    requiresConsent: input.require_consent,
    events: input.events as queries.ConversionSettings["events"],
    stages: input.stages,
    testEventCode: input.test_event_code,
    dataProcessingOptions: input.data_processing_options,
    problem: null,
  };
  await queries.saveConversionSettings(ctx, settings, differenceOf(before, settings));
}

async function datasetOf(
  ctx: Ctx,
  wabaId: string | null,
  before: Pick<queries.ConversionSettings, "wabaId" | "ctwaDatasetId">,
): Promise<string | null> {
  if (wabaId === null) return null;
  if (!(await queries.isOwnWaba(ctx, wabaId))) throw fieldError("waba_id", "no es una cuenta de WhatsApp tuya");
  if (wabaId === before.wabaId && before.ctwaDatasetId) return before.ctwaDatasetId;
  return withToken(ctx, "conversions", ({ token }) => ctx.meta.makeDataset(token, wabaId));
}

/** Throws lead.not_found, for a neighbour's too. */
export async function noteConsent(
  ctx: Needs<"db" | "now" | "audit">,
  address: Parameters<typeof findLeadId>[1],
  { purpose, granted, source, at }: { purpose: string; granted: boolean; source: string; at?: string | undefined },
) {
  const leadId = await findLeadId(ctx, address);
  if (leadId === undefined) throw new AppError("lead.not_found", "No encontramos ese lead.");
  const said = { leadId, purpose, isGranted: granted, source, at: new Date(at ?? ctx.now()) };
  const latest = (await queries.saveConsent(ctx, said)) ?? said;
  return {
    lead_id: leadId,
    purpose,
    granted: latest.isGranted,
    source: latest.source,
    at: latest.at.toISOString(),
  };
}

export async function getEventPage(ctx: Needs<"db">, query: EventsQuery) {
  const { rows, total } = await listEvents(ctx, query);
  const events = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? events.at(-1) : undefined;
  return { events, total, nextCursor: last ? encodeCursor(eventsCursor.list, [last.exactly, last.event_id]) : null };
}

/** Sends Meta an event about nobody, for its page of test events. Throws request.invalid without a code or a dataset. */
export async function sendTestEvent(ctx: Ctx, { test_event_code }: { test_event_code?: string | undefined }) {
  const { datasetId, testEventCode: own } = (await queries.findConversionSettings(ctx)) ?? unset;
  const testEventCode = test_event_code ?? own;
  if (datasetId === null || testEventCode === null)
    throw fieldError(datasetId === null ? "dataset_id" : "test_event_code", "falta");
  const eventId = `test:${ctx.uuid()}`;
  const event = {
    event_name: milestones.created.name,
    event_time: Math.floor(ctx.now() / 1000),
    event_id: eventId,
    action_source: "system_generated",
    user_data: await hashPerson({ em: "test@example.com" }),
    custom_data: { event_source: "crm", lead_event_source: SOURCE },
  };
  const { eventsReceived, fbtraceId } = await withToken(ctx, "conversions", ({ token }) =>
    ctx.meta.sendEvents(token, datasetId, { events: [event], testEventCode }),
  );
  return { event_id: eventId, dataset_id: datasetId, events_received: eventsReceived, fbtrace_id: fbtraceId };
}
