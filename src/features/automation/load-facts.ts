import type { Needs } from "../../context.ts";
import { isSuppressed } from "../messages/suppressed.queries.ts";
import { type Frame, type Known, selectFacts, type Subject } from "./facts.queries.ts";

/** One row for each subject, in any order. */
export const loadFacts = (ctx: Needs<"db" | "now">, subjects: readonly Subject[], frame: Frame): Promise<Known[]> =>
  selectFacts(ctx, subjects, frame, isSuppressed(ctx));
