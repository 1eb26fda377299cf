export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export type Log = (event: string, fields?: LogFields) => void;

/** One JSON line per event. Fields are flat and chosen by the caller: no objects, so nothing is logged by accident. */
export function createLog(write: (line: string) => void, now: () => number, base: LogFields = {}): Log {
  return (event, fields = {}) =>
    write(JSON.stringify({ at: new Date(now()).toISOString(), event, ...base, ...fields }));
}
