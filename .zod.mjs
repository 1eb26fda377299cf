// The worker judges what comes in and goes out; it writes no JSON Schema (the OpenAPI document is made where the tests run). zod
// hangs the writing of it on every schema, where no bundler can cut it off, and so it does with each format of a text, with
// codecs, and with what we never ask (intersections, compiling with eval, values that hold themselves). This makes a copy without
// them, which wrangler.toml puts in the package's place; wrangler runs it before each build. What is cut is gone: whoever calls
// it hears of it at once (`… is not a function`); outside of Workers the copy still writes JSON Schema, for all our tests run
// on it (see test/vitest.config.ts). It also hears when there is nothing to describe: the worker's words are on paper only, and each
// would be one more schema at its start. And since a schema never changes, a text, a number or a yes/no without a setting is
// made once, and so is each schema's nullable and optional: a third of all that there is at the start. test/zod-copy.test.ts
// holds the copy against the package.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

const from = "node_modules/zod";
const to = "node_modules/.cache/zod";
const KNOWN = "4.6.7";
const { version } = JSON.parse(readFileSync(`${from}/package.json`, "utf8"));
if (version !== KNOWN) throw new Error(`.zod.mjs knows zod ${KNOWN}, not ${version}: look at its cuts again`);

const IN_WORKER = 'navigator.userAgent === "Cloudflare-Workers"';
/** Methods that nobody calls. */
const uncalled = {
  ZodType:
    "with brand register overwrite exactOptional nonoptional and prefault readonly isOptional isNullable apply validate " +
    "validateAsync encode decode encodeAsync decodeAsync safeEncode safeDecode safeEncodeAsync safeDecodeAsync",
  _ZodString: "lowercase uppercase slugify",
  // All formats stay as functions of their own: z.email(), z.uuid().
  ZodString:
    "email url jwt emoji guid uuid uuidv4 uuidv6 uuidv7 nanoid cuid cuid2 ulid base64 base64url xid ksuid ipv4 ipv6 cidrv4 " +
    "cidrv6 e164 datetime date time duration",
};
/** In the files of classic: what to find, once, and what takes its place. */
const cuts = {
  "schemas.js": [
    // As one name of another module it would come as a whole.
    ['import { util } from "../core/index.js";', 'import * as util from "../core/util.js";'],
    ["\n    if (!core.globalConfig.memoizer)\n        core.config({ memoizer: core.memoizer() });", ""],
    ["core.util.constantCatch(", "util.constantCatch("],
    ["core.$ZodObjectJIT.init(inst, def);", "core.$ZodObject.init(inst, def);"],
  ],
  "coerce.js": [["core._coercedBigint(schemas.ZodBigInt, params)", "refuse()"]],
  "iso.js": [
    ["core._isoTime(ZodISOTime, params)", "refuse()"],
    ["core._isoDuration(ZodISODuration, params)", "refuse()"],
    [
      /, ZodISODuration, ZodISOTime \} from "\.\/schemas\.js";\nexport \{ ZodISODate, ZodISODateTime, ZodISODuration, ZodISOTime \}/,
      ' } from "./schemas.js";\nexport { ZodISODate, ZodISODateTime, ZodISODuration, ZodISOTime }',
    ],
  ],
};
const REFUSE = "const refuse = () => {\n    throw new Error('This is left out of this copy of zod.');\n};\n";

/** A text without something that is there once. */
const replaceOnce = (code, what, instead) => {
  const parts = code.split(what);
  if (parts.length !== 2)
    throw new Error(`.zod.mjs finds ${what} ${parts.length - 1} times in zod ${version}, not once`);
  return parts.join(instead);
};
/** A class's table of methods, without some. */
const cutMethods = (code, name, methods) => {
  const first = code.indexOf(`export const ${name} = `);
  const last = code.indexOf("\nexport ", first + 1);
  const table = methods
    .split(" ")
    .reduce(
      (text, method) =>
        replaceOnce(
          text,
          new RegExp(`\\n {4}(?:async )?${method}(?:\\(| *: )[^\\n]*\\{\\n(?: {8}[^\\n]*\\n)* {4}\\},(?=\\n)`),
          "",
        ),
      code.slice(first, last),
    );
  return code.slice(0, first) + table + code.slice(last);
};

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
    const whole = file.replace(".js", ".whole.js");
    writeFileSync(path.replace(file, whole), code);
    const refused = "() => { throw new Error('JSON Schema is left out of this bundle.'); }";
    const body = names.map(
      (name) =>
        `export const ${name} = ${IN_WORKER} ? ${name.startsWith("create") ? "() => refuse" : "refuse"} : whole.${name};`,
    );
    const alias = /^export \{ (\w+) as (\w+) \}/m.exec(code);
    if (alias) body.push(alias[0]);
    writeFileSync(path, [`import * as whole from "./${whole}";`, `const refuse = ${refused};`, ...body, ""].join("\n"));
  }
  const classic = `${draft}/v4/classic/schemas.js`;
  for (const [file, changes] of Object.entries(cuts)) {
    const path = `${draft}/v4/classic/${file}`;
    const changed = changes.reduce(
      (code, [what, instead]) => replaceOnce(code, what, instead),
      readFileSync(path, "utf8"),
    );
    writeFileSync(path, changed.includes("refuse()") ? changed + REFUSE : changed);
  }
  // The bundler drops the other languages; where there is none, they would be fifty files to read.
  writeFileSync(`${draft}/v4/locales/index.js`, 'export { default as en } from "./en.js";\n');
  let schemas = readFileSync(classic, "utf8");
  // Each schema would hold how it is written.
  schemas = schemas.replaceAll("inst._zod.processJSONSchema = ", (it) => `if (!(${IN_WORKER}))\n        ${it}`);
  if (!schemas.includes(`if (!(${IN_WORKER}))`))
    throw new Error(`.zod.mjs finds no processJSONSchema in zod ${version}`);
  for (const [name, methods] of Object.entries(uncalled)) schemas = cutMethods(schemas, name, methods);
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
