// npm run check:supply — the lockfile, its licences and install scripts, and secrets in the files that git keeps.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { licenceList, type Lock, lockProblems, type Manifest, pinProblems, secretProblems } from "./rules.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

const lock = JSON.parse(read("package-lock.json")) as Lock;
const manifest = JSON.parse(read("package.json")) as Manifest;

// --cached: what is deleted but not yet committed is listed too.
const tracked = execFileSync("git", ["ls-files", "-z", "--cached"], { cwd: fileURLToPath(root), encoding: "utf8" });
const scan = (path: string): string[] => {
  try {
    return secretProblems(path, read(path));
  } catch {
    return [];
  }
};
const files = tracked.split("\0").filter(Boolean);
const problems = [...lockProblems(lock, manifest), ...pinProblems(manifest), ...files.flatMap(scan)];

for (const problem of problems) console.error(`✗ ${problem}`);
if (process.argv.includes("--licences")) for (const line of licenceList(lock)) console.log(line);
if (problems.length > 0) process.exit(1);
console.log(
  `supply: ${Object.keys(lock.packages).length - 1} packages from npm by hash, no install script; no secret in ${files.length} files`,
);
