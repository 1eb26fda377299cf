import type { LogFields } from "./log.ts";

/** As Cloudflare's Analytics Engine takes it: columns by place. */
export type DataPoint = { indexes: [string]; blobs: string[]; doubles: number[] };

const text = (value: LogFields[string]) => (value === undefined || value === null ? "" : String(value));
const figure = (value: LogFields[string]) => (typeof value === "number" ? value : 0);

/**
 * The wide events as data points; undefined for any other. index1: what ran (`GET /crm/leads`, a job's kind, `cron`).
 * blob1 event, blob2 what ran, blob3 outcome, blob4 tenant, blob5 limiter. double1 ms, double2 status, double3 attempts,
 * double4 sync lag in seconds, double5 dead messages of a day.
 */
export function toDataPoint(event: string, fields: LogFields): DataPoint | undefined {
  if (event !== "request" && event !== "job" && event !== "cron") return undefined;
  const name =
    event === "request" ? `${text(fields["method"])} ${text(fields["route"])}` : text(fields["kind"]) || event;
  return {
    indexes: [name.slice(0, 96)],
    blobs: [event, name, text(fields["outcome"]), text(fields["tenantId"]), text(fields["limiter"])],
    doubles: ["ms", "status", "attempts", "syncSeconds", "dead"].map((key) => figure(fields[key])),
  };
}
