// Upstash's Redis has a method for each of its 300 commands, and its limiter a way of counting for each taste, analytics and
// lists of the denied: a bundler can cut off none of them, and the worker uses a few. This makes copies without the rest, which wrangler.toml puts in the packages'
// places; wrangler runs it before each build. What is cut is gone: whoever calls it hears of it at once (`driver.incr is not
// a function`). test/upstash-copy.test.ts holds the copies against the packages, and what we use against what is left.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const from = "node_modules/@upstash";
const to = "node_modules/.cache/upstash";
const kept = {
  Redis: [
    "constructor",
    "readYourWritesSyncToken",
    "addTelemetry",
    "ping",
    "get",
    "getex",
    "set",
    "del",
    "eval",
    "evalsha",
  ],
  Redis2: ["constructor"],
  Ratelimit: ["constructor", "limit", "getRatelimitResponse", "applyTimeout", "getKey"],
  RegionRatelimit: ["constructor", "slidingWindow"],
};

const read = (file) => readFileSync(`${from}/${file}`, "utf8");
const refuse = (what) => {
  throw new Error(`.upstash.mjs does not find ${what} in ${from}: look at it again`);
};

/** What stands between two texts, changed. */
const between = (code, start, end, change) => {
  const first = code.indexOf(start);
  const last = code.indexOf(end, first);
  if (first < 0 || last < 0) refuse(start);
  return code.slice(0, first) + change(code.slice(first, last)) + code.slice(last);
};

/** A class without those of its methods that are not kept; its fields stay. */
const cutClass = (code, name) =>
  between(code, `\nvar ${name} = class`, "\n};", (body) => {
    const found = new Set();
    const cut = body.replace(
      /\n {2}(?:static |get |set )*(\w+)(?:\(| = (?:async )?\()[\s\S]*?(?=\n {2}(?:\/\*|\w)|$)/g,
      (member, method) => {
        if (!kept[name].includes(method)) return "";
        found.add(method);
        return member;
      },
    );
    const missing = kept[name].filter((method) => !found.has(method));
    return missing.length > 0 ? refuse(`${name}.${missing.join(", ")}`) : cut;
  });

/** Code without one text, which is there once. */
const replaceOnce = (code, what, instead) => {
  if (code.match(new RegExp(what, "g"))?.length !== 1) refuse(what);
  return code.replace(what, () => instead);
};

/** What the limiter's remaining methods ask of those that are cut. */
const rest = [
  [
    /\n {4}this\.analytics = config\.analytics \? new Analytics\(\{[\s\S]*?\) : void 0;/,
    '\n    if (config.analytics || config.enableProtection || config.dynamicLimits) throw new Error("Left out of this copy of the limiter.");',
  ],
  [
    /const finalResponse = this\.submitAnalytics\(timedResponse, identifier, req\);\n +return finalResponse;/,
    "return timedResponse;",
  ],
  [
    /\n {4}const definedMembers = this\.getDefinedMembers\([\s\S]*?this\.denyListThreshold\);/,
    "\n    return this.limiter().limit(this.ctx, key, req?.rate);",
  ],
  [/\n__export\(ip_deny_list_exports, \{[\s\S]*?\n\}\);/, ""],
  [/\nvar tokenBucketRemainingTokensScript = `[\s\S]*?\n`;/, ""],
  [/\nimport \{ Analytics as CoreAnalytics \} from .*/, ""],
];
/** A sliding window only limits. */
const cutWindow = (code) =>
  between(code, "\nvar RegionRatelimit = class", "\n};", (body) =>
    replaceOnce(body, /,\n {6}async getRemaining\([\s\S]*(?=\n {4}\}\);\n {2}\}(?:\n|$))/, ""),
  );

/** The scripts of the sliding window in one region. */
const cutScripts = (code) =>
  between(code, "\nvar SCRIPTS = {", "\n};", (body) => {
    const [scripts] = /\n {4}slidingWindow: \{[\s\S]*?\n {4}\}/.exec(body) ?? refuse("the scripts");
    const counting = replaceOnce(scripts, /,\n +getRemaining: \{[\s\S]*?\}/, "");
    return `\nvar SCRIPTS = {\n  singleRegion: {${counting}\n  }`;
  });

mkdirSync(to, { recursive: true });
const write = (name, code) => {
  // Moved into its place at once: somebody may be reading it.
  writeFileSync(`${to}/${process.pid}`, code);
  renameSync(`${to}/${process.pid}`, `${to}/${name}`);
};

const platform = read("redis/cloudflare.mjs");
const [, chunk] = /from "\.\/(chunk-\w+\.mjs)"/.exec(platform) ?? refuse("the chunk");
write("chunk.mjs", cutClass(read(`redis/${chunk}`), "Redis"));
write("redis.mjs", cutClass(platform, "Redis2").replace(chunk, "chunk.mjs"));
const library = cutClass(cutClass(read("ratelimit/dist/index.mjs"), "Ratelimit"), "RegionRatelimit");
const limiter = rest.reduce(
  (code, [what, instead]) => replaceOnce(code, what, instead),
  cutWindow(cutScripts(library)),
);
write(
  "ratelimit.mjs",
  between(limiter, "\nexport {", "\n};", () => "\nexport { RegionRatelimit as Ratelimit").replace(
    /\n\/\/# source.*/,
    "",
  ),
);
