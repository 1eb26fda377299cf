import type { Needs } from "../../context.ts";
import { AppError, type Problem, problemsError } from "../../errors.ts";
import type { Address } from "../leads/sent-fields.ts";
import type { OpportunityChange, OpportunityInput } from "./opportunities.contract.ts";
import * as queries from "./opportunities.queries.ts";
import { findRepeated, index, isGiven, unknown } from "./references.ts";
import type { RowToStore } from "./rows.queries.ts";

type Acts = Needs<"db" | "now" | "uuid" | "audit">;

const NEEDED = ["name", "value", "stage"] as const;

/** All of them, or none. Throws request.invalid, naming items; a neighbour's lead is as one that does not exist. */
export async function saveOpportunities(ctx: Acts, items: readonly OpportunityInput[]) {
  const references = items.map(({ externalId }) => ({ externalId }));
  const { settings, known, people } = await queries.lookUp(
    ctx,
    references,
    items.map(({ lead }) => lead),
  );
  const [opportunities, leads] = [index(known), index(people)];
  const problems: Problem[] = findRepeated(items);
  const now = new Date(ctx.now()).toISOString();
  const rows = items.map(({ externalId, createdAt, lead, sent }, place): RowToStore => {
    const present = externalId === undefined ? undefined : opportunities.find({ externalId });
    const found = leads.find(lead);
    const tell = (field: string, problem: string) => problems.push({ index: place, field, problem });
    if (isGiven(lead) && !found) problems.push(unknown(place, "lead", lead));
    if (!present) {
      if (!isGiven(lead)) tell("lead_id", "falta");
      for (const field of NEEDED) if (sent[field] === undefined) tell(field, "falta");
      if (sent["currency"] === undefined && !settings?.currency)
        tell("currency", "falta, y la empresa no tiene moneda de reporte");
    }
    return {
      id: present?.id ?? ctx.uuid(),
      external_id: externalId ?? null,
      is_new: !present,
      created_at: createdAt ?? now,
      sent: found ? { ...sent, lead_id: found.id } : sent,
    };
  });
  if (problems.length > 0) throw problemsError(problems.toSorted((a, b) => a.index - b.index));
  return queries.saveOpportunities(ctx, rulesOf(settings), rows);
}

/** Throws opportunity.not_found, for a neighbour's too; request.invalid. */
export async function changeOpportunity(
  ctx: Needs<"db" | "now" | "audit">,
  address: Address,
  { lead, sent }: OpportunityChange,
) {
  const { settings, known, people } = await queries.lookUp(ctx, [address], [lead]);
  const present = index(known).find(address);
  if (!present) throw notFound();
  const found = index(people).find(lead);
  if (isGiven(lead) && !found) throw problemsError([unknown(0, "lead", lead)]);
  const row: RowToStore = {
    id: present.id,
    external_id: present.externalId,
    is_new: false,
    created_at: new Date(ctx.now()).toISOString(),
    sent: found ? { ...sent, lead_id: found.id } : sent,
  };
  const { record } = await queries.saveOpportunities(ctx, rulesOf(settings), [row]);
  if (!record) throw notFound();
  return record;
}

const rulesOf = (settings: { currency: string | null; closedStages: string[] } | undefined) =>
  settings ?? { currency: null, closedStages: [] };

const notFound = () => new AppError("opportunity.not_found", "No encontramos esa oportunidad.");
