import fc from "fast-check";
import { Hono } from "hono";
import * as z from "zod";
import { describe, expect, it, test } from "vitest";
import type { Hall } from "../../src/http/hall.ts";
import { onError } from "../../src/http/on-error.ts";
import { validate } from "../../src/http/validate.ts";
import { cutPage, decodeCursor, encodeCursor, pageQuery, placeCursor } from "../../src/lib/page.ts";

const logs = { list: "logs", after: z.tuple([z.iso.datetime(), z.uuid()]) };
const query = () => z.object({ status: z.string().optional(), ...pageQuery(100, logs) });

const app = new Hono<Hall>()
  .onError(onError)
  .get("/logs", validate("query", query), (c) => c.json(c.req.valid("query")));
const ask = async (search: string) => {
  const answer = await app.request(`/logs${search}`);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

const after = ["2026-11-23T15:00:00.000Z", "00000000-0000-4000-8000-000000000000"];
const raw = (text: string) => Buffer.from(text).toString("base64url");

describe("a page", () => {
  it("has the list's limit, and begins at the beginning", async () => {
    expect(await ask("")).toEqual({ status: 200, body: { limit: 100, offset: 0 } });
  });

  test.each(["limit=1&offset=0", "limit=200&offset=1000000"])("may be %s", async (search) => {
    const expected = Object.fromEntries([...new URLSearchParams(search)].map(([name, value]) => [name, Number(value)]));
    expect(await ask(`?${search}`)).toEqual({ status: 200, body: expected });
  });

  test.each([
    ["limit", "0"],
    ["limit", "201"],
    ["limit", "-1"],
    ["limit", "1.5"],
    ["limit", "ten"],
    ["limit", ""],
    ["offset", "-1"],
    ["offset", "1000001"],
    ["offset", "2.5"],
  ])("defect 118: %s=%s is 422 and says which field", async (field, value) => {
    const { status, body } = await ask(`?${field}=${value}`);
    expect(status).toBe(422);
    expect(body).toMatchObject({ error: { code: "request.invalid", details: { fields: [{ field }] } } });
  });
});

describe("a cursor", () => {
  it("comes back as what it was made of, typed by its list", async () => {
    expect((await ask(`?cursor=${encodeCursor("logs", after)}`)).body).toMatchObject({ cursor: after });
  });

  it("keeps whatever JSON keeps, in any script", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.jsonValue(), (list, held) => {
        const kept: unknown = JSON.parse(JSON.stringify(held));
        expect(decodeCursor(list.toWellFormed(), encodeCursor(list.toWellFormed(), held))).toEqual(kept);
        expect(encodeCursor(list, held)).toMatch(/^[\w-]+$/);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["empty", ""],
    ["no base64", "%%%"],
    ["no UTF-8", Buffer.from([0xff, 0xfe]).toString("base64url")],
    ["no JSON", raw("[1,")],
    ["no cursor", raw("null")],
    ["of another version", raw(JSON.stringify([2, "logs", after]))],
    ["of another list", encodeCursor("campaigns", after)],
    ["of another content", encodeCursor("logs", ["yesterday", 7])],
    ["longer than any", encodeCursor("logs", "x".repeat(1000))],
  ])("that is %s is 422 and says which field", async (_, cursor) => {
    const { status, body } = await ask(`?cursor=${encodeURIComponent(cursor)}`);
    expect(status).toBe(422);
    expect(body).toMatchObject({ error: { code: "request.invalid", details: { fields: [{ field: "cursor" }] } } });
  });
});

describe("a list that is all at hand", () => {
  it("is read whole by its cursors: no row twice, none left out, whatever the limit", () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { maxLength: 60 }), fc.integer({ min: 1, max: 200 }), (rows, limit) => {
        const place = z.object(pageQuery(100, placeCursor("list")));
        const read: number[] = [];
        let pages = 0;
        for (let cursor: string | null | undefined; cursor !== null && pages <= 61; pages += 1) {
          const page = cutPage("list", rows, place.parse({ limit, ...(cursor ? { cursor } : {}) }));
          expect(page.total).toBe(rows.length);
          read.push(...page.rows);
          cursor = page.nextCursor;
        }
        expect(read).toEqual(rows);
        expect(pages).toBe(Math.max(1, Math.ceil(rows.length / limit)));
      }),
      { numRuns: 1000 },
    );
  });

  it("may also be read by offset; a cursor wins over it", () => {
    const rows = [0, 1, 2, 3, 4];
    expect(cutPage("list", rows, { limit: 2, offset: 1 })).toMatchObject({ rows: [1, 2], total: 5 });
    expect(cutPage("list", rows, { limit: 2, offset: 1, cursor: 3 })).toEqual({
      rows: [3, 4],
      total: 5,
      nextCursor: null,
    });
    expect(cutPage("list", rows, { limit: 2, offset: 9 })).toEqual({ rows: [], total: 5, nextCursor: null });
  });
});
