import { invalidParameter } from "./envelope.ts";

/** Ways the network and Meta go wrong, switched on by test code or by the `x-sim-fault` request header. */
export type Fault =
  | {
      kind: "graph-error";
      code: number;
      subcode?: number;
      status?: number;
      message?: string;
      /** Sent in x-business-use-case-usage, as a throttle does (§F.1). */
      minutesToWait?: number;
      isTransient?: boolean;
    }
  | { kind: "latency"; ms: number }
  /** No answer until the caller gives up. */
  | { kind: "timeout" }
  /** HTTP 200 whose JSON ends in the middle. */
  | { kind: "truncate" }
  | { kind: "html"; status?: number }
  /** Every page points to itself. */
  | { kind: "loop-cursor" }
  | { kind: "foreign-next"; origin?: string }
  /** The connection breaks before the request is executed, or after. */
  | { kind: "reset" }
  | { kind: "reset-after-execute" }
  | { kind: "huge-body"; bytes?: number }
  /** The answer comes in pieces of so many bytes with a pause after each. */
  | { kind: "drip"; bytes: number; everyMs: number }
  /** Headers that lie: these stand over the true ones. */
  | { kind: "headers"; headers: Readonly<Record<string, string>> }
  /** Every row of the page twice, and in no order. */
  | { kind: "duplicate" }
  /** Numbers come as text and texts of digits as numbers. */
  | { kind: "wrong-types" }
  | { kind: "redirect"; location?: string }
  | { kind: "missing-expires-in" };

export interface FaultRule {
  /** A pattern for the path without version and query, or a judgement of the whole request. */
  match: RegExp | ((request: Request) => boolean);
  /** How often it strikes; for ever when absent. */
  times?: number;
  fault: Fault;
}

interface ActiveRule extends FaultRule {
  id: number;
  left: number;
}

const WORDS: Record<string, Fault> = {
  timeout: { kind: "timeout" },
  html: { kind: "html" },
  truncate: { kind: "truncate" },
  reset: { kind: "reset" },
  "reset-after-execute": { kind: "reset-after-execute" },
  "loop-cursor": { kind: "loop-cursor" },
  "foreign-next": { kind: "foreign-next" },
  "huge-body": { kind: "huge-body" },
  "wrong-types": { kind: "wrong-types" },
  redirect: { kind: "redirect" },
  duplicate: { kind: "duplicate" },
  "missing-expires-in": { kind: "missing-expires-in" },
};

/** `80004`, `80004:2446079`, `1@500`, `slow:250` or a word. */
export const parseFault = (text: string): Fault => {
  const word = WORDS[text];
  if (word) return word;
  const slow = /^slow:(\d+)$/.exec(text)?.[1];
  if (slow) return { kind: "latency", ms: Number(slow) };
  const [, code, subcode, status] = /^(-?\d+)(?::(\d+))?(?:@(\d{3}))?$/.exec(text) ?? [];
  if (code === undefined) throw invalidParameter(`x-sim-fault: "${text}" is not a fault`);
  return {
    kind: "graph-error",
    code: Number(code),
    ...(subcode && { subcode: Number(subcode) }),
    ...(status && { status: Number(status) }),
  };
};

export const createFaults = () => {
  let serial = 0;
  const rules: ActiveRule[] = [];

  const isHit = ({ match, left }: ActiveRule, request: Request, path: string): boolean =>
    left > 0 && (match instanceof RegExp ? match.test(path) : match(request));

  return {
    add: (rule: FaultRule): { remove(): void } => {
      serial += 1;
      const active = { ...rule, id: serial, left: rule.times ?? Infinity };
      rules.push(active);
      return { remove: () => void (active.left = 0) };
    },
    clear: (): void => {
      rules.length = 0;
    },
    /** The next request's fault; the first matching rule is used up by one. */
    take: (request: Request, path: string): Fault | undefined => {
      const rule = rules.find((candidate) => isHit(candidate, request, path));
      if (!rule) return undefined;
      rule.left -= 1;
      return rule.fault;
    },
    active: (): { id: number; match: string; left: number | "always"; fault: Fault }[] =>
      rules
        .filter(({ left }) => left > 0)
        .map(({ id, match, left, fault }) => ({
          id,
          match: match instanceof RegExp ? String(match) : "function",
          left: left === Infinity ? "always" : left,
          fault,
        })),
  };
};

export type Faults = ReturnType<typeof createFaults>;

/** What an in-process caller sees of a broken connection; a served one sees the socket close. */
export class ConnectionReset extends Error {
  constructor() {
    super("The simulated connection was reset.");
    this.name = "ConnectionReset";
  }
}
