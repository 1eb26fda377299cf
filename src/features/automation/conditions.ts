// Whether a rule's conditions hold of somebody. What is not known (a field, an operator, a form nobody understands) never
// holds, not even denied, and says what it was: a rule that cannot be judged sends nothing.

export const operators = ["eq", "neq", "in", "gt", "gte", "lt", "lte", "contains", "exists", "within"] as const;
export type Operator = (typeof operators)[number];

export type Condition =
  | { and: readonly Condition[] }
  | { or: readonly Condition[] }
  | { not: Condition }
  | { field: string; op: string; value?: unknown };

type Fields = Readonly<Record<string, unknown>>;
/** What is known of somebody: their lead, the opportunity, what started the rule, how they came. */
export type Snapshot = { now: number; lead?: Fields; opportunity?: Fields; event?: Fields; touch?: Fields };

export type Verdict = { holds: boolean; because?: string };

const parts = {
  lead: `status lead_source first_name last_name phone_number email assigned_seller_id tags meta_campaign_id meta_ad_id
    meta_ad_headline external_id created_at updated_at answers external_ids`.split(/\s+/),
  opportunity: "stage value currency name seller_id probability created_at closed_at lost_reason".split(" "),
  touch: "channel is_paid campaign_id ad_set_id ad_id form_id source_detail occurred_at".split(" "),
};
/** Of these, what stands in them has any name. */
const open = new Set(["answers", "external_ids"]);

type Path = { part: keyof typeof parts | "event"; name: string; rest: string | undefined };

/** `status` and `lead.status`, `opportunity.stage`, `event.to`, `lead.answers.city`; undefined for what there is not. */
export function pathOf(field: string): Path | undefined {
  const [head = "", ...tail] = field.split(".");
  const isPart = head === "event" || Object.hasOwn(parts, head);
  const part = (isPart ? head : "lead") as Path["part"];
  const [name = "", ...deeper] = isPart ? tail : [head, ...tail];
  const rest = deeper.length > 0 ? deeper.join(".") : undefined;
  if (part === "event") return name ? { part, name, rest } : undefined;
  if (!parts[part].includes(name)) return undefined;
  return (rest !== undefined) === open.has(name) ? { part, name, rest } : undefined;
}

/** Undefined for a field nobody knows, null for one that is empty. */
export function valueOf(field: string, snapshot: Snapshot): { value: unknown } | undefined {
  const path = pathOf(field);
  if (!path) return undefined;
  const own = snapshot[path.part]?.[path.name] ?? null;
  if (path.rest === undefined) return { value: own };
  return { value: isObject(own) && Object.hasOwn(own, path.rest) ? (own[path.rest] ?? null) : null };
}

type Judged = { is: boolean | undefined; because?: string };

/** All three forms there are: the tree, the older list (all of it), and the free object (each field is, or is among, its value). */
export function judge(conditions: unknown, snapshot: Snapshot): Verdict {
  const { is, because } = of(conditions, snapshot);
  return is === true ? { holds: true } : { holds: false, ...(because !== undefined && { because }) };
}

function of(condition: unknown, snapshot: Snapshot): Judged {
  if (condition === null || condition === undefined) return { is: true };
  if (Array.isArray(condition)) return all(condition, snapshot);
  if (!isObject(condition)) return { is: undefined, because: "unreadable" };
  if (Array.isArray(condition["and"])) return all(condition["and"], snapshot);
  if (Array.isArray(condition["or"])) return any(condition["or"], snapshot);
  if (isObject(condition["not"])) {
    const { is, because } = of(condition["not"], snapshot);
    return is === undefined ? { is, because: because ?? "unreadable" } : { is: !is, because: "not" };
  }
  if (typeof condition["field"] === "string" && typeof condition["op"] === "string")
    return compare(condition["field"], condition["op"], condition["value"], snapshot);
  return all(
    Object.entries(condition).map(([field, value]) => ({ field, op: Array.isArray(value) ? "in" : "eq", value })),
    snapshot,
  );
}

function all(list: readonly unknown[], snapshot: Snapshot): Judged {
  const judged = list.map((one) => of(one, snapshot));
  return judged.find(({ is }) => is === false) ?? judged.find(({ is }) => is === undefined) ?? { is: true };
}

function any(list: readonly unknown[], snapshot: Snapshot): Judged {
  const judged = list.map((one) => of(one, snapshot));
  return (
    judged.find(({ is }) => is === true) ??
    judged.find(({ is }) => is === undefined) ?? { is: false, because: judged[0]?.because ?? "none" }
  );
}

function compare(field: string, op: string, expected: unknown, snapshot: Snapshot): Judged {
  const found = valueOf(field, snapshot);
  if (!found) return { is: undefined, because: `unknown_field:${field.slice(0, 60)}` };
  const test = tests[op as Operator] as Test | undefined;
  if (!Object.hasOwn(tests, op) || !test) return { is: undefined, because: `unknown_operator:${op.slice(0, 40)}` };
  const is = test(found.value, expected, snapshot.now);
  if (is === undefined) return { is, because: `unreadable_value:${field.slice(0, 60)}` };
  return is ? { is } : { is, because: `${field}:${op}` };
}

/** Undefined where what is asked makes no sense. */
type Test = (value: unknown, expected: unknown, now: number) => boolean | undefined;

const tests: Record<Operator, Test> = {
  eq: (value, expected) => isSame(value, expected),
  neq: (value, expected) => not(isSame(value, expected)),
  in: (value, expected) => {
    if (!Array.isArray(expected)) return undefined;
    return expected.some((one) => isSame(value, one) === true);
  },
  gt: (value, expected) => order(value, expected, (difference) => difference > 0),
  gte: (value, expected) => order(value, expected, (difference) => difference >= 0),
  lt: (value, expected) => order(value, expected, (difference) => difference < 0),
  lte: (value, expected) => order(value, expected, (difference) => difference <= 0),
  contains: (value, expected) => {
    if (!isScalar(expected) || expected === null) return undefined;
    if (Array.isArray(value)) return value.some((one) => isSame(one, expected) === true);
    return typeof value === "string" && value.toLowerCase().includes(String(expected).toLowerCase());
  },
  exists: (value, expected = true) =>
    typeof expected === "boolean" ? (value !== null && value !== "") === expected : undefined,
  within: (value, expected, now) => {
    const duration = durationOf(expected);
    if (duration === undefined) return undefined;
    const at = instantOf(value);
    return at !== undefined && Math.abs(now - at) <= duration;
  },
};

const not = (is: boolean | undefined) => (is === undefined ? is : !is);

/** What a form sent as text is the number it shows. */
const isSame = (value: unknown, expected: unknown): boolean | undefined => {
  if (!isScalar(expected)) return undefined;
  if (!isScalar(value)) return false;
  return value === null || expected === null ? value === expected : String(value) === String(expected);
};

function order(value: unknown, expected: unknown, is: (difference: number) => boolean): boolean | undefined {
  const [mine, theirs] = [numberOf(value), numberOf(expected)];
  if (theirs !== undefined) return mine !== undefined && is(mine - theirs);
  const [at, than] = [instantOf(value), instantOf(expected)];
  if (than === undefined) return undefined;
  return at !== undefined && is(at - than);
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d{1,15}(\.\d{1,9})?$/.test(value) ? Number(value) : undefined;
}

function instantOf(value: unknown): number | undefined {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}/.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

const MS = { minutes: 60_000, hours: 3_600_000, days: 86_400_000, weeks: 604_800_000 };

/** `{ value, unit }` in milliseconds. */
function durationOf(expected: unknown): number | undefined {
  if (!isObject(expected)) return undefined;
  const { value, unit } = expected;
  if (typeof value !== "number" || !(value >= 0) || typeof unit !== "string" || !Object.hasOwn(MS, unit))
    return undefined;
  return value * MS[unit as keyof typeof MS];
}

const isScalar = (value: unknown): value is string | number | boolean | null =>
  value === null || ["string", "number", "boolean"].includes(typeof value);

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
