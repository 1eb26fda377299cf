// Which event Meta is sent for what happened. Pure.
export const milestones = {
  created: { name: "Lead", whatsapp: "LeadSubmitted" },
  qualified: { name: "qualified_lead", whatsapp: "QualifiedLead" },
  won: { name: "won", whatsapp: null },
  lost: { name: "lost", whatsapp: null },
  disqualified: { name: "disqualified", whatsapp: null },
  sale: { name: "Purchase", whatsapp: "Purchase" },
} as const;

export type Milestone = keyof typeof milestones;

/** All that Meta knows for messages; an event of the CRM may have any name. */
export const whatsappNames = [
  "LeadSubmitted",
  "QualifiedLead",
  "Purchase",
  "AddToCart",
  "InitiateCheckout",
  "ViewContent",
  "OrderCreated",
  "OrderShipped",
  "OrderDelivered",
  "OrderCanceled",
  "OrderReturned",
  "CartAbandoned",
  "RatingProvided",
  "ReviewProvided",
] as const;

export type EventMap = {
  events: Readonly<Record<string, { on?: boolean; name?: string; whatsapp?: string | null }>>;
  stages: Readonly<Record<string, string | null>>;
  wonStages: readonly string[];
  lostStages: readonly string[];
  qualifiedStages: readonly string[];
};

type Told = { kind: string; leadId: string | null; saleId: string | null; details: Readonly<Record<string, unknown>> };

/** `name` of the CRM's event, `whatsapp` of what came of a click to WhatsApp; null: none. */
export type NamedEvent = { eventId: string; name: string | null; whatsapp: string | null };

export function nameEvent(map: EventMap, { kind, leadId, saleId, details }: Told): NamedEvent | undefined {
  if (kind === "sale.completed") return saleId === null ? undefined : named(map, "sale", `sale:${saleId}`);
  if (leadId === null) return undefined;
  if (kind === "lead.created") return named(map, "created", `lead:${leadId}:created`);
  const stage = details["to"];
  const isStage =
    kind === "lead.status_changed" || kind === "opportunity.created" || kind === "opportunity.stage_changed";
  return isStage && typeof stage === "string" ? ofStage(map, leadId, stage) : undefined;
}

function named(map: EventMap, milestone: Milestone, eventId: string): NamedEvent | undefined {
  const { on = true, ...own } = map.events[milestone] ?? {};
  return on ? { eventId, ...milestones[milestone], ...own } : undefined;
}

// A stage is reached once, however many opportunities of the lead come to it; sales are counted one by one.
function ofStage(map: EventMap, leadId: string, stage: string): NamedEvent | undefined {
  const milestone = milestoneOf(map, stage);
  const word = wordOf(stage);
  const own = Object.hasOwn(map.stages, stage) ? map.stages[stage] : undefined;
  if (own === null || (!milestone && word === "")) return undefined;
  const eventId = `lead:${leadId}:${milestone ?? `stage:${word}`}`;
  const event = milestone && named(map, milestone, eventId);
  if (milestone && !event) return undefined;
  return { whatsapp: null, ...event, eventId, name: own ?? event?.name ?? word.slice(0, LONGEST_NAME) };
}

const LONGEST_NAME = 40;
const LITERAL = ["qualified", "won", "lost", "disqualified"] as const;

function milestoneOf(map: EventMap, stage: string): Milestone | undefined {
  if (map.wonStages.includes(stage)) return "won";
  if (map.lostStages.includes(stage)) return "lost";
  if (map.qualifiedStages.includes(stage)) return "qualified";
  return LITERAL.find((word) => word === stage.toLowerCase());
}

/** Meta asks for every stage: one that nobody named goes under its own. */
const wordOf = (stage: string) =>
  stage
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "_")
    .replace(/^_|_$/g, "");
