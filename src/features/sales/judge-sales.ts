// What a request makes of the sales that are there: the rows to store, or what is wrong with which item.
import type { ErrorCode } from "../../errors.ts";
import { dayIn } from "../../lib/dates.ts";
import { compare, currencyExponent, type Decimal, parseDecimal, round, subtract, ZERO } from "../../lib/money.ts";
import { type Account, correct, giveBack, type LedgerProblem, openAccount, restOf } from "./ledger.ts";
import { findRepeated, index, isGiven, type Known, type Reference, unknown } from "./references.ts";
import type { SaleKind } from "./sales.contract.ts";

export type KnownSale = Known & {
  kind: string;
  parentId: string | null;
  leadId: string | null;
  opportunityId: string | null;
  amount: string;
  currency: string;
  status: string;
  /** What was given back of it. */
  refunded: string;
};

export type KnownRows = {
  settings: { timezone: string; currency: string | null } | undefined;
  sales: readonly KnownSale[];
  opportunities: readonly (Known & { leadId: string })[];
  leads: readonly Known[];
};

export type SentSale = {
  externalId?: string | undefined;
  /** The sale that is changed, where it is not found by its externalId. */
  present?: KnownSale | undefined;
  kind?: SaleKind | undefined;
  parent: Reference;
  lead: Reference;
  opportunity: Reference;
  sent: Readonly<Record<string, unknown>>;
  /** Without an amount it gives back all that is left. */
  takesRest?: boolean;
  /** How the request names its parent. */
  parentField?: string;
};

/** One item while it is looked at. */
type Case = {
  item: SentSale;
  index: number;
  present: KnownSale | undefined;
  /** Given back of a sale, or an adjustment of one. */
  isChild: boolean;
  kind: string;
  /** What will be stored. */
  sent: Record<string, unknown>;
};

export function judgeSales(known: KnownRows, items: readonly SentSale[]) {
  const [sales, opportunities, leads] = [index(known.sales), index(known.opportunities), index(known.leads)];
  const timezone = known.settings?.timezone ?? "UTC";
  const problems: LedgerProblem[] = findRepeated(items).map((problem) => ({ ...problem, code: "request.invalid" }));
  const accounts = new Map<string, Account>();

  const tell = ({ index }: Case, field: string, problem: string, code: ErrorCode = "request.invalid") =>
    problems.push({ index, field, problem, code });

  const accountOf = (sale: KnownSale): Account => {
    const account = accounts.get(sale.id) ?? {
      amount: parseDecimal(sale.amount),
      currency: sale.currency,
      status: sale.status,
      refunded: parseDecimal(sale.refunded),
    };
    accounts.set(sale.id, account);
    return account;
  };

  /** The account of the sale that a child belongs to: one that is there, or one of this request. */
  function findParent(one: Case): Account | undefined {
    const { item, present, isChild, kind, sent } = one;
    if (present && isGiven(item.parent) && sales.find(item.parent)?.id !== present.parentId)
      tell(one, parentField(item), "no se puede cambiar");
    if (!isChild) {
      if (!present && isNegative(kind)) tell(one, "parent_id", "falta");
      return undefined;
    }
    if (kind === "sale") tell(one, parentField(item), "una venta no devuelve otra");
    const parent = sales.find(present?.parentId ? { id: present.parentId } : item.parent);
    if (parent && parent.kind !== "sale") {
      tell(one, parentField(item), "no es una venta");
      return undefined;
    }
    const account = parent ? accountOf(parent) : accounts.get(inRequest(item.parent.externalId));
    if (!account) tell(one, parentField(item), "no existe");
    if (!present)
      Object.assign(sent, parent ? { parent_id: parent.id } : { parent_external_id: item.parent.externalId });
    return account;
  }

  /** A child has the lead and the opportunity of its sale. */
  function findPeople(one: Case): void {
    const { item, present, isChild, sent } = one;
    const opportunity = opportunities.find(item.opportunity);
    const lead = leads.find(item.lead);
    if (isGiven(item.opportunity) && !opportunity)
      problems.push({ ...unknown(one.index, "opportunity", item.opportunity), code: "request.invalid" });
    if (isGiven(item.lead) && !lead)
      problems.push({ ...unknown(one.index, "lead", item.lead), code: "request.invalid" });
    const itsLead = opportunity?.leadId ?? (present?.opportunityId ? present.leadId : undefined);
    if (isChild) return;
    if (lead && itsLead && lead.id !== itsLead) tell(one, "lead_id", "no es el lead de la oportunidad");
    if (opportunity) sent["opportunity_id"] = opportunity.id;
    if (lead) sent["lead_id"] = lead.id;
  }

  function weigh(one: Case, parent: Account | undefined) {
    const { item, present, kind, sent } = one;
    const currency = (sent["currency"] ?? parent?.currency ?? present?.currency ?? known.settings?.currency) as string;
    if (!currency) tell(one, "currency", "falta, y la empresa no tiene moneda de reporte");
    if (parent && currency !== parent.currency) tell(one, "currency", "no es la de la venta");
    const rest = item.takesRest && parent && !present ? restOf(parent) : undefined;
    if (rest === ZERO) tell(one, "amount", "ya se devolvió todo", "sale.over_refunded");
    const given = (sent["amount"] as Decimal | undefined) ?? rest;
    const amount = given ?? (present && unsigned(present));
    if (amount === undefined && !item.takesRest) tell(one, "amount", "falta");
    if (given !== undefined && given !== rest && !(kind === "adjustment" ? given !== ZERO : compare(given, ZERO) > 0))
      tell(one, "amount", kind === "adjustment" ? "no puede ser cero" : "debe ser mayor que cero");
    const isNew = given !== undefined || sent["currency"] !== undefined;
    if (amount && currency && isNew && round(amount, currencyExponent(currency)) !== amount)
      tell(one, "amount", "tiene más decimales que su moneda");
    if (given !== undefined) sent["amount"] = isNegative(kind) ? negate(given) : given;
    if (!present) Object.assign(sent, { kind, currency });
    return { amount: amount ?? ZERO, currency };
  }

  function date(one: Case): void {
    const { present, sent } = one;
    const soldAt = sent["sold_at"] as string | undefined;
    if (sent["transaction_date"] === undefined && soldAt !== undefined)
      sent["transaction_date"] = dayIn(timezone, Date.parse(soldAt));
    if (sent["transaction_date"] === undefined && !present) tell(one, "transaction_date", "falta, o sold_at");
  }

  function book(one: Case, parent: Account | undefined, { amount, currency }: { amount: Decimal; currency: string }) {
    const { item, present, kind, sent } = one;
    const status = (sent["payment_status"] ?? present?.status ?? "completed") as string;
    if (parent) {
      const before = present?.status === "completed" ? negate(parseDecimal(present.amount)) : ZERO;
      return giveBack(parent, { amount: isNegative(kind) ? amount : negate(amount), before, status });
    }
    if (kind !== "sale") return undefined;
    if (present) return correct(accountOf(present), { amount, currency, status });
    if (item.externalId !== undefined) accounts.set(inRequest(item.externalId), openAccount(amount, currency, status));
    return undefined;
  }

  function judge(one: Case): Case {
    const before = problems.length;
    const { item, kind, sent } = one;
    if (one.present && item.kind !== undefined && item.kind !== kind) tell(one, "kind", "no se puede cambiar");
    if (kind !== "sale" && sent["payment_status"] === "refunded")
      tell(one, "payment_status", "solo una venta se devuelve");
    const parent = findParent(one);
    findPeople(one);
    const money = weigh(one, parent);
    date(one);
    const objection = problems.length === before ? book(one, parent, money) : undefined;
    if (objection) tell(one, objection.field ?? parentField(item), objection.problem, objection.code);
    return one;
  }

  const cases = items.map((item, index): Case => {
    const present = item.present ?? (item.externalId === undefined ? undefined : sales.find(item));
    const isChild = present ? present.parentId !== null : isGiven(item.parent);
    return { item, index, present, isChild, kind: present?.kind ?? item.kind ?? "sale", sent: { ...item.sent } };
  });
  // Sales first: what is given back may be of a sale of the same request.
  for (const one of cases) if (!one.isChild) judge(one);
  for (const one of cases) if (one.isChild) judge(one);
  return { judged: cases, problems: problems.toSorted((a, b) => a.index - b.index) };
}

const inRequest = (externalId: string | undefined): string => `new ${externalId ?? ""}`;

const parentField = ({ parent, parentField }: SentSale): string =>
  parentField ?? (parent.externalId === undefined ? "parent_id" : "parent_external_id");

const isNegative = (kind: string): boolean => kind === "refund" || kind === "chargeback";

const negate = (amount: Decimal): Decimal => subtract(ZERO, amount);

/** As a caller sends it: what was given back is positive. */
const unsigned = ({ kind, amount }: KnownSale): Decimal =>
  isNegative(kind) ? negate(parseDecimal(amount)) : parseDecimal(amount);
