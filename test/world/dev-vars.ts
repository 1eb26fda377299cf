import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Variables } from "./settings.ts";

const nameOf = (line: string) => /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=/.exec(line)?.[1];

const quote = (value: string) => (value.includes('"') ? `'${value}'` : `"${value}"`);

/** The world's variables, with those that the environment sets in their place. */
export const withEnvironment = (
  variables: Variables,
  env: NodeJS.ProcessEnv,
): { variables: Variables; own: string[] } => {
  const own = Object.keys(variables).filter((name) => env[name] !== undefined);
  const chosen = Object.fromEntries(own.map((name) => [name, env[name]]));
  // A database of one's own is not behind our door.
  const door = own.includes("DATABASE_URL") && !own.includes("NEON_FETCH_ENDPOINT") ? { NEON_FETCH_ENDPOINT: "" } : {};
  return { variables: { ...variables, ...door, ...chosen }, own };
};

/** Makes the file say these variables, readable by its owner only; its other lines stay as they are. */
export const writeDevVars = (file: string, variables: Variables): void => {
  const missing = new Map<string, string>(Object.entries(variables));
  const lines = existsSync(file)
    ? readFileSync(file, "utf8").replace(/\n$/, "").split("\n")
    : ["# Written by npm run world."];
  const kept = lines.map((line) => {
    const name = nameOf(line) ?? "";
    const value = missing.get(name);
    if (value === undefined) return line;
    missing.delete(name);
    return `${name}=${quote(value)}`;
  });
  const added = [...missing].map(([name, value]) => `${name}=${quote(value)}`);
  writeFileSync(file, `${[...kept, ...added].join("\n")}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
};

/** The variables of a file that writeDevVars wrote; empty when there is none. */
export const readDevVars = (file: string): Record<string, string> => {
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, "utf8").split("\n");
  return Object.fromEntries(
    lines.flatMap((line) => {
      const name = nameOf(line);
      return name
        ? [
            [
              name,
              line
                .slice(line.indexOf("=") + 1)
                .trim()
                .replace(/^(["'])(.*)\1$/, "$2"),
            ],
          ]
        : [];
    }),
  );
};
