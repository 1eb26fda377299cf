// Runs the examples against a house and keeps what was answered, without what differs from one run to the next.
import { type House, sendTo } from "../support/house.ts";
import { aSessionToken } from "../support/people.ts";
import { demoSystemUserId } from "../world/meta/demo-ids.ts";
import type { Example } from "./examples.ts";
import type { People } from "./scene.ts";

/** How long the scene may take to set. */
const SCENE_MS = 60_000;

export type Recorded = {
  example: Example;
  status: number;
  type: string;
  /** The request's path parameters and body, with what an earlier answer kept. */
  param: Record<string, string>;
  body: unknown;
  answer: unknown;
};

export async function record(house: House, people: People, examples: readonly Example[]): Promise<Recorded[]> {
  const { value: systemUserToken } = house.meta.issueToken({ kind: "SYSTEM_USER", personId: demoSystemUserId });
  const kept = new Map<string, string>([["systemUserToken", systemUserToken]]);
  const scrub = createScrubber(house.clock.now());
  const recorded: Recorded[] = [];
  for (const example of examples) {
    const filled = <T>(value: T): T =>
      JSON.parse(JSON.stringify(value).replace(/\{(\w+)\}/g, (whole, name: string) => kept.get(name) ?? whole)) as T;
    const param = filled(example.param ?? {});
    const body = example.body === undefined ? undefined : filled(example.body);
    const [method = "", pattern = ""] = example.route.split(" ");
    const path = pattern.replace(/:(\w+)(\{[^}]*\})?/g, (_, name: string) => encodeURIComponent(param[name] ?? ""));
    const token =
      example.as === "nobody" ? undefined : await aSessionToken(people[example.as], { now: house.clock.now() });
    const response = await sendTo(house.app, `${path}?${new URLSearchParams(example.query).toString()}`, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "content-type": typeof body === "string" ? "text/csv" : "application/json" }),
        ...filled(example.headers ?? {}),
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const type = response.headers.get("content-type") ?? "";
    const text = await response.text();
    const answer: unknown = type.startsWith("application/json") ? JSON.parse(text) : text;
    for (const [name, at] of Object.entries(example.keep ?? {})) kept.set(name, String(pick(answer, at)));
    const shown = scrub({ param, body, answer: shorten(answer) }) as Scrubbed;
    recorded.push({ example, status: response.status, type, ...shown });
  }
  return recorded;
}

type Scrubbed = Pick<Recorded, "param" | "body" | "answer">;

const pick = (value: unknown, at: string): unknown =>
  at.split(".").reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);

/** Three of a kind are enough to see what they are. */
const shorten = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.slice(0, 3).map(shorten);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shorten(inner)]));
};

/**
 * Random ids become numbered ones, the same for the same; random secrets become a word, digests noughts. What PostgreSQL dated by its own clock
 * is dated by the house's, and the simulator answers under Meta's name.
 */
function createScrubber(now: number) {
  const startedAt = Date.now() - SCENE_MS;
  const dated = (instant: string) => {
    const at = Date.parse(instant);
    return at >= startedAt && at <= Date.now() ? new Date(now).toISOString() : instant;
  };
  const ids = new Map<string, string>();
  const numbered = (id: string) => {
    const known = ids.get(id) ?? `00000000-0000-4000-8000-${String(ids.size + 1).padStart(12, "0")}`;
    ids.set(id, known);
    return known;
  };
  return (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value)
        .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, numbered)
        .replace(/(?<![\w-])[0-9a-f]{64}(?![\w-])/g, "0".repeat(64))
        .replace(/(?<![\w-])[\w-]{43}(?![\w-])/g, "random")
        .replace(/whsec_[\w+/=]{44}/g, "whsec_random")
        .replace(/EAAG[\w-]{60,}/g, "EAAGsystemUserToken")
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, dated)
        .replace(/http:\/\/127\.0\.0\.1:\d+/g, "https://www.facebook.com"),
    );
}
