// Runs a TypeScript file or an npm binary on a Node that is new enough: wrangler and vitest need 22, running .ts files
// as they are and import.meta.main need a late one. Elsewhere the Node that npm installed beside us takes over.
// Usage: node .launch.mjs <file.ts | package binary> [arguments…]
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const modules = join(root, "node_modules");

const isRecent = (version) => {
  const [major, minor] = version.split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 2) || (major === 22 && minor >= 23);
};

const packagedNode = () => {
  const { platform, arch } = process;
  const name = platform === "win32" ? "node.exe" : "node";
  for (const pkg of [`node-${platform === "win32" ? "win" : platform}-${arch}`, `node-bin-${platform}-${arch}`]) {
    const file = join(modules, pkg, "bin", name);
    if (existsSync(file)) return file;
  }
  throw new Error(`Node ${process.version} is too old (22.23 is needed) and none is packaged for ${platform}-${arch}.`);
};

/** The script behind a package's binary, so that it runs on our Node whatever its shebang finds. */
const binary = (name) => {
  const pkg = name === "tsc" ? "typescript" : name;
  const manifest = JSON.parse(readFileSync(join(modules, pkg, "package.json"), "utf8"));
  const bin = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[name];
  return join(modules, pkg, bin);
};

const node = isRecent(process.versions.node) ? process.execPath : packagedNode();
const [target, ...rest] = process.argv.slice(2);
const script = /\.(ts|mjs|js)$/.test(target) ? join(root, target) : binary(target);
const child = spawn(node, ["--disable-warning=ExperimentalWarning", script, ...rest], {
  stdio: "inherit",
  cwd: root,
  env: { ...process.env, PATH: `${dirname(node)}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}` },
});
// The terminal sends Ctrl-C to the whole group; we only outlive the child to report how it ended.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => signal === "SIGTERM" && child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
