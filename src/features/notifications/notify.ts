import type { Happening } from "../../adapters/db/happenings.ts";
import type { Statement } from "../../adapters/db/scope.ts";
import type { Needs } from "../../context.ts";
import { insertDeliveries } from "./deliveries.queries.ts";

/** Whom to tell of what happened, as statements for the batch that marks it handled. Again changes nothing. */
export const notify = async (ctx: Needs<"db" | "now">, told: readonly Happening[]): Promise<Statement[]> => [
  insertDeliveries(ctx, told),
];
