// The worker judges what comes in and goes out; it writes no JSON Schema (the OpenAPI document is made where the tests run). zod
// hangs the writing of it on every schema, where no bundler can cut it off. This makes a copy without it, which wrangler.toml
// puts in the package's place; wrangler runs it before each build. It also hears it when there is nothing to describe: the
// worker's words are on paper only, and each would be one more schema at its start. And since a schema never changes, a text,
// a number or a yes/no without a setting is made once, and so is each schema's nullable and optional: a third of all that
// there is at the start. test/zod-copy.test.ts holds the copy against the package.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

const from = "node_modules/zod";
const to = "node_modules/.cache/zod";
const { version } = JSON.parse(readFileSync(`${from}/package.json`, "utf8"));
const recipe = createHash("sha256")
  .update(readFileSync(import.meta.filename))
  .digest("hex")
  .slice(0, 8);
const made = `${to}-${version}-${recipe}`;

if (!existsSync(made)) {
  const draft = `${made}-${process.pid}`;
  mkdirSync(`${draft}/v4`, { recursive: true });
  for (const part of ["index.js", "package.json", "v4/core", "v4/classic", "v4/locales"])
    cpSync(`${from}/${part}`, `${draft}/${part}`, { recursive: true });
  for (const file of ["to-json-schema.js", "json-schema-processors.js"]) {
    const path = `${draft}/v4/core/${file}`;
    const code = readFileSync(path, "utf8");
    const names = [...code.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => name);
    if (names.length < 5) throw new Error(`.zod.mjs finds nothing to leave out of ${file} of zod ${version}`);
    const refused = "() => { throw new Error('JSON Schema is left out of this bundle.'); }";
    const body = names.map(
      (name) => `export const ${name} = ${name.startsWith("create") ? "() => refuse" : "refuse"};`,
    );
    const alias = /^export \{ (\w+) as (\w+) \}/m.exec(code);
    if (alias) body.push(alias[0]);
    writeFileSync(path, [`const refuse = ${refused};`, ...body, ""].join("\n"));
  }
  const classic = `${draft}/v4/classic/schemas.js`;
  let schemas = readFileSync(classic, "utf8");
  for (const [method, nothing] of [
    ["describe(description) {", "description === undefined"],
    ["meta(...args) {", "args.length > 0 && args[0] === undefined"],
  ]) {
    const parts = schemas.split(`\n    ${method}\n`);
    if (parts.length !== 2) throw new Error(`.zod.mjs does not find ${method} in zod ${version}`);
    schemas = parts.join(`\n    ${method}\n        if (${nothing}) return this;\n`);
  }
  for (const [name, parameter] of [
    ["string", "params"],
    ["number", "params"],
    ["boolean", "params"],
    ["nullable", "innerType"],
    ["optional", "innerType"],
  ]) {
    const parts = schemas.split(`\nexport function ${name}(${parameter}) {\n`);
    if (parts.length !== 2) throw new Error(`.zod.mjs does not find ${name} in zod ${version}`);
    const once =
      parameter === "params"
        ? `let ${name}Once;\nexport function ${name}(params) {
    return params === undefined ? (${name}Once ??= make_${name}()) : make_${name}(params);
}`
        : `const ${name}Once = new WeakMap();\nexport function ${name}(innerType) {
    if (!${name}Once.has(innerType)) ${name}Once.set(innerType, make_${name}(innerType));
    return ${name}Once.get(innerType);
}`;
    schemas = parts.join(`\n${once}\nfunction make_${name}(${parameter}) {\n`);
  }
  writeFileSync(classic, schemas);
  // Another build may have been faster.
  try {
    renameSync(draft, made);
  } catch {
    rmSync(draft, { recursive: true, force: true });
  }
}

writeFileSync(`${to}.${process.pid}`, `export * from "./${made.split("/").at(-1)}/index.js";\n`);
renameSync(`${to}.${process.pid}`, `${to}.mjs`);
