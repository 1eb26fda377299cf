// Neon's driver comes as one bundled file, without the marks by which a bundler leaves out what nobody uses: the worker, which
// speaks HTTP alone, would carry its WebSocket and all of node-postgres, a fifth of its size. This sets the marks in a copy
// that wrangler.toml puts in the package's place; wrangler runs it before each build. Some are more than marks: `types` is asked
// of the module that node-postgres has it from; Buffer is the platform's, which the driver would choose anyway; `process`, which
// HTTP has no use for, is the driver's own small one: to touch the platform's loads Node's streams; neonConfig is no socket and
// has the settings of HTTP alone; what only a socket needs (passwords' hashes, binary answers) and what only a page would say
// are out; and times are left to who tells how to read them: Drizzle does, before it asks anything.
// test/driver.test.ts holds the copy against the package.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const KNOWN = "1.2.0";
const from = "node_modules/@neondatabase/serverless";
const to = "node_modules/.cache/marked";

const { version } = JSON.parse(readFileSync(`${from}/package.json`, "utf8"));
if (version !== KNOWN) throw new Error(`.driver.mjs knows ${from} ${KNOWN}, not ${version}: look at its marks again`);

const PURE = "/* @__PURE__ */ ";
/** What to find, how often it is there, and what takes its place. T and V wrap a module, `we` opens one, `se` names what it offers, `a` names a function. */
const cuts = [
  [/Ti=we\(ve\(\),1\);/g, 1, ""],
  [/Su=ts\(\),/g, 1, ""],
  [/;Su\.init\(function\(r,\s*e\)\{\s*Ye\.\s*binary\[r\]=e\}\)/g, 1, ""],
  [/Fu=\(fr\(\),O\(lr\)\),Mu=tt\(\)/g, 1, "Mu={parseInputDatesAsUTC:!1}"],
  [/var dr=a\(function\(r\)\{return Fu\.[\s\S]+?"postgresMd5PasswordHash"\);/g, 1, ""],
  [/,postgresMd5PasswordHash:qu,md5:dr(?=\})/g, 1, ""],
  [/Et=Fi\(\),ji=Qi\(\)/g, 1, 'Et=()=>{throw new Error("Nobody told how to read times.")},ji=Et'],
  [/(?<=function gt\(\)\{)typeof window[^`]+`[^`]+`\)(?=\})/g, 1, ""],
];
const marks = [
  [/var ([\w$]+)=\{\};\s*se\(\1,\s*(\{[^}]*\})\)/g, 11, `var $1=${PURE}(r=>(se(r,$2),r))({})`],
  [/(?<=[\w$]=)\s*(?=[TV]\()/g, 54, PURE],
  [/(?<=[\w$]=)\s*we\((?=[\w$]+\()/g, 7, `${PURE}we(${PURE}`],
  [/(?<=[;}])\s*(?=a\(\s*[\w$]+,)/g, 193, PURE],
  [/(?<= extends )[\w$]+\.(?:Client|Pool)(?=\{)/g, 2, `(${PURE}(()=>$0)())`],
  [/(?<=var export_types=)[\w$]+\.types/g, 1, "TYPES"],
  [/(?<=var export_\w+=)[\w$]+\.\w+(?=;)/g, 4, `${PURE}(()=>$0)()`],
  [/typeof globalThis\.Buffer==[^?]+\?\s*globalThis\.Buffer:[\w$]+\(\)\.Buffer/g, 1, "globalThis.Buffer"],
  [/globalThis\.process\?\?(?=\{\})/g, 1, ""],
];
/** What is left of the class of sockets, whose statics are neonConfig. */
const settings = ["fetchEndpoint", "fetchFunction", "disableWarningInBrowsers"];
const socket = /(?<==class A )extends Ti\.EventEmitter\{[\s\S]+?\}(?=;a\(A,"Socket"\))/;

let code = readFileSync(`${from}/index.mjs`, "utf8");
if (!socket.test(code)) throw new Error(`${from}: the class of sockets is not there`);
const [, types] = /this\.types=([\w$]+\(\))/.exec(code);
code = code.replace(socket, (body) => {
  const kept = settings.flatMap((name) => body.match(new RegExp(`static [gs]et ${name}\\([^}]+\\}`, "g")) ?? []);
  if (kept.length !== 2 * settings.length) throw new Error(`${from}: not all of ${settings.join(", ")} are there`);
  return `{${kept.join("")}}`;
});
for (const [what, times, mark] of [...cuts, ...marks]) {
  let found = 0;
  code = code.replace(
    what,
    (...parts) => (found++, mark.replace(/\$(\d)/g, (_, at) => parts[at]).replace("TYPES", () => PURE + types)),
  );
  if (found !== times) throw new Error(`${from}: ${what} is there ${found} times, not ${times}`);
}

mkdirSync(to, { recursive: true });
// Moved into its place at once: somebody may be reading it.
writeFileSync(`${to}/${process.pid}`, code);
renameSync(`${to}/${process.pid}`, `${to}/neon-serverless.mjs`);
