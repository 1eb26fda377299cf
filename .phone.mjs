// libphonenumber's metadata is that of all countries, with the ways in which each writes its numbers: 80 KB, and the worker
// wants the E.164 of a few. This makes a copy with the countries that src/lib/phone.ts lists, without the ways of writing,
// which wrangler.toml puts in the package's place; wrangler runs it before each build. test/phone-copy.test.ts holds it
// against the package.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const KNOWN = 4;
const FORMATS = 4;
const to = "node_modules/.cache";

const whole = JSON.parse(readFileSync("node_modules/libphonenumber-js/metadata.min.json", "utf8"));
if (whole.version !== KNOWN) throw new Error(`.phone.mjs knows metadata of version ${KNOWN}, not ${whole.version}`);
const listed = /^const COUNTRIES = "([A-Z ]+)"/m.exec(readFileSync("src/lib/phone.ts", "utf8"))?.[1].split(" ");
if (!listed) throw new Error(".phone.mjs finds no list of countries in src/lib/phone.ts");

const countries = Object.fromEntries(
  listed.map((code) => {
    const country = [...(whole.countries[code] ?? missing(code))];
    // A country that writes as another one does has 0 in the place.
    if (country[FORMATS] && !Array.isArray(country[FORMATS][0])) throw new Error(`.phone.mjs: no formats of ${code}`);
    country[FORMATS] = 0;
    return [code, country];
  }),
);
const callingCodes = Object.fromEntries(
  Object.entries(whole.country_calling_codes).flatMap(([code, all]) => {
    const kept = all.filter((country) => country in countries);
    return kept.length > 0 ? [[code, kept]] : [];
  }),
);
const cut = { version: whole.version, country_calling_codes: callingCodes, countries, nonGeographic: {} };

function missing(code) {
  throw new Error(`.phone.mjs does not find ${code} in libphonenumber-js`);
}

mkdirSync(to, { recursive: true });
// Moved into its place at once: somebody may be reading it.
writeFileSync(`${to}/phone.${process.pid}`, `export default ${JSON.stringify(cut)};\n`);
renameSync(`${to}/phone.${process.pid}`, `${to}/phone-metadata.mjs`);
