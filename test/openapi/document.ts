// The OpenAPI document: what the routes say of themselves, what their schemas say, and examples that were run.
import type * as z from "zod";
import { roles } from "../../src/http/authorize.ts";
import { about, roomTitles, securitySchemes, tenantHeader } from "./about.ts";
import type { Recorded } from "./record.ts";
import { codesOf, errorSchema, refusal } from "./refusals.ts";
import { nameOf, type Route } from "./routes.ts";
import { fieldsOf, type Json, nameContracts, toSchema } from "./schemas.ts";

/** What is said once and referred to. */
type Components = { schemas: Map<string, Json>; responses: Map<string, Json> };

export async function createDocument(routes: readonly Route[], recorded: readonly Recorded[]): Promise<Json> {
  await nameContracts();
  const components: Components = { schemas: new Map([["Error", errorSchema]]), responses: new Map() };
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}");
    const own = recorded.filter(({ example }) => example.route === nameOf(route));
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeOperation(route, own, components) };
  }
  const rooms = [...new Set(routes.map(({ room }) => room))];
  return {
    openapi: "3.1.1",
    ...about,
    tags: rooms.map((room) => ({ name: room, description: roomTitles[room] })),
    paths,
    components: {
      schemas: sorted(components.schemas),
      responses: sorted(components.responses),
      parameters: { Tenant: tenantHeader },
      securitySchemes,
    },
  };
}

const sorted = (named: Map<string, Json>) => Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1)));

function describeOperation(route: Route, recorded: readonly Recorded[], components: Components): Json {
  const { method, path, room, notes } = route;
  const { description, guard } = notes;
  if (!description) throw new Error(`${nameOf(route)} is not described`);
  return {
    tags: [room],
    summary: description.summary,
    operationId: operationId(method, path),
    ...(guard && {
      description: `For ${roles[guard.permission].join(", ")}. ${guard.perMinute} a minute for each user.`,
      "x-permission": guard.permission,
      "x-limit-per-minute": guard.perMinute,
    }),
    security: guard ? [{ bearer: [] }, { cookie: [] }] : [],
    parameters: parametersOf(route, recorded, components),
    ...bodyOf(route, recorded, components),
    responses: { ...answersOf(route, recorded, components), ...refusalsOf(route, recorded, components) },
  };
}

function parametersOf({ notes }: Route, recorded: readonly Recorded[], { schemas }: Components): Json[] {
  const [first] = recorded;
  const placed = (place: "path" | "query", schema: z.ZodType | undefined, examples: Record<string, string> = {}) =>
    (schema ? fieldsOf(schema, "input", schemas) : []).map(({ name, required, schema: { description, ...rest } }) => ({
      name,
      in: place,
      ...(place === "path" || required ? { required: true } : {}),
      description,
      schema: rest,
      example: asTyped(examples[name], rest),
    }));
  const headers = Object.entries(notes.headers ?? {}).map(([name, description]) => ({
    name,
    in: "header",
    description,
    schema: { type: "string" },
  }));
  return [
    ...placed("path", notes.param?.(), first?.param),
    ...placed("query", notes.query?.(), first?.example.query),
    ...headers,
    ...(notes.guard ? [{ $ref: "#/components/parameters/Tenant" }] : []),
  ];
}

/** A number is written as one, though it travels as text. */
const asTyped = (text: string | undefined, { type }: Json): unknown =>
  text !== undefined && [type].flat().some((name) => name === "integer" || name === "number") ? Number(text) : text;

function bodyOf({ notes }: Route, recorded: readonly Recorded[], { schemas }: Components): Json {
  if (notes.form)
    return {
      requestBody: { required: true, content: { [FORM]: { schema: toSchema(notes.form(), "input", schemas) } } },
    };
  if (!notes.json) return {};
  const sent = recorded.filter(({ body, status }) => body !== undefined && status < 300);
  const texts = sent.filter(({ body }) => typeof body === "string");
  const schema = toSchema(notes.json(), "input", schemas);
  const content = {
    "application/json": { schema, ...examplesOf(sent.filter((one) => !texts.includes(one)).map(asSent)) },
    ...(texts.length > 0 && { "text/csv": { schema: { type: "string" }, ...examplesOf(texts.map(asSent)) } }),
  };
  return { requestBody: { required: true, content } };
}

function answersOf({ path, notes }: Route, recorded: readonly Recorded[], components: Components): Json {
  const { answer, beside, bare, csv, page, text, redirect, status = 200 } = notes.description ?? {};
  const answers: Json = {};
  if (redirect) answers["302"] = { description: "Found", headers: { Location: { schema: { type: "string" } } } };
  if (notes.headers?.["If-None-Match"]) answers["304"] = { description: "What you have is still true" };
  for (const code of answer ? [status].flat() : []) {
    const own = recorded.filter((one) => one.status === code);
    const examples = (type: string) => examplesOf(own.filter((one) => one.type.startsWith(type)).map(asAnswered));
    const isJson = answer && !text && !path.endsWith(".csv");
    const schema =
      isJson && (bare ? toSchema(answer(), "output", components.schemas) : envelope(answer(), beside?.(), components));
    answers[code] = {
      description: reasons[code] ?? "OK",
      content: {
        ...(schema && { "application/json": { schema, ...examples("application/json") } }),
        ...(csv && { "text/csv": { schema: { type: "string" }, ...examples("text/csv") } }),
        ...(page && asPage),
        ...(text &&
          answer && {
            "text/plain": { schema: toSchema(answer(), "output", components.schemas), ...examples("text/plain") },
          }),
      },
    };
  }
  return answers;
}

const asPage = { "text/html": { schema: { type: "string" } } };

const FORM = "application/x-www-form-urlencoded";

const reasons: Record<number, string> = { 201: "Created", 202: "Accepted", 503: "Not ready" };

function envelope(answer: z.ZodType, beside: z.ZodObject | undefined, { schemas }: Components): Json {
  const around = beside ? fieldsOf(beside, "output", schemas) : [];
  return {
    type: "object",
    properties: {
      success: { const: true },
      data: toSchema(answer, "output", schemas),
      timestamp: { type: "string", format: "date-time" },
      ...Object.fromEntries(around.map(({ name, schema }) => [name, schema])),
    },
    required: ["success", "data", "timestamp", ...around.flatMap(({ name, required }) => (required ? name : []))],
    additionalProperties: false,
  };
}

function refusalsOf(route: Route, recorded: readonly Recorded[], { responses }: Components): Json {
  return Object.fromEntries(
    [...codesOf(route)].map(([status, codes]) => {
      const examples = examplesOf(recorded.filter((one) => one.status === status).map(asAnswered));
      const told = refusal(codes, examples, responses);
      const isPage = route.notes.description?.page && status === 404;
      return [status, isPage ? { ...told, content: { ...(told["content"] as Json), ...asPage } } : told];
    }),
  );
}

type Shown = { title: string; value: unknown };
const asSent = ({ example, body }: Recorded): Shown => ({ title: example.title ?? "example", value: body });
const asAnswered = ({ example, answer }: Recorded): Shown => ({ title: example.title ?? "example", value: answer });

const examplesOf = (shown: readonly Shown[]): Json =>
  shown.length === 0 ? {} : { examples: Object.fromEntries(shown.map(({ title, value }) => [title, { value }])) };

const operationId = (method: string, path: string): string =>
  method.toLowerCase() +
  path.replace(/^\/crm\/(marketing\/)?/, "/").replace(/[/:{}._-]+(\w?)/g, (_, letter: string) => letter.toUpperCase());
