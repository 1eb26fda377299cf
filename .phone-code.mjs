// libphonenumber comes compiled for browsers of 2015, with the ways in which each country writes its numbers: of 38 KB the worker,
// which wants the E.164 of a text, needs a third. This makes a copy without the rest, which wrangler.toml puts in the package's
// place; wrangler runs it before each build. What is cut is gone: whoever calls it hears of it at once (`… is not a function`).
// test/phone-code.test.ts holds it against the package.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const KNOWN = "1.13.16";
const from = "node_modules/libphonenumber-js";
const to = "node_modules/.cache/phone-code";

const { version } = JSON.parse(readFileSync(`${from}/package.json`, "utf8"));
if (version !== KNOWN)
  throw new Error(`.phone-code.mjs knows ${from} ${KNOWN}, not ${version}: look at its cuts again`);

/** What the compiler put into each file, each on a line of its own, as the language has it today. */
const helpers = {
  _typeof: "function _typeof(o) { return typeof o; }",
  _objectSpread: "function _objectSpread(...all) { return Object.assign(...all); }",
  _classCallCheck: "function _classCallCheck() {}",
  _createClass:
    "function _createClass(it, all = []) { for (const { key, value } of all) it.prototype[key] = value; return it; }",
  _createForOfIteratorHelperLoose:
    "function _createForOfIteratorHelperLoose(all) { const it = all[Symbol.iterator](); return it.next.bind(it); }",
};
const unneeded =
  "ownKeys _defineProperty _defineProperties _toPropertyKey _toPrimitive _unsupportedIterableToArray _arrayLikeToArray";
const modern = (code) =>
  code.replace(
    /^function (\w+)\(.*\}$/gm,
    (line, name) => helpers[name] ?? (unneeded.split(" ").includes(name) ? "" : line),
  );

/** Of a class only these methods. */
const methods = {
  "metadata.js": {
    Metadata:
      "getCountryMetadata nonGeographic hasCountry hasCallingCode isNonGeographicCallingCode selectNumberingPlan " +
      "getCountryCodesForCallingCode getCountryCodeForCallingCode getNumberingPlanMetadata countryCallingCode IDDPrefix " +
      "defaultIDDPrefix nationalNumberPattern possibleLengths nationalPrefixForParsing nationalPrefixTransformRule " +
      "leadingDigits type countryCallingCodes hasSelectedNumberingPlan",
    NumberingPlan:
      "callingCode IDDPrefix defaultIDDPrefix nationalNumberPattern possibleLengths nationalPrefix _nationalPrefixForParsing " +
      "nationalPrefixForParsing nationalPrefixTransformRule leadingDigits types hasTypes type",
  },
  "PhoneNumber.js": { PhoneNumber: "isPossible" },
};
const refuse = (file, what) => {
  throw new Error(`.phone-code.mjs does not find ${what} in ${file} of libphonenumber-js ${version}`);
};
const keepMethods = (file, code, name, kept) => {
  const start = `return _createClass(${name}, [{\n`;
  const first = code.indexOf(start) + start.length;
  const last = code.indexOf("\n  }]);\n", first);
  if (first < start.length || last < 0) refuse(file, name);
  const all = code.slice(first, last).split("\n  }, {\n");
  const nameOf = (method) => /^ {4}key: "(\w+)"/m.exec(method)?.[1];
  const missing = kept.split(" ").filter((method) => !all.some((one) => nameOf(one) === method));
  if (missing.length > 0) refuse(file, `${name}.${missing.join(", ")}`);
  return (
    code.slice(0, first) +
    all.filter((one) => kept.split(" ").includes(nameOf(one))).join("\n  }, {\n") +
    code.slice(last)
  );
};

/** Files that are written anew. */
const anew = {
  "ParseError.js": `export default class ParseError extends Error {
  name = "ParseError";
}
`,
  "normalizeArguments.js": `export default function normalizeArguments([text, options, metadata]) {
  if (!metadata || typeof options !== "object") throw new Error("This copy of libphonenumber wants text, options and metadata.");
  return { text, options, metadata };
}
`,
};
const VERSIONS = /(?<=function setVersion\(metadata\) \{)[\s\S]*?(?=\n\}\n)/;
const cut = (file, code) => {
  if (file in anew) return anew[file];
  let text = modern(code);
  for (const [name, kept] of Object.entries(methods[file] ?? {})) text = keepMethods(file, text, name, kept);
  if (file !== "metadata.js") return text;
  if (!VERSIONS.test(text)) refuse(file, "setVersion");
  const known =
    "if (metadata.version !== 4) throw new Error(`This copy of libphonenumber knows metadata of version 4.`);";
  return text.replace(VERSIONS, () => `\n  ${known}`).replaceAll(/this\.v[123]\b/g, "false");
};

const recipe = createHash("sha256")
  .update(readFileSync(import.meta.filename))
  .digest("hex")
  .slice(0, 8);
const made = `${to}-${version}-${recipe}`;
if (!existsSync(made)) {
  const copies = new Map([["package.json", JSON.stringify({ type: "module", sideEffects: false })]]);
  const files = new Set(["parsePhoneNumber.js"]);
  for (const file of files) {
    const text = cut(file, readFileSync(`${from}/es6/${file}`, "utf8").replace(/\n\/\/# sourceMappingURL.*/, "\n"));
    copies.set(file, text);
    for (const [, path] of text.matchAll(/from '(\.[^']+)'/g)) files.add(join(dirname(file), path));
  }
  const lost = [...Object.keys(methods), ...Object.keys(anew)].filter((file) => !files.has(file));
  if (lost.length > 0) refuse(lost.join(", "), "the way");
  const draft = `${made}-${process.pid}`;
  for (const [file, text] of copies) {
    mkdirSync(dirname(`${draft}/${file}`), { recursive: true });
    writeFileSync(`${draft}/${file}`, text);
  }
  // Another build may have been faster.
  try {
    renameSync(draft, made);
  } catch {
    rmSync(draft, { recursive: true, force: true });
  }
}

writeFileSync(
  `${to}.${process.pid}`,
  `export { default as parsePhoneNumberFromString } from "./${made.split("/").at(-1)}/parsePhoneNumber.js";\n`,
);
renameSync(`${to}.${process.pid}`, `${to}.mjs`);
