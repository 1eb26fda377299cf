// Rates as a spreadsheet exports them: `date,base,quote,rate[,source]`, comma or semicolon, quotes where they are needed.
import { type FxRate, fxRate } from "./currencies.contract.ts";

export const MOST_LINES = 5_000;

const required = ["date", "base", "quote", "rate"] as const;
const columns = new Set<string>([...required, "source"]);

export type CsvRate = FxRate & { line: number };
export type CsvProblem = { line: number; field: string; problem: string };

/** The rates, or what is wrong and where: lines count from one, the header among them. */
export function parseRatesCsv(text: string): { rates: CsvRate[] } | { problems: CsvProblem[] } {
  const [header = "", ...lines] = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const separator = header.includes(";") ? ";" : ",";
  const names = (splitLine(header, separator) ?? []).map((name) => name.trim().toLowerCase());
  const isHeader =
    required.every((name) => names.includes(name)) &&
    names.every((name) => columns.has(name)) &&
    new Set(names).size === names.length;
  if (!isHeader) return wrong(1, "", "el encabezado debe ser date,base,quote,rate y, si querés, source");

  const filled = lines.map((line, index) => ({ line, number: index + 2 })).filter(({ line }) => line.trim() !== "");
  if (filled.length === 0) return wrong(2, "", "no hay ninguna cotización");
  if (filled.length > MOST_LINES) return wrong(MOST_LINES + 2, "", `son más de ${MOST_LINES} líneas`);

  const problems: CsvProblem[] = [];
  const rates = filled.flatMap(({ line, number }) => {
    const cells = splitLine(line, separator);
    if (cells?.length !== names.length) {
      problems.push({ line: number, field: "", problem: `debe tener ${names.length} columnas` });
      return [];
    }
    const row = Object.fromEntries(names.map((name, index) => [name, cells[index]?.trim() ?? ""]));
    const parsed = fxRate().safeParse(row["source"] === "" ? { ...row, source: undefined } : row);
    if (parsed.success) return [{ ...parsed.data, line: number }];
    for (const { path, message } of parsed.error.issues)
      problems.push({ line: number, field: path.join("."), problem: message });
    return [];
  });
  return problems.length > 0 ? { problems } : { rates };
}

const wrong = (line: number, field: string, problem: string) => ({ problems: [{ line, field, problem }] });

/** The cells of one line; undefined where its quotes do not close. A cell holds no line break. */
function splitLine(line: string, separator: string): string[] | undefined {
  const cells: string[] = [];
  const cell = separator === ";" ? /"((?:[^"]|"")*)"(;|$)|([^";]*)(;|$)/y : /"((?:[^"]|"")*)"(,|$)|([^",]*)(,|$)/y;
  for (;;) {
    const found = cell.exec(line);
    if (!found) return undefined;
    cells.push(found[1]?.replaceAll('""', '"') ?? found[3] ?? "");
    if ((found[2] ?? found[4]) === "") return cells;
  }
}
