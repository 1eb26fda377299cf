import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectPages, type Page } from "../../../src/adapters/meta/paging.ts";

const next = "https://evil.example/?access_token=x";
const page = (data: number[], after?: string | null): Page<number> => ({
  data,
  ...(after !== null && { paging: { cursors: { after }, next } }),
});

/** Serves `pages` in order and remembers the cursors it was asked for. */
const serve = (pages: Page<number>[]) => {
  const cursors: (string | undefined)[] = [];
  const fetchPage = async (after: string | undefined) => {
    cursors.push(after);
    const found = pages[cursors.length - 1];
    if (!found) throw new Error("Asked past the end.");
    return found;
  };
  return { cursors, fetchPage };
};

const reasonOf = async (promise: Promise<unknown>) => {
  const thrown: unknown = await promise.catch((error: unknown) => error);
  return thrown;
};

describe("collecting pages", () => {
  it("returns every row in order, asking with the cursor of the page before", async () => {
    const { cursors, fetchPage } = serve([page([1, 2], "a"), page([3], "b"), page([4], null)]);
    expect(await collectPages(fetchPage)).toEqual([1, 2, 3, 4]);
    expect(cursors).toEqual([undefined, "a", "b"]);
  });

  it("stops at a page without next, though it has a cursor", async () => {
    const { fetchPage } = serve([{ data: [1], paging: { cursors: { after: "a" } } }]);
    expect(await collectPages(fetchPage)).toEqual([1]);
  });

  it("goes on through three empty pages", async () => {
    const { fetchPage } = serve([page([1], "a"), page([], "b"), page([], "c"), page([], "d"), page([2], null)]);
    expect(await collectPages(fetchPage)).toEqual([1, 2]);
  });

  it("ends at an empty page that has no cursor", async () => {
    const { fetchPage } = serve([page([1], "a"), { data: [], paging: { next } }]);
    expect(await collectPages(fetchPage)).toEqual([1]);
  });

  it("gives nothing rather than part when it cannot go on", async () => {
    const endless = async (after: string | undefined) => page([], `${after}x`);
    expect(await reasonOf(collectPages(endless))).toMatchObject({
      code: "meta.protocol",
      details: { reason: "endless_empty_pages" },
    });
    const { fetchPage } = serve([{ data: [1], paging: { next } }]);
    expect(await reasonOf(collectPages(fetchPage))).toMatchObject({ details: { reason: "next_without_cursor" } });
  });

  it("notices a cursor that comes back, next door or after a while", async () => {
    const stuck = serve([page([1], "a"), page([2], "a")]);
    expect(await reasonOf(collectPages(stuck.fetchPage))).toMatchObject({ details: { reason: "repeated_cursor" } });
    const loop = serve([page([1], "a"), page([2], "b"), page([3], "a")]);
    expect(await reasonOf(collectPages(loop.fetchPage))).toMatchObject({ details: { reason: "repeated_cursor" } });
  });

  it("asks for 200 pages at most", async () => {
    let count = 0;
    const endless = async () => page([1], String(count++));
    expect(await reasonOf(collectPages(endless))).toMatchObject({ details: { reason: "too_many_pages" } });
    expect(count).toBe(200);
  });

  it("collects exactly what was sliced, however it was sliced", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer(), { minLength: 1 }), { minLength: 1, maxLength: 20 }),
        async (slices) => {
          const pages = slices.map((slice, index) => page(slice, index + 1 < slices.length ? `c${index}` : null));
          expect(await collectPages(serve(pages).fetchPage)).toEqual(slices.flat());
        },
      ),
    );
  });
});
