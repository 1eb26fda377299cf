// The faults that every door knows, by the name they have in a cell's id.
import type { FaultKind } from "../world/faults.ts";

/** What takes the answer away or spoils it, whether the work was done or not. */
export const spoilt = (hangsMs: number): Record<string, FaultKind> => ({
  timeout: { kind: "latency", ms: hangsMs },
  drip: { kind: "drip", bytes: 4, everyMs: hangsMs / 4 },
  status: { kind: "status", status: 500, body: "Server error (HTTP status 500)" },
  unavailable: { kind: "status", status: 503, body: "" },
  html: { kind: "html" },
  truncate: { kind: "truncate", bytes: 10 },
  headers: { kind: "headers", headers: { "content-encoding": "gzip" } },
  reset_before: { kind: "reset-before" },
  reset_after_execute: { kind: "reset-after-execute" },
});

const refusal = (code: string): FaultKind => ({
  kind: "status",
  status: 400,
  body: JSON.stringify({ message: "injected", code }),
});

/** What Postgres says when it is Postgres that cannot: the same may go well a moment later. */
export const passing: Record<string, FaultKind> = {
  "40001": refusal("40001"),
  "40P01": refusal("40P01"),
  "57P01": refusal("57P01"),
  "53300": refusal("53300"),
  "28P01": refusal("28P01"),
};

/** What Postgres says of what was asked; the status it becomes. */
export const lasting: Record<string, readonly [fault: FaultKind, status: number]> = {
  "23505": [refusal("23505"), 409],
  "23514": [refusal("23514"), 422],
  "22003": [refusal("22003"), 422],
  "42501": [refusal("42501"), 403],
};
