// The linter: Redocly's rules, offline, on the document that is served. `node .launch.mjs test/openapi/lint.ts`
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { root } from "../world/root.ts";

export const documentPath = join(root, "src/public/openapi.json");

const rules = {
  "no-invalid-media-type-examples": "error",
  "no-invalid-parameter-examples": "error",
  "no-invalid-schema-examples": "error",
  "no-unused-components": "error",
  "operation-operationId": "error",
  "operation-operationId-unique": "error",
  "operation-singular-tag": "error",
  "operation-tag-defined": "error",
  // A route that only redirects, or only refuses, has none.
  "operation-2xx-response": "off",
  "operation-4xx-response": "off",
  "tag-description": "error",
} as const;

/** What is wrong with a document, a line for each; its examples are held against their schemas. */
export async function lint(source: string): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended"], rules });
  const problems = await lintFromString({ source, absoluteRef: documentPath, config });
  return problems.map(({ ruleId, message, location }) => `${location[0]?.pointer ?? ""} ${ruleId}: ${message}`);
}

if (import.meta.main) {
  const problems = await lint(readFileSync(documentPath, "utf8"));
  for (const problem of problems) console.error(problem);
  console.log(`openapi: ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
