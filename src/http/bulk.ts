// One object, a list, or a list under its name: the three ways in which a CRM sends what it has. All of it is taken, or
// nothing: 422 names each item and field that does not fit.
import type { Context, MiddlewareHandler } from "hono";
import { validator } from "hono/validator";
import * as z from "zod";
import { type Problem, problemsError } from "../errors.ts";
import { noted } from "./describe.ts";
import type { Hall } from "./hall.ts";
import { reply } from "./reply.ts";
import { once } from "../lib/once.ts";

const MOST_ITEMS = 500;

/** `isBulk` is false for one object, sent as itself. Where a CSV was sent `items` is empty. */
export type Bulk<Item> = { items: Item[]; isBulk: boolean; csv?: string };

type Validation<S extends z.ZodType, K extends string> = {
  in: { json: z.input<S> | { [key in K]: z.input<S>[] } | z.input<S>[] };
  out: { json: Bulk<z.output<S>> };
};

export function bulk<S extends z.ZodType, K extends string>(
  item: () => S,
  key: K,
  { csv = false } = {},
): MiddlewareHandler<Hall, string, Validation<S, K>> {
  const parse = validator("json", async (sent: unknown, c): Promise<Bulk<z.output<S>>> => {
    if (csv && /^text\/csv\b/i.test(c.req.header("content-type") ?? ""))
      return { items: [], isBulk: true, csv: await c.req.text() };
    const named = typeof sent === "object" && sent !== null && key in sent ? (sent as Record<K, unknown>) : undefined;
    const isBulk = named !== undefined || Array.isArray(sent);
    const list: unknown = named ? named[key] : sent;
    if (!isBulk) return { items: [parseItem(item(), sent)], isBulk };
    if (named && Object.keys(named).length > 1) throw refusal("", `junto a ${key} no va nada más`);
    if (!Array.isArray(list) || list.length === 0 || list.length > MOST_ITEMS)
      throw refusal(key, `debe ser una lista de 1 a ${MOST_ITEMS} elementos`);
    return { items: parseList(item(), list), isBulk };
  });
  return noted(parse as MiddlewareHandler, { json: () => allForms(item(), key) });
}

function allForms(item: z.ZodType, key: string): z.ZodType {
  const list = z.array(item).min(1).max(MOST_ITEMS);
  return z.union([item, z.strictObject({ [key]: list }), list]);
}

const refusal = (field: string, problem: string) => problemsError([{ index: 0, field, problem }]);

const parseItem = <S extends z.ZodType>(item: S, sent: unknown): z.output<S> =>
  parseList(item, [sent])[0] as z.output<S>;

function parseList<S extends z.ZodType>(item: S, list: readonly unknown[]): z.output<S>[] {
  const problems: Problem[] = [];
  const items = list.flatMap((sent, index) => {
    const parsed = item.safeParse(sent);
    if (parsed.success) return [parsed.data];
    for (const { path, message } of parsed.error.issues)
      problems.push({ index, field: path.join("."), problem: message });
    return [];
  });
  if (problems.length > 0) throw problemsError(problems);
  return items;
}

/** What became of one item. */
export type Written = { id: string; externalId: string | null; isCreated: boolean };

// Nothing of people, only what is needed to find them again; in the order in which they were sent.
const bulkWritten = once(() =>
  z.array(z.object({ index: z.number(), id: z.uuid(), external_id: z.string().nullable(), created: z.boolean() })),
);

/** What `replyWritten` answers, for `describe`. */
export const writtenAnswer = <S extends z.ZodType>(single: () => S) => ({
  answer: () => z.union([single(), bulkWritten()]),
  beside: () => z.object({ created: z.number(), updated: z.number() }).partial(),
  status: [200, 201],
});

/** A single object is answered by its record, a list by what became of each; 201 where something is new. */
export function replyWritten<S extends z.ZodType>(
  c: Context<Hall>,
  single: () => S,
  { isBulk, written, record }: { isBulk: boolean; written: readonly Written[]; record: z.input<S> | undefined },
) {
  const created = written.filter(({ isCreated }) => isCreated).length;
  const status = created > 0 ? 201 : 200;
  if (!isBulk && record !== undefined) return reply(c, single, record, { status });
  const list = written.map(({ id, externalId, isCreated }, index) => ({
    index,
    id,
    external_id: externalId,
    created: isCreated,
  }));
  return reply(c, bulkWritten, list, { status, beside: { created, updated: written.length - created } });
}
