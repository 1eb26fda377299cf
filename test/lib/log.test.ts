import { expect, it } from "vitest";
import { createLog } from "../../src/lib/log.ts";

it("a line is one JSON: when, what, what is always told, and what is told now", () => {
  const lines: string[] = [];
  const log = createLog(
    (line) => lines.push(line),
    () => 0,
    { worker: "hub", outcome: "none" },
  );
  log("request", { outcome: "done", status: 200, note: undefined });
  log("tick");
  createLog(
    (line) => lines.push(line),
    () => 1,
  )("bare");
  expect(lines).toEqual([
    '{"at":"1970-01-01T00:00:00.000Z","event":"request","worker":"hub","outcome":"done","status":200}',
    '{"at":"1970-01-01T00:00:00.000Z","event":"tick","worker":"hub","outcome":"none"}',
    '{"at":"1970-01-01T00:00:00.001Z","event":"bare"}',
  ]);
});
