// The explanation of a figure on the wire.
import { parseDecimal, toNumber } from "../../lib/money.ts";
import { describeFrame } from "../facts/frame-answer.ts";
import type { explain } from "./explain.service.ts";

const numberOf = (text: string): number => toNumber(parseDecimal(text));

/** As PostgreSQL writes an instant, to ISO 8601 in UTC. */
const instantOf = (text: string): string => new Date(text).toISOString();

export const describeExplanation = ({ frame, measure, total, lines }: Awaited<ReturnType<typeof explain>>) => ({
  measure,
  total: numberOf(total),
  currency: ["spend", "revenue", "pipeline"].includes(measure) ? frame.currency : null,
  lines: lines.map(({ weight, amount, rate, counted, frozen_at, touch, ...line }) => ({
    ...line,
    weight: numberOf(weight),
    frozen_at: frozen_at === null ? null : instantOf(frozen_at),
    touch: touch && { ...touch, occurred_at: instantOf(touch.occurred_at), recorded_at: instantOf(touch.recorded_at) },
    amount: numberOf(amount),
    rate: rate === null ? null : Number(rate),
    counted: counted === null ? null : numberOf(counted),
  })),
  ...describeFrame(frame),
});
