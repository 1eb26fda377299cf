// libphonenumber's metadata is that of all countries, with the ways in which each writes its numbers: 80 KB, and the worker
// wants the E.164 of a few. This makes a copy with the countries that src/lib/phone.ts lists, and of each what it reads,
// which wrangler.toml puts in the package's place; wrangler runs it before each build. test/phone-copy.test.ts holds it
// against the package.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const KNOWN = 4;
const to = "node_modules/.cache";
/** Code, prefix abroad, pattern, lengths, prefix at home, the same for reading, what it becomes. */
const READ = [0, 1, 2, 3, 5, 7, 8];

const whole = JSON.parse(readFileSync("node_modules/libphonenumber-js/metadata.min.json", "utf8"));
if (whole.version !== KNOWN) throw new Error(`.phone.mjs knows metadata of version ${KNOWN}, not ${whole.version}`);
const listed = /^const COUNTRIES = "([A-Z ]+)"/m.exec(readFileSync("src/lib/phone.ts", "utf8"))?.[1].split(" ");
if (!listed) throw new Error(".phone.mjs finds no list of countries in src/lib/phone.ts");

const countries = Object.fromEntries(
  listed.map((country) => {
    const row = whole.countries[country];
    if (!row) throw new Error(`.phone.mjs does not find ${country} in libphonenumber-js`);
    return [country, Array.from({ length: 9 }, (_, at) => (READ.includes(at) && row[at]) || 0)];
  }),
);

mkdirSync(to, { recursive: true });
// Moved into its place at once: somebody may be reading it.
writeFileSync(`${to}/phone.${process.pid}`, `export default ${JSON.stringify({ countries })};\n`);
renameSync(`${to}/phone.${process.pid}`, `${to}/phone-metadata.mjs`);
