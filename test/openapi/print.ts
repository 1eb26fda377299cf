const WIDTH = 140;

/** JSON for readers: what fits on a line stands on one, and words stand beside each other. */
export function print(value: unknown, indent = ""): string {
  const line = oneLine(value);
  if (indent.length + line.length <= WIDTH || typeof value !== "object" || value === null) return line;
  const deeper = `${indent}  `;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const items: [key: string, item: unknown][] = Array.isArray(value)
    ? value.map((item: unknown) => ["", item])
    : entriesOf(value).map(([key, item]) => [`${JSON.stringify(key)}: `, item]);
  const parts = items.map(([key, item]) => key + print(item, deeper));
  const isFlat = items.every(([, item]) => typeof item !== "object" || item === null);
  const lines = (isFlat ? fill(parts, WIDTH - deeper.length) : parts).map((part) => deeper + part);
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}

function fill(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const begun = lines.at(-1);
    if (begun !== undefined && begun.length + word.length + 2 < width) lines[lines.length - 1] = `${begun}, ${word}`;
    else lines.push(word);
  }
  return lines;
}

const entriesOf = (value: object) => Object.entries(value).filter(([, item]) => item !== undefined);

function oneLine(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  const parts = entriesOf(value).map(([key, item]) => `${JSON.stringify(key)}: ${oneLine(item)}`);
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}
