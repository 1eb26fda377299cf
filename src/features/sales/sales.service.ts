import type { Needs } from "../../context.ts";
import { AppError, problemsError } from "../../errors.ts";
import { dayIn } from "../../lib/dates.ts";
import type { Address } from "../leads/sent-fields.ts";
import { judgeSales, type KnownRows, type SentSale } from "./judge-sales.ts";
import { index } from "./references.ts";
import type { RefundInput, SaleChange, SaleInput } from "./sales.contract.ts";
import * as queries from "./sales.queries.ts";

type Acts = Needs<"db" | "now" | "uuid" | "audit">;

/** All of them, or none. Throws request.invalid and sale.over_refunded, naming items. */
export async function saveSales(ctx: Acts, items: readonly SaleInput[]) {
  return store(ctx, await lookUp(ctx, items), items);
}

/** Throws sale.not_found, for a neighbour's too; request.invalid, sale.over_refunded. */
export async function changeSale(ctx: Acts, address: Address, change: SaleChange) {
  const known = await queries.lookUp(ctx, {
    sales: [address],
    opportunities: [change.opportunity],
    leads: [change.lead],
  });
  const present = index(known.sales).find(address);
  if (!present) throw notFound();
  const { record } = await store(ctx, known, [{ ...change, present, parent: {} }]);
  if (!record) throw notFound();
  return record;
}

/** Gives back a part of a completed sale, or what is left of it. Throws as changeSale does. */
export async function refundSale(ctx: Acts, address: Address, { externalId, kind, sent }: RefundInput) {
  const known = await queries.lookUp(ctx, { sales: [address, { externalId }], opportunities: [], leads: [] });
  const parent = index(known.sales).find(address);
  if (!parent) throw notFound();
  const today = dayIn(known.settings?.timezone ?? "UTC", ctx.now());
  const refund: SentSale = {
    externalId,
    kind,
    parent: { id: parent.id },
    lead: {},
    opportunity: {},
    sent: { transaction_date: today, ...sent },
    takesRest: sent["amount"] === undefined,
    parentField: "id",
  };
  return store(ctx, known, [refund]);
}

const lookUp = (ctx: Needs<"db">, items: readonly SaleInput[]) =>
  queries.lookUp(ctx, {
    sales: items.flatMap(({ externalId, parent }) => [{ externalId }, parent]),
    opportunities: items.map(({ opportunity }) => opportunity),
    leads: items.map(({ lead }) => lead),
  });

async function store(ctx: Acts, known: KnownRows, items: readonly SentSale[]) {
  const { judged, problems } = judgeSales(known, items);
  if (problems.length > 0) {
    const isOver = problems.every(({ code }) => code === "sale.over_refunded");
    const told = problems.map(({ index, field, problem }) => ({ index, field, problem }));
    throw problemsError(told, isOver ? "sale.over_refunded" : "request.invalid");
  }
  const rows = judged.map(({ index, present, isChild, sent }) => ({
    id: present?.id ?? ctx.uuid(),
    external_id: present?.externalId ?? items[index]?.externalId ?? null,
    is_new: !present,
    created_at: new Date(ctx.now()).toISOString(),
    isChild,
    sent,
  }));
  return queries.saveSales(ctx, known.settings?.timezone ?? "UTC", rows);
}

const notFound = () => new AppError("sale.not_found", "No encontramos esa venta.");
