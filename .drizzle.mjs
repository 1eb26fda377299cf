// Of Drizzle the worker builds queries from tables. Its bundled classes carry more that no bundler can cut off: relations, unions,
// migrations, transactions, caches, loggers, every type of column, and constraints, which only tools read. This makes a copy
// without the first, and with the last only where it runs outside of Workers; wrangler.toml puts it in the package's place, and
// wrangler runs this before each build. What is cut is gone: whoever calls it hears of it at once (`… is not a function`).
// All our tests run on the copy (test/vitest.config.ts); test/drizzle-copy.test.ts holds it against the package.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const KNOWN = "0.45.4";
const from = "node_modules/drizzle-orm";
const to = "node_modules/.cache/drizzle";
const entries = { index: "index.js", "pg-core": "pg-core/index.js", "neon-http": "neon-http/index.js" };

const { version } = JSON.parse(readFileSync(`${from}/package.json`, "utf8"));
if (version !== KNOWN) throw new Error(`.drizzle.mjs knows ${from} ${KNOWN}, not ${version}: look at its cuts again`);

const IN_WORKER = 'navigator.userAgent === "Cloudflare-Workers"';
const words = (text) => text.split(" ");

/** Members of classes, on lines of their own: a method, or a field that is made by a call. */
const without = (names) =>
  words(names).map((name) => [
    new RegExp(`\\n  (?:async )?${name.replace("$", "\\$")}(?:\\([\\s\\S]*?\\n  \\}(?=\\n)| = this\\..*;)`, "g"),
    "",
  ]);
/** Classes and functions of a module that nobody we keep uses; others may still name them. */
const emptied = (names) =>
  words(names).flatMap((name) => [
    [
      new RegExp(`\\n(?:class|function) ${name}\\b[\\s\\S]*?\\n\\}(?=\\n)`, "g"),
      `\nfunction ${name}() {\n  throw new Error("${name} is left out of this copy of Drizzle.");\n}`,
    ],
  ]);

/** Classes that a bundler may leave out: their static member looks as if it did something. */
const droppable = (names) =>
  words(names).map((name) => [
    new RegExp(`(?<=\\n)class ${name}\\b[\\s\\S]*?\\n\\}(?=\\n)`),
    (code) => `const ${name} = /* @__PURE__ */ (() => ${code})();`,
  ]);

/** What to find in each file, once, and what takes its place. */
const cuts = {
  "alias.js": emptied("RelationTableAliasProxyHandler aliasedRelation"),
  "casing.js": [
    ...emptied("toSnakeCase toCamelCase"),
    [/casing === "snake_case" \? toSnakeCase : casing === "camelCase" \? toCamelCase : noopCase/, "noopCase"],
  ],
  "errors.js": emptied("TransactionRollbackError"),
  "logger.js": emptied("ConsoleLogWriter DefaultLogger"),
  "utils.js": emptied("isConfig"),
  "neon-http/driver.js": [
    [/"@neondatabase\/serverless"/, '"../../marked/neon-serverless.mjs"'],
    ...emptied("wrap"),
    ...without("$withAuth"),
    [/\n  if \(config\.logger === true\) \{\n.*\n  \} else if/, "\n  if"],
    [/\n  if \(config\.schema\) \{[\s\S]*?\n  \}(?=\n)/, ""],
    [/\n  if \(typeof params\[0\] === "string"\)[\s\S]*?(?=\n  return construct\(params\[0\], params\[1\]\);)/, ""],
    [/\n\(\(drizzle2\) => \{[\s\S]*?\n\}\)\(drizzle.*/, ""],
  ],
  "neon-http/session.js": [...emptied("NeonTransaction"), ...without("query queryObjects count values")],
  "pg-core/columns/all.js": emptied("getPgColumnBuilders"),
  "pg-core/columns/enum.js": droppable("PgEnumObjectColumnBuilder PgEnumObjectColumn PgEnumColumnBuilder PgEnumColumn"),
  "pg-core/columns/common.js": [
    ...droppable("ExtraConfigColumn IndexedColumn"),
    [/new ExtraConfigColumn/, `${IN_WORKER} ? undefined : new ExtraConfigColumn`],
    [/(?<=\n  references\(.*\) \{)/, `\n    if (${IN_WORKER}) return this;`],
    [/(?<=\n    return )(?=this\.foreignKeyConfigs)/, `${IN_WORKER} ? [] : `],
    [/if \(!config\.uniqueName\)/, `if (!(${IN_WORKER}) && !config.uniqueName)`],
  ],
  "pg-core/table.js": [[/(?<=const builtColumnsForExtraConfig = )/, `${IN_WORKER} ? {} : `]],
  "pg-core/db.js": [
    [/\n    if \(this\._\.schema\) \{[\s\S]*?\n    \}(?=\n)/, ""],
    ...without("$count refreshMaterializedView transaction"),
  ],
  "pg-core/dialect.js": [
    ...without(
      "migrate buildSetOperations buildSetOperationQuery buildRefreshMaterializedViewQuery prepareTyping buildRelationalQueryWithoutPK",
    ),
    [/\n      prepareTyping: this\.prepareTyping,/, ""],
    [/\n    if \(setOperators\.length > 0\) \{[\s\S]*?\n    \}(?=\n)/, ""],
  ],
  "pg-core/session.js": [
    ...emptied("PgTransaction"),
    ...without("count"),
    [
      /(?<=\n  async queryWithCache\(.*\) \{)[\s\S]*?(?=\n  \}\n\}\n)/,
      "\n    try {\n      return await query();\n    } catch (e) {\n      throw new DrizzleQueryError(queryString, params, e);\n    }",
    ],
  ],
  "pg-core/query-builders/select.js": [
    ...without(
      "createSetOperator union unionAll intersect intersectAll except exceptAll addSetOperators rightJoin fullJoin crossJoin leftJoinLateral innerJoinLateral crossJoinLateral",
    ),
    [
      /\nfunction createSetOperator[\s\S]*?(?=\nexport)/,
      "\nconst [union, unionAll, intersect, intersectAll, except, exceptAll] = [];",
    ],
  ],
  "pg-core/query-builders/update.js": without("createJoin leftJoin rightJoin innerJoin fullJoin"),
  "pg-core/query-builders/count.js": emptied("PgCountBuilder"),
  "pg-core/query-builders/query.js": emptied("RelationalQueryBuilder PgRelationalQuery"),
  "pg-core/query-builders/refresh-materialized-view.js": emptied("PgRefreshMaterializedView"),
};

/** Modules of constraints: what they offer, and of that the functions, which a worker's tables name and never call. */
const onPaper = {
  "pg-core/checks.js": "check",
  "pg-core/foreign-keys.js": "foreignKey",
  "pg-core/indexes.js": "index uniqueIndex",
  "pg-core/policies.js": "pgPolicy",
  "pg-core/primary-keys.js": "primaryKey",
  "pg-core/unique-constraint.js": "unique",
};

const cut = (file, code) => {
  for (const [what, instead] of cuts[file] ?? []) {
    const found = code.match(new RegExp(what, "g"))?.length ?? 0;
    if (found !== 1) throw new Error(`${from}/${file}: ${what} is there ${found} times, not once`);
    code = code.replace(what, typeof instead === "string" ? () => instead : instead);
  }
  return code;
};

/** A module as a call that a bundler leaves out unless somebody needs what it makes. */
const wrap = (file, code, functions) => {
  const [, imports, body, names] = /^((?:import .*\n)*)([\s\S]*)\nexport \{([^}]*)\};/.exec(code) ?? [];
  if (!names) throw new Error(`${from}/${file} has another shape`);
  const offers = names.trim().split(/,\s*/);
  const missing = words(functions).filter((name) => !offers.includes(name));
  if (missing.length > 0) throw new Error(`${from}/${file} has no ${missing.join(", ")}`);
  const offer = (name) =>
    words(functions).includes(name)
      ? `export const ${name} = ${IN_WORKER} ? undefined : made.${name};`
      : `export const ${name} = /* @__PURE__ */ (() => made.${name})();`;
  return `${imports}const made = /* @__PURE__ */ (() => {\n${body}\nreturn { ${offers.join(", ")} };\n})();\n${offers.map(offer).join("\n")}\n`;
};

const recipe = createHash("sha256")
  .update(readFileSync(import.meta.filename))
  .digest("hex")
  .slice(0, 8);
const made = `${to}-${version}-${recipe}`;

if (!existsSync(made)) {
  const files = new Set(Object.values(entries));
  const copies = new Map();
  for (const file of files) {
    const code = readFileSync(`${from}/${file}`, "utf8").replace(/\n?\/\/# sourceMappingURL.*/, "\n");
    const changed = file in onPaper ? wrap(file, code, onPaper[file]) : cut(file, code);
    copies.set(file, changed);
    for (const [, path] of changed.matchAll(/from "(\.[^"]+)"/g)) {
      const near = join(dirname(file), path);
      if (!near.startsWith("..")) files.add(near);
    }
  }
  const lost = [...Object.keys(cuts), ...Object.keys(onPaper)].filter((file) => !files.has(file));
  if (lost.length > 0) throw new Error(`${from} does not use ${lost.join(", ")}`);
  const draft = `${made}-${process.pid}`;
  copies.set("package.json", JSON.stringify({ type: "module", sideEffects: false }));
  for (const [file, code] of copies) {
    mkdirSync(dirname(`${draft}/${file}`), { recursive: true });
    writeFileSync(`${draft}/${file}`, code);
  }
  // Another build may have been faster.
  try {
    renameSync(draft, made);
  } catch {
    rmSync(draft, { recursive: true, force: true });
  }
}

mkdirSync(to, { recursive: true });
for (const [name, file] of Object.entries(entries)) {
  writeFileSync(`${to}/${name}.${process.pid}`, `export * from "../${made.split("/").at(-1)}/${file}";\n`);
  renameSync(`${to}/${name}.${process.pid}`, `${to}/${name}.mjs`);
}
