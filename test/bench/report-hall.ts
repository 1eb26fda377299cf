import type { HallMeasured } from "./hall.ts";
import { brief, tableOf } from "./table.ts";

const GOALS = { startMs: 50, hallP50: 1, hallP99: 4, auditP99: 1 };

/** What the hall adds to a worker that only answers. */
const addedTo = ({ floor, hall }: HallMeasured) =>
  hall.map(({ name, p50, p99 }) => ({ name, p50: p50 - floor.p50, p99: p99 - floor.p50 }));

const addedByAudit = ({ without, with: whole }: HallMeasured["reads"][number]) => whole.p99 - without.p99;

/** The goals that were missed, in words. */
export const missedGoals = (measured: HallMeasured): string[] => {
  const hall = addedTo(measured);
  const found = {
    startMs: measured.startMs.least,
    hallP50: Math.max(...hall.map(({ p50 }) => p50)),
    hallP99: Math.max(...hall.map(({ p99 }) => p99)),
    auditP99: Math.max(...measured.reads.map(addedByAudit)),
  };
  const words = {
    startMs: "CPU of the worker's start",
    hallP50: "CPU of the hall, p50",
    hallP99: "CPU of the hall, p99",
    auditP99: "what the audit adds to a read, p99",
  };
  return Object.entries(GOALS).flatMap(([name, goal]) => {
    const ms = found[name as keyof typeof GOALS];
    return ms <= goal ? [] : [`${words[name as keyof typeof GOALS]}: ${brief(ms)} ms (goal ${goal})`];
  });
};

export const describeHall = (measured: HallMeasured): string => {
  const { startMs, floor, hall, reads } = measured;
  const missed = missedGoals(measured);
  return [
    `The worker's start: ${brief(startMs.least)} ms of CPU in workerd, all threads, at the least; median ${brief(startMs.median)}.`,
    "",
    "The hall, milliseconds of CPU in workerd, all threads; nobody behind the doors. Added: to a worker that only answers",
    tableOf(
      ["request", "p50", "p99", "added p50", "added p99"],
      [
        [floor.name, brief(floor.p50), brief(floor.p99), "", ""],
        ...addedTo(measured).map((added, at) => [
          added.name,
          brief(hall[at]?.p50 ?? NaN),
          brief(hall[at]?.p99 ?? NaN),
          brief(added.p50),
          brief(added.p99),
        ]),
      ],
    ),
    "",
    "What the audit adds to a read, milliseconds until the answer; one request after the other, in turn",
    tableOf(
      ["GET", "without p50", "with p50", "without p99", "with p99", "added p99"],
      reads.map((read) => [
        read.path.replace("/crm/marketing", ""),
        ...[read.without.p50, read.with.p50, read.without.p99, read.with.p99, addedByAudit(read)].map(brief),
      ]),
    ),
    `  Goals: ${missed.length === 0 ? "met" : `missed: ${missed.join("; ")}`}.`,
  ].join("\n");
};
