import type { MessageOf, Needs } from "../../context.ts";
import { writeLate } from "./audit.queries.ts";

/** Rows that are there already are not written twice. */
export const runLateAudit = (ctx: Needs<"db">, { entries }: MessageOf<"audit.write">): Promise<void> =>
  writeLate(ctx, entries);
