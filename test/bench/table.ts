export type Row = readonly (string | number)[];

/** Columns as wide as their widest entry; the first one to the left, figures to the right. */
export const tableOf = (head: Row, rows: readonly Row[]): string => {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => String(row[column] ?? "").length)));
  const line = (row: Row) =>
    row
      .map((entry, column) =>
        column === 0 ? String(entry).padEnd(widths[column] ?? 0) : String(entry).padStart(widths[column] ?? 0),
      )
      .join("  ");
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)]
    .map((text) => `  ${text}`)
    .join("\n");
};

export const whole = (value: number): string => Math.round(value).toLocaleString("en").replaceAll(",", " ");

/** Three digits that count. */
export const brief = (value: number): string =>
  !Number.isFinite(value) ? "–" : value >= 100 ? whole(value) : value.toFixed(value >= 10 ? 1 : 2);

export const percent = (part: number, all: number): string => `${Math.round((100 * part) / all)} %`;
