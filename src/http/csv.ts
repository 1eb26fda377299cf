// CSV for people: RFC 4180 in UTF-8, with a byte order mark for Excel, streamed. Campaigns and leads are named by others,
// and a spreadsheet runs what begins with = + - @: such text gets an apostrophe. Where the list separator is a semicolon
// (es-AR), Excel splits our lines there and at line breaks, quotes or not: what follows one of these is held to the same.
import type { Context, TypedResponse } from "hono";
import type { Hall } from "./hall.ts";

export type CsvCell = string | number | boolean | null | undefined;

type Csv = {
  /** Without path; what is not a letter, digit, dot, dash or underscore becomes a dash. */
  filename: string;
  /** What the figures cannot say themselves (time zone, currency, basis, model): a row each, before the header. */
  preamble: Readonly<Record<string, CsvCell>>;
  header: readonly string[];
  /** A row begins with a text, so that no line begins with a number that Excel could read on from. */
  rows: Iterable<readonly [string, ...CsvCell[]]> | AsyncIterable<readonly [string, ...CsvCell[]]>;
};

/** A text for the typed client: beside it, what the route answers as JSON keeps its type. */
type CsvResponse = Response & TypedResponse<string, 200, "text">;

const BYTE_ORDER_MARK = "\uFEFF";
const CHUNK_CHARACTERS = 16_384;

/** True when the path ends in .csv, or when Accept likes text/csv better than JSON. */
export function wantsCsv(c: Context<Hall>): boolean {
  if (c.req.path.endsWith(".csv")) return true;
  const ranges = parseAccept(c.req.header("accept") ?? "");
  const csv = ranges.get("text/csv");
  const json = ranges.get("application/json") ?? ranges.get("application/*") ?? ranges.get("*/*") ?? 0;
  return csv !== undefined && csv > 0 && (csv > json || (csv === json && !ranges.has("application/json")));
}

/**
 * Streams the rows. What fails before the first of them is answered as an error; what fails later breaks the connection off, so
 * that half a file is never taken for a whole one.
 */
export async function csv(c: Context<Hall>, { filename, preamble, header, rows }: Csv): Promise<CsvResponse> {
  const { tools, requestId } = c.var;
  const padding = (cells: number) => Array<string>(Math.max(0, header.length - cells)).fill("");
  const head = [...Object.entries(preamble).map((entry) => [...entry, ...padding(entry.length)]), header];
  const chunks = joinLines(BYTE_ORDER_MARK + head.map(line).join(""), rows);
  const encoder = new TextEncoder();
  let next = await chunks.next();
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      if (next.done) return controller.close();
      controller.enqueue(encoder.encode(next.value));
      try {
        next = await chunks.next();
      } catch (thrown) {
        tools.log("csv.broken_off", { requestId, note: thrown instanceof Error ? thrown.name : typeof thrown });
        controller.error(new Error("broken off"));
      }
    },
    cancel: async () => void (await chunks.return(undefined)),
  });
  return c.body(body, 200, {
    "Content-Type": "text/csv; charset=utf-8; header=present",
    "Content-Disposition": `attachment; filename="${filename.replace(/[^\w.-]+/g, "-")}"`,
    "Cache-Control": "private, no-store",
    Vary: "Authorization, Cookie, X-Tenant-ID, Accept",
  }) as unknown as CsvResponse;
}

async function* joinLines(head: string, rows: Csv["rows"]): AsyncGenerator<string, undefined> {
  let text = head;
  for await (const row of rows) {
    text += line(row);
    if (text.length < CHUNK_CHARACTERS) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

const line = (cells: readonly CsvCell[]): string => `${cells.map(cellText).join(",")}\r\n`;

function cellText(cell: CsvCell): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "string") return typeof cell === "number" && !Number.isFinite(cell) ? "" : String(cell);
  const harmless = disarm(cell);
  return /[",;\t\r\n]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

// Spreadsheets look past blanks, quotes and invisible characters; the wide forms run in East Asian editions. One pass, and no
// way back: what is disarmed may be long and somebody else's.
const disarm = (text: string): string =>
  text.replace(
    /([;\t\r\n]|^)([\s"'\p{C}]*)([=+\-@＝＋－＠]?)/gu,
    (_, separator: string, blanks: string, trigger: string, at: number) => {
      const before = separator + blanks;
      const isLed = at === 0 && (trigger !== "" || /^[\t\r\n]/.test(before));
      const isHeld = trigger !== "" && !(isLed && !/[\t\r\n;]/.test(before));
      return `${isLed ? "'" : ""}${before}${isHeld ? "'" : ""}${trigger}`;
    },
  );

/** Media ranges and how much each is wanted. */
function parseAccept(header: string): Map<string, number> {
  const ranges = header.split(",").map((range): [string, number] => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const quality = Number(parameters.find((part) => part.startsWith("q="))?.slice(2) ?? 1);
    return [type, Number.isNaN(quality) ? 0 : quality];
  });
  return new Map(ranges);
}
