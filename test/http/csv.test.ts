import fc from "fast-check";
import { Hono } from "hono";
import { describe, expect, it, test } from "vitest";
import type { Tools } from "../../src/context.ts";
import { csv, type CsvCell, wantsCsv } from "../../src/http/csv.ts";
import type { Hall } from "../../src/http/hall.ts";
import { onError } from "../../src/http/on-error.ts";

type Row = readonly [string, ...CsvCell[]];
type Rows = Iterable<Row> | AsyncIterable<Row>;

const preamble = { time_zone: "America/Argentina/Buenos_Aires", currency: "ARS", basis: "cash", model: "linear" };
const header = ["id", "name", "spend"];

/** An answer of ours, over `rows`, and what was logged meanwhile. */
async function download(rows: Rows, { filename = "campaigns.csv" } = {}) {
  const logs: string[] = [];
  const app = new Hono<Hall>()
    .use(async (c, next) => {
      c.set("tools", { log: (event: string) => logs.push(event) } as unknown as Tools);
      await next();
    })
    .onError(onError)
    .get("/", (c) => csv(c, { filename, preamble, header, rows }));
  return { answer: await app.request("/"), logs };
}

/** The bytes as text, byte order mark and all. */
const textOf = async (answer: Response) =>
  new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(await answer.arrayBuffer());

/** RFC 4180 as the RFC has it, written without looking at ours. */
function parse(text: string, separator = ","): string[][] {
  const records: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const record: string[] = [];
    for (;;) {
      let field = "";
      if (text[at] === '"') {
        at += 1;
        for (;;) {
          if (at >= text.length) throw new Error("A quoted field does not end.");
          if (text[at] !== '"') field += text[at];
          else if (text[at + 1] === '"') {
            field += '"';
            at += 1;
          } else break;
          at += 1;
        }
        at += 1;
      } else {
        while (at < text.length && text[at] !== separator && text[at] !== "\r") {
          if (text[at] === '"' || text[at] === "\n") throw new Error(`A bare ${JSON.stringify(text[at])} at ${at}.`);
          field += text[at];
          at += 1;
        }
      }
      record.push(field);
      if (text[at] !== separator) break;
      at += 1;
    }
    if (text.slice(at, at + 2) !== "\r\n") throw new Error(`A record does not end at ${at}.`);
    at += 2;
    records.push(record);
  }
  return records;
}

/** The cells a spreadsheet makes of a text at its most lenient: it splits at the separator and at every line break, quotes or not. */
const lenientCells = (text: string, separator: string) => text.split(/[\r\n]/).flatMap((line) => line.split(separator));

const runs = (cell: string) => /^[\s"\p{C}]*[=+\-@＝＋－＠]/u.test(cell);

const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom(
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n",
        ";",
        ",",
        '"',
        "'",
        " ",
        "\u00a0",
        "\u200b",
        "＝",
        "1",
        "a",
        "|",
      ),
    )
    .map((parts) => parts.join("")),
  fc.constantFrom("=cmd|'/c calc'!A0", "+54 9 11 5555", '"=1+1', "a;=1+1", "a\n=1", "\uFEFF=1", "  -1", ";=1"),
);
const cells: fc.Arbitrary<CsvCell> = fc.oneof(
  hostile.map((text) => text.toWellFormed()),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, undefined),
);
const rowsOf = fc.array(
  fc
    .tuple(
      hostile.map((text) => text.toWellFormed()),
      cells,
      cells,
    )
    .map((row): Row => row),
  { maxLength: 8 },
);

/** What a person reads in a cell: the text without the apostrophes we set. */
const withoutApostrophes = (text: string) => text.replaceAll("'", "");
const asText = (cell: CsvCell) => (cell === null || cell === undefined ? "" : String(cell));

describe("a file", () => {
  it("begins with a byte order mark and says what the figures cannot; each line has as many cells as the header", async () => {
    const { answer } = await download([["1", 'Promo, "grande"', -12.5]]);
    expect(await textOf(answer)).toBe(
      [
        "\uFEFFtime_zone,America/Argentina/Buenos_Aires,",
        "currency,ARS,",
        "basis,cash,",
        "model,linear,",
        "id,name,spend",
        '1,"Promo, ""grande""",-12.5',
        "",
      ].join("\r\n"),
    );
  });

  it("is a private download", async () => {
    const { answer } = await download([], { filename: 'cam"pa\r\nñas/2026.csv' });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": 'attachment; filename="cam-pa-as-2026.csv"',
      "cache-control": "private, no-store",
      vary: expect.stringContaining("Accept"),
    });
  });

  it("gives back every cell it was made of, through a parser that is not ours", async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, async (rows) => {
        const text = await textOf((await download(rows)).answer);
        const read = parse(text.slice(1)).slice(Object.keys(preamble).length + 1);
        expect(read.map((row) => row.map(withoutApostrophes))).toEqual(
          rows.map((row) => row.map((cell) => withoutApostrophes(asText(cell)))),
        );
        const numbers = rows.flatMap((row, at) =>
          row.flatMap((cell, column) => (typeof cell === "number" ? [[cell + 0, Number(read[at]?.[column])]] : [])),
        );
        expect(numbers.map(([given]) => given)).toEqual(numbers.map(([, found]) => found));
      }),
      { numRuns: 1000 },
    );
  });

  it("holds no text that a spreadsheet runs, wherever that one splits it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 4 }), async (texts) => {
        const row = texts.map((text) => text.toWellFormed()) as unknown as Row;
        const text = await textOf((await download([row])).answer);
        const [read = []] = parse(text.slice(1)).slice(-1);
        expect(read.filter(runs)).toEqual([]);
        expect(read.filter((cell) => /^[\t\r\n]/.test(cell))).toEqual([]);
        for (const separator of [";", "\t"]) expect(lenientCells(text, separator).filter(runs)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["=1+1", "'=1+1"],
    ["+54 11", "'+54 11"],
    ["-5", "'-5"],
    ["@sum", "'@sum"],
    ["\t1", "'\t1"],
    ["\r1", "'\r1"],
    ["\n1", "'\n1"],
    ['  "=1', "'  \"=1"],
    ["'=1", "''=1"],
    ["\uFEFF=1", "'\uFEFF=1"],
    ["a;=1", "a;'=1"],
    ["a\n \n-1", "a\n \n'-1"],
    ["a-b=c", "a-b=c"],
    ["a@b.example", "a@b.example"],
  ])("%j becomes %j", async (given, expected) => {
    const text = await textOf((await download([["id", given]])).answer);
    expect(parse(text.slice(1)).at(-1)).toEqual(["id", expected]);
  });

  it("leaves numbers numbers, and what is no number empty", async () => {
    const text = await textOf((await download([["x", -1, 1e21, 0.1, Number.NaN, -Infinity, true, null]])).answer);
    expect(parse(text.slice(1)).at(-1)).toEqual(["x", "-1", "1e+21", "0.1", "", "", "true", ""]);
  });

  it("is made in time that grows with the text, not with its square", async () => {
    const text = await textOf((await download([["x", `${"\n".repeat(300_000)}a`]])).answer);
    expect(text.length).toBeGreaterThan(300_000);
  });
});

describe("streaming", () => {
  it("asks for rows only as they are read", async () => {
    let made = 0;
    let isClosed = false;
    async function* rows(): AsyncGenerator<Row> {
      try {
        for (;;) {
          made += 1;
          yield await Promise.resolve<Row>([`row ${made}`, "x".repeat(1000)]);
        }
      } finally {
        isClosed = true;
      }
    }
    const reader = (await download(rows())).answer.body?.getReader();
    await reader?.read();
    expect(made).toBeLessThan(100);
    await reader?.cancel();
    expect(isClosed).toBe(true);
  });

  it("answers with an error when the first rows cannot be had", async () => {
    async function* rows(): AsyncGenerator<Row> {
      yield await Promise.resolve<Row>(["1"]);
      throw new Error("password=hunter2");
    }
    const { answer } = await download(rows());
    expect([answer.status, answer.headers.get("content-type")]).toEqual([500, "application/json"]);
    expect(await answer.text()).not.toContain("hunter2");
  });

  it("breaks off when later rows cannot be had: half a file does not look whole", async () => {
    async function* rows(): AsyncGenerator<Row> {
      for (let at = 0; at < 100; at += 1) yield await Promise.resolve<Row>([String(at), "x".repeat(1000)]);
      throw new Error("password=hunter2");
    }
    const { answer, logs } = await download(rows());
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow("broken off");
    expect(logs).toEqual(["csv.broken_off"]);
  });
});

describe("CSV is wanted", () => {
  const app = new Hono<Hall>().get("*", (c) => c.json(wantsCsv(c)));
  const wanted = async (path: string, accept?: string) =>
    (await app.request(path, accept === undefined ? {} : { headers: { accept } })).json();

  test.each([
    ["/campaigns.csv", undefined, true],
    ["/campaigns.csv?limit=5", "application/json", true],
    ["/campaigns", "text/csv", true],
    ["/campaigns", "TEXT/CSV; charset=utf-8, */*;q=0.1", true],
    ["/campaigns", "text/csv, */*", true],
    ["/campaigns", "text/csv;q=0.9, application/json;q=0.5", true],
    ["/campaigns", undefined, false],
    ["/campaigns?file=.csv", "*/*", false],
    ["/campaigns", "application/json, text/plain, */*", false],
    ["/campaigns", "text/html,application/xhtml+xml,*/*;q=0.8", false],
    ["/campaigns", "application/json, text/csv", false],
    ["/campaigns", "text/csv;q=0.5, */*", false],
    ["/campaigns", "text/csv;q=0", false],
    ["/campaigns", "text/csv;q=maybe", false],
  ])("at %s with Accept %s: %s", async (path, accept, expected) => expect(await wanted(path, accept)).toBe(expected));
});
