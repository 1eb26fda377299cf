const placeholder = /\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g;

/** The variables of a text, each once, in the order they come in: `1` of {{1}}. */
export const variablesOf = (text: string): string[] => [
  ...new Set([...text.matchAll(placeholder)].map(([, name = ""]) => name)),
];

/** {{1}}, not {{first_name}}. */
export const isNumbered = (variable: string): boolean => /^[1-9]\d*$/.test(variable);

/** What Meta would refuse in a text with variables: {{1}} to {{n}} without gaps, and no braces besides. */
export function findVariableProblem(text: string): string | undefined {
  if (/\{\{|\}\}/.test(text.replaceAll(placeholder, ""))) return "hay llaves sin cerrar o una variable mal escrita";
  const names = variablesOf(text);
  const numbers = names.map(Number).toSorted((a, b) => a - b);
  if (!names.every(isNumbered) || numbers.some((number, index) => number !== index + 1))
    return "las variables van de {{1}} en adelante, sin saltos";
  return undefined;
}

/** Meta refuses it with 2388299. */
export const isEdgedByVariable = (text: string): boolean =>
  /^\s*\{\{[^}]*\}\}/.test(text) || /\{\{[^}]*\}\}\s*$/.test(text);

/** For a page that puts the text into its HTML as it comes; {{n}} stays. */
export const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
