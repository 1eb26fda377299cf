import type { Needs } from "../../context.ts";
import { AppError, type Problem, problemsError } from "../../errors.ts";
import { keepIdentities } from "./identities.ts";
import { countryFor } from "./receive-lead.ts";
import type { LeadInput, Touchpoint } from "./leads.contract.ts";
import * as queries from "./leads.queries.ts";
import type { Address } from "./sent-fields.ts";
import { distinctTouches, findForeign, type SentTouch } from "./touches.ts";
import { findTouches, saveTouches } from "./touches.queries.ts";

type Acts = Needs<"db" | "now" | "uuid" | "audit">;

/**
 * All of them, or none: leads are known by their external_id, touches by their ids. Throws request.invalid, and
 * request.conflict where a touch is another lead's.
 */
export async function saveLeads(ctx: Acts, leads: readonly LeadInput[]) {
  refuseRepeated(leads);
  const now = new Date(ctx.now()).toISOString();
  const rows = leads.map(({ externalId, createdAt, touchpoints, sent }) => {
    const firstTouchAt = touchpoints.map(({ occurred_at }) => occurred_at).toSorted()[0];
    return { id: ctx.uuid(), external_id: externalId, created_at: createdAt ?? firstTouchAt ?? now, sent };
  });
  const touches = leads.flatMap(({ externalId, touchpoints }, index) =>
    touchpoints.map((touch, place) => ({
      index,
      field: `touchpoints.${place}.`,
      touch: { ...touch, id: ctx.uuid(), lead_id: rows[index]?.id ?? "", lead_external_id: externalId },
    })),
  );
  const [accepted, phones] = await Promise.all([acceptTouches(ctx, touches), knowPhones(ctx, rows)]);
  const { written, record } = await queries.saveLeads(ctx, rows, accepted, phones);
  return {
    written: written.map((row, index) => ({ ...row, externalId: leads[index]?.externalId ?? null })),
    record: record && { ...record, created: written[0]?.isCreated === true },
  };
}

/** Throws lead.not_found, for a neighbour's lead too. */
export async function changeLead(ctx: Needs<"db" | "now" | "audit">, address: Address, sent: Record<string, unknown>) {
  const [phone] = await knowPhones(ctx, [{ id: undefined, external_id: undefined, sent }]);
  const record = await queries.changeLead(ctx, address, sent, phone?.value);
  if (!record) throw notFound();
  return record;
}

/** Throws lead.not_found, request.invalid, request.conflict. */
export async function addTouches(ctx: Acts, address: Address, sent: readonly Touchpoint[]) {
  const leadId = await queries.findLeadId(ctx, address);
  if (leadId === undefined) throw notFound();
  const touches = sent.map((touch, index) => ({
    index,
    field: "",
    touch: { ...touch, id: ctx.uuid(), lead_id: leadId, lead_external_id: undefined },
  }));
  const distinct = await acceptTouches(ctx, touches);
  const stored = await saveTouches(
    ctx,
    touches.map(({ touch }) => touch),
    distinct,
  );
  return {
    written: stored.map(({ id, external_id, created }) => ({ id, externalId: external_id, isCreated: created })),
    record: stored[0],
  };
}

/** The phones of leads as they are known again. */
async function knowPhones(
  ctx: Needs<"db">,
  rows: readonly (Omit<queries.LeadPhone, "value"> & { sent: Record<string, unknown> })[],
): Promise<queries.LeadPhone[]> {
  const phones = rows.flatMap(({ id, external_id, sent: { phone_number: value } }) =>
    typeof value === "string" ? [{ id, external_id, value }] : [],
  );
  const country = await countryFor(
    ctx,
    phones.map(({ value }) => value),
  );
  return phones.flatMap(({ value, ...lead }) =>
    keepIdentities([{ kind: "phone", value }], { country }).map((kept) => ({ ...lead, value: kept.value })),
  );
}

const MOST_TOUCHES = 2_000;

async function acceptTouches(ctx: Needs<"db">, sent: readonly SentTouch[]) {
  const tooMany = sent[MOST_TOUCHES];
  if (tooMany)
    throw problemsError([
      { index: tooMany.index, field: "touchpoints", problem: `son más de ${MOST_TOUCHES} en el pedido` },
    ]);
  const { distinct, problems } = distinctTouches(sent);
  if (problems.length > 0) throw problemsError(problems);
  const idsOf = (name: "leadgen_id" | "external_id") => distinct.flatMap(({ touch }) => touch[name] ?? []);
  const foreign = findForeign(distinct, await findTouches(ctx, idsOf("leadgen_id"), idsOf("external_id")));
  if (foreign.length > 0) throw problemsError(foreign, "request.conflict");
  return distinct.map(({ touch }) => touch);
}

function refuseRepeated(leads: readonly LeadInput[]): void {
  const seen = new Set<string>();
  const problems = leads.flatMap(({ externalId }, index): Problem[] => {
    if (externalId === undefined) return [];
    if (seen.has(externalId)) return [{ index, field: "external_id", problem: "está repetido en el pedido" }];
    seen.add(externalId);
    return [];
  });
  if (problems.length > 0) throw problemsError(problems);
}

const notFound = () => new AppError("lead.not_found", "No encontramos ese lead.");
