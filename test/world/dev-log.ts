// The worker logs one JSON object per line: good for machines, tiring for people.

type Fields = Record<string, unknown>;

const uninteresting = new Set(["at", "event", "requestId", "method", "route", "status", "ms", "outcome"]);

const parse = (message: string): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === "object" && value !== null && "event" in value ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
};

const rest = (fields: Fields) =>
  Object.entries(fields)
    .filter(([name, value]) => !uninteresting.has(name) && value !== undefined && value !== null)
    .map(([name, value]) => ` ${name}=${String(value)}`)
    .join("");

const sentence = (fields: Fields): string | undefined => {
  const { event, method, route, status, ms, outcome } = fields;
  if (event === "request")
    return method === "OPTIONS" ? undefined : `${method} ${route} ${status} ${ms} ms${rest(fields)}`;
  if (event === "job") return `job ${outcome} ${ms} ms${rest(fields)}`;
  if (event === "sync.planned" && fields["accounts"] === 0) return undefined;
  return `${event}${rest(fields)}`;
};

/** A line of the worker's log for a person to read; undefined for what only drowns the others. */
export const describeLog = (level: string, message: string): string | undefined => {
  const fields = parse(message);
  const text = fields ? sentence(fields) : message;
  if (text === undefined) return undefined;
  const time = new Date().toTimeString().slice(0, 8);
  return `${time} ${level === "error" || level === "warn" ? `${level}: ` : ""}${text}`;
};
