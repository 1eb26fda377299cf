// Neon's driver comes as one bundled file, without the marks by which a bundler leaves out what nobody uses: the worker, which
// speaks HTTP alone, would carry its WebSocket and all of node-postgres, a fifth of its size. This sets the marks in a copy
// that wrangler.toml puts in the package's place; wrangler runs it before each build. Three things are more than marks: `types`
// is asked of the module that node-postgres has it from, Buffer is the platform's, which the driver would choose anyway, and
// `process`, which HTTP has no use for, is the driver's own small one: to touch the platform's loads Node's streams.
// test/driver.test.ts holds the copy against the package.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const KNOWN = "1.2.0";
const from = "node_modules/@neondatabase/serverless";
const to = "node_modules/.cache/marked";

const { version } = JSON.parse(readFileSync(`${from}/package.json`, "utf8"));
if (version !== KNOWN) throw new Error(`.driver.mjs knows ${from} ${KNOWN}, not ${version}: look at its marks again`);

const PURE = "/* @__PURE__ */ ";
/** What to find, how often it is there, and what takes its place. T and V wrap a module, `we` opens one, `a` names a function. */
const marks = [
  [/(?<=[\w$]=)\s*(?=[TV]\()/g, 54, PURE],
  [/(?<=[\w$]=)\s*we\((?=[\w$]+\()/g, 8, `${PURE}we(${PURE}`],
  [/(?<=[;}])\s*(?=a\([\w$]+,)/g, 189, PURE],
  [/(?<= extends )[\w$]+\.(?:Client|Pool)(?=\{)/g, 2, `(${PURE}(()=>$&)())`],
  [/(?<=var export_types=)[\w$]+\.types/g, 1, "TYPES"],
  [/(?<=var export_\w+=)[\w$]+\.\w+(?=;)/g, 4, `${PURE}(()=>$&)()`],
  [/typeof globalThis\.Buffer==[^?]+\?\s*globalThis\.Buffer:[\w$]+\(\)\.Buffer/g, 1, "globalThis.Buffer"],
  [/globalThis\.process\?\?(?=\{\})/g, 1, ""],
];

let code = readFileSync(`${from}/index.mjs`, "utf8");
const [, types] = /this\.types=([\w$]+\(\))/.exec(code);
for (const [what, times, mark] of marks) {
  let found = 0;
  code = code.replace(what, (it) => (found++, mark.replace("$&", it).replace("TYPES", `${PURE}${types}`)));
  if (found !== times) throw new Error(`${from}: ${what} is there ${found} times, not ${times}`);
}

mkdirSync(to, { recursive: true });
// Moved into its place at once: somebody may be reading it.
writeFileSync(`${to}/${process.pid}`, code);
renameSync(`${to}/${process.pid}`, `${to}/neon-serverless.mjs`);
