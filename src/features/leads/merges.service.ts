import type { Needs } from "../../context.ts";
import { AppError } from "../../errors.ts";
import * as queries from "./merges.queries.ts";
import type { Address } from "./sent-fields.ts";

type Acts = Needs<"db" | "now" | "audit" | "uuid">;

/** Throws lead.not_found, and lead.unmergeable where they are one already or one of them is a test. */
export async function mergeLeads(ctx: Acts, lead: Address, into: Address) {
  const { outcome, merge } = await queries.insertMerge(ctx, ctx.uuid(), lead, into);
  if (outcome === "conflict")
    throw new AppError("lead.unmergeable", "No se pueden unir: ya son el mismo lead, o uno es de prueba.");
  if (!merge) throw new AppError("lead.not_found", "No encontramos ese lead.");
  return merge;
}

/** Throws lead.merge_not_found, and lead.unmergeable where it is undone already or a later merge stands on it. */
export async function undoMerge(ctx: Acts, mergeId: string) {
  const { outcome, merge } = await queries.undoMerge(ctx, mergeId);
  if (!merge) throw new AppError("lead.merge_not_found", "No encontramos esa unión.");
  if (outcome === "conflict")
    throw new AppError("lead.unmergeable", "Esta unión ya se deshizo, o hay que deshacer antes una posterior.");
  return merge;
}
