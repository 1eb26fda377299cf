// What may come into the house from outside, and what may not lie about in it. Pure: check.ts reads the files.

export type LockedPackage = {
  resolved?: string;
  integrity?: string;
  license?: string;
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
  link?: boolean;
  hasInstallScript?: boolean;
};
export type Lock = { packages: Record<string, LockedPackage> };
export type Manifest = { allowScripts?: Record<string, boolean> } & Partial<
  Record<"dependencies" | "devDependencies" | "optionalDependencies", Record<string, string>>
>;

const REGISTRY = "registry.npmjs.org";

/** What ships to Cloudflare or is offered to who installs us. */
const shippedLicences = new Set(["MIT", "Apache-2.0", "ISC", "BSD-2-Clause", "BSD-3-Clause", "0BSD"]);
/** What only builds and tests: never linked into what ships. */
const toolLicences = new Set([
  ...shippedLicences,
  "MIT OR Apache-2.0",
  "(MIT AND Zlib)",
  "CC0-1.0",
  "CC-BY-4.0",
  "BlueOak-1.0.0",
  "MPL-2.0",
  "PSF-2.0",
  "LGPL-3.0-or-later",
  "Apache-2.0 AND LGPL-3.0-or-later",
  "Apache-2.0 AND LGPL-3.0-or-later AND MIT",
]);

const nameOf = (path: string) => path.replace(/^.*node_modules\//, "");
const isTool = ({ dev, optional, devOptional }: LockedPackage) => Boolean(dev ?? optional ?? devOptional);
const packagesOf = (lock: Lock) => Object.entries(lock.packages).filter(([path]) => path !== "");

/** Every package is npm's, by hash, under a licence that we know, and none runs a script while it is installed. */
export function lockProblems(lock: Lock, { allowScripts = {} }: Manifest): string[] {
  return packagesOf(lock).flatMap(([path, locked]) => {
    const problems: string[] = [];
    if (locked.link) problems.push("is a link");
    if (locked.resolved !== undefined && new URL(locked.resolved).host !== REGISTRY)
      problems.push(`comes from ${new URL(locked.resolved).host}`);
    if (!locked.integrity?.startsWith("sha512-")) problems.push("has no sha512");
    if (locked.hasInstallScript && allowScripts[nameOf(path)] !== false)
      problems.push("runs a script when installed, and allowScripts does not refuse it");
    if (locked.hasInstallScript && !isTool(locked)) problems.push("runs a script when installed, and ships");
    const known = isTool(locked) ? toolLicences : shippedLicences;
    if (!known.has(locked.license ?? "none")) problems.push(`has the licence ${locked.license ?? "none"}`);
    return problems.map((problem) => `${path} ${problem}`);
  });
}

/** How many packages stand under each licence: what ships, and tools. */
export function licenceList(lock: Lock): string[] {
  const counts = new Map<string, number>();
  for (const [, locked] of packagesOf(lock)) {
    const line = `${isTool(locked) ? "tools" : "ships"}  ${locked.license ?? "none"}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${line}: ${count}`).toSorted();
}

/** What package.json asks for is a version, not a range. */
export function pinProblems(manifest: Manifest): string[] {
  const asked = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies];
  return asked
    .flatMap((group) => Object.entries(group ?? {}))
    .filter(([, version]) => !/^(npm:(@[\w-]+\/)?[\w-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name} is not pinned: ${version}`);
}

const secrets: Record<string, RegExp> = {
  "a private key": /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  "a Meta token": /\bEAA[A-Za-z0-9]{60,}/,
  "a JWT": /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/,
  "a GitHub token": /\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{60,}/,
  "an npm token": /\bnpm_[A-Za-z0-9]{36}\b/,
  "an AWS key": /\bAKIA[0-9A-Z]{16}\b/,
  "a Google key": /\bAIza[\w-]{35}\b/,
  "a Neon password": /\bnpg_[A-Za-z0-9]{12,}/,
  "a password in an address":
    /\b(postgres(ql)?|rediss?):\/\/[^\s:/@]+:(?!password@|secret@)[^\s@/]{6,}@[\w.-]+\.(neon\.tech|upstash\.io)/,
};

/** What looks like a secret in a file, by kind and line, never the text. */
export function secretProblems(path: string, text: string): string[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      Object.entries(secrets).flatMap(([kind, pattern]) =>
        pattern.test(line) ? [`${path}:${index + 1} looks like ${kind}`] : [],
      ),
    );
}
