// Requests for a route: most as its contract has them, some with one thing wrong, a fifth malformed.
import fc from "fast-check";
import * as z from "zod";
import type { Route } from "../openapi/routes.ts";
import type { Json } from "../openapi/schemas.ts";
import { coreOf } from "./cores.ts";
import { fromSchema } from "./from-schema.ts";
import { headerNoise } from "./header-noise.ts";
import { signedPost } from "../world/meta/webhook-body.ts";
import { metaApp } from "../world/settings.ts";
import { signedForm } from "./signed-form.ts";
import { malformedBody, nastyKey, nastyText, nastyValue, wrongType } from "./malice.ts";
import { externalIdsOf, idsOf } from "./words.ts";

export const roles = ["ceo", "marketing", "setter", "viewer", "crm", "guest"] as const;
export type Role = (typeof roles)[number];

export type Asked = {
  kind: "fitting" | "mutated" | "malformed";
  /** The place of the tenant in the scene; both are the same but for their marks. */
  tenant: number;
  who: Role | "nobody" | "forger";
  params: Record<string, string>;
  query: [name: string, value: string][];
  headers: Record<string, string>;
  body: string | undefined;
};

const inputs = new WeakMap<z.ZodType, Json>();

function inputOf(schema: z.ZodType): Json {
  const known = inputs.get(schema) ?? z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  inputs.set(schema, known);
  return known;
}

const who = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom<Asked["who"]>("ceo") },
  { weight: 5, arbitrary: fc.constantFrom<Asked["who"]>(...roles) },
  { weight: 1, arbitrary: fc.constantFrom<Asked["who"]>("nobody", "forger") },
);

/** `now` is when they are sent: what is signed has an age. */
export function requestsOf(route: Route, tenants: number, now: number): fc.Arbitrary<Asked> {
  const ofKind = (kind: Kind, weight: number) => ({
    weight,
    arbitrary: fc
      .record({
        kind: fc.constant(kind),
        tenant: fc.nat(tenants - 1),
        who,
        params: paramsOf(route, kind),
        query: queryOf(route, kind),
        headers: headersOf(route, kind),
        body: bodyOf(route, kind, now),
      })
      .map((asked) => (isTold(route) && kind !== "malformed" ? signed(asked) : asked)),
  });
  return fc.oneof(ofKind("fitting", 6), ofKind("mutated", 2), ofKind("malformed", 2));
}

type Kind = Asked["kind"];

/** What Meta tells by itself: its signature is what lets it in. */
const isTold = ({ method, path }: Route) => method === "POST" && path.startsWith("/webhooks/");

const signed = (asked: Asked): Asked => ({
  ...asked,
  headers: { ...asked.headers, ...signedPost(metaApp.secret, asked.body ?? "").headers },
});

function paramsOf({ path }: Route, kind: Kind): fc.Arbitrary<Record<string, string>> {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  const known = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...idsOf(path)) },
    { weight: 1, arbitrary: fc.uuid() },
  );
  const value = kind === "fitting" ? known : fc.oneof(known, nastyText);
  return fc.record(Object.fromEntries(names.map((name) => [name, value])));
}

function queryOf({ notes }: Route, kind: Kind): fc.Arbitrary<Asked["query"]> {
  const fields = notes.query ? fromSchema(inputOf(notes.query())) : fc.constant({});
  const fitting = fields.map((values) =>
    Object.entries(values as Json).flatMap(([name, value]): Asked["query"] =>
      value === undefined || value === null
        ? []
        : [[name, typeof value === "object" ? JSON.stringify(value) : String(value)]],
    ),
  );
  if (kind === "fitting") return fitting;
  const names = notes.query ? Object.keys((inputOf(notes.query())["properties"] ?? {}) as Json) : [];
  const name = fc.oneof(nastyKey, ...(names.length > 0 ? [fc.constantFrom(...names)] : []));
  return fc
    .tuple(fitting, fc.array(fc.tuple(name, nastyText), { maxLength: 2 }))
    .map(([good, bad]) => [...good, ...bad]);
}

function headersOf({ notes }: Route, kind: Kind): fc.Arbitrary<Record<string, string>> {
  const type = { "content-type": notes.form ? "application/x-www-form-urlencoded" : "application/json" };
  const own = fc.constantFrom<Record<string, string>>(
    ...(notes.headers?.["If-None-Match"] ? [{ "if-none-match": "*" }, { "if-none-match": 'W/"a"' }] : []),
    ...(notes.headers?.["Idempotency-Key"] ? [{ "idempotency-key": "a" }, { "idempotency-key": "b" }] : []),
    ...(notes.description?.csv ? [{ accept: "text/csv" }] : []),
    ...(notes.description?.page ? [{ accept: "application/json" }] : []),
    {},
    {},
    {},
  );
  const fitting = own.map((headers) => ({ ...type, ...headers }));
  if (kind !== "malformed") return fitting;
  return fc.tuple(fitting, headerNoise, fc.option(wrongType, { nil: undefined })).map(([good, noise, wrong]) => ({
    ...good,
    ...noise,
    ...(wrong === undefined ? {} : { "content-type": wrong }),
  }));
}

function bodyOf(route: Route, kind: Kind, now: number): fc.Arbitrary<string | undefined> {
  const { method, path, notes } = route;
  if (method === "GET") return fc.constant(undefined);
  if (notes.form) return kind === "malformed" ? malformedBody : signedForm(kind === "fitting", now);
  if (!notes.json) return kind === "fitting" ? fc.constantFrom(undefined, "{}") : malformedBody;
  const core = coreOf(route)?.chain((body) => withOwnId(path, body));
  const random = fromSchema(inputOf(notes.json())).chain((body) => withOwnId(path, body));
  const fitting = core ? fc.oneof(core, random) : random;
  if (kind === "malformed") return fc.oneof(malformedBody, fitting.map(cut));
  if (kind === "fitting") return fitting.map((body) => JSON.stringify(body));
  return fc.tuple(fitting, fc.nat(), nastyValue, fc.option(nastyKey, { nil: undefined, freq: 3 })).map(mutate);
}

/** The id that the sender gives: one of a few, so that objects come again. */
const withOwnId = (path: string, body: unknown): fc.Arbitrary<unknown> =>
  fc
    .constantFrom(...externalIdsOf(path))
    .map((id) =>
      typeof body === "object" && body !== null && "external_id" in body ? { ...body, external_id: id } : body,
    );

const cut = (body: unknown) => (JSON.stringify(body) ?? "").slice(0, -1);

/** One value that is not what belongs there, under a key of the object or under another. */
function mutate([body, place, value, key]: [unknown, number, unknown, string | undefined]): string {
  if (typeof body !== "object" || body === null) return JSON.stringify(value) ?? "";
  const target = (Array.isArray(body) ? (body[0] ?? {}) : body) as Json;
  const keys = Object.keys(target);
  const changed = { ...target, [key ?? keys[place % Math.max(1, keys.length)] ?? "a"]: value };
  return JSON.stringify(Array.isArray(body) ? [changed, ...body.slice(1)] : changed) ?? "";
}
