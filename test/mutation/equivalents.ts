// Mutants that change nothing which anybody could see, each with the reason. Found by its file, what stands there, and what
// would stand there instead; one that is not there any more, or that a test kills, fails the run.

export type Equivalent = {
  file: string;
  original: string;
  replacement: string;
  /** What the line holds where it stands, when `original` stands in several. */
  at: string;
  reason: string;
};

type Change = [original: string, replacement: string, at?: string];

const of = (file: string, reason: string, ...changes: Change[]): Equivalent[] =>
  changes.map(([original, replacement, at = ""]) => ({ file, original, replacement, at, reason }));

const unread = "the compiler asks for it: what the expression has matched is never undefined here";

export const equivalents: readonly Equivalent[] = [
  ...of("src/adapters/meta/webhook-signature.ts", unread, ["[]", '["Stryker was here"]']),
  ...of("src/lib/base64url.ts", "btoa writes = at the end alone", ["/=+$/", "/=+/"]),
  ...of(
    "src/lib/vault.ts",
    "`open` turns whatever is thrown below it into undefined, and `rewrap` has opened before it reads",
    ["!key", "false"],
    ['"The vault does not have this key."', '""'],
    ['"Not as this vault writes it."', '""'],
    ['"No envelope."', '""'],
    ['"No such version."', '""'],
    ["!wrapped || !iv || !sealed", "false"],
    ["!wrapped || !iv || !sealed", "(!wrapped || !iv) && !sealed"],
    ["!wrapped || !iv", "false"],
    ["!wrapped || !iv", "!wrapped && !iv"],
  ),
  ...of("src/lib/vault.ts", "a function that ends answers undefined", ["{ return undefined; }", "{}"]),
  ...of("src/lib/vault.ts", "no version and no key is called so: neither opens anything", [
    '""',
    '"Stryker was here!"',
    "text.split",
  ]),
  ...of(
    "src/http/origin-gate.ts",
    "the compiler asks for it: a text that is split has a first part",
    ['""', '"Stryker was here!"', "contentType.split"],
    ['contentType.split(";", 1)[0]?.trim', 'contentType.split(";", 1)[0].trim'],
  ),
  ...of(
    "src/adapters/identity/session.ts",
    "the compiler asks for it: jose takes what is undefined for what is not asked",
    ["issuer === undefined", "false"],
    ["audience === undefined", "false"],
  ),
  ...of("src/adapters/identity/session.ts", "a function that ends answers undefined", ["{ return undefined; }", "{}"]),
  ...of("src/adapters/identity/key-set.ts", "who comes first asks, without a look at whether somebody is asking", [
    "false",
    "true",
    "const question",
  ]),
  ...of(
    "src/adapters/redis/limiter.ts",
    "a window that is made anew counts the same: its memory is in Redis",
    ["!window", "true"],
    ["windows.set(perMinute, window);", ";"],
  ),
  ...of("src/adapters/redis/limiter.ts", "the library looks for a Map or for nothing: anything else is off", [
    "false",
    "true",
    "ephemeralCache",
  ]),
  ...of(
    "src/adapters/redis/limiter.ts",
    "the compiler asks for it: what is read of nothing throws, and is undefined as well",
    ["floor?.limit", "floor.limit"],
    ["(await floor?.limit({ key }))?.success", "(await floor?.limit({ key })).success"],
  ),
  ...of("src/adapters/redis/limiter.ts", "a function that ends answers undefined", ["{ return undefined; }", "{}"]),
  ...of("src/adapters/meta/signed-request.ts", "the first element is not read", ["[]", '["Stryker was here"]']),
  ...of(
    "src/adapters/meta/signed-request.ts",
    unread,
    ["signature === undefined || payload === undefined", "signature === undefined && payload === undefined"],
    ["signature === undefined", "false"],
    ["payload === undefined", "false"],
  ),
  ...of("src/adapters/meta/signed-request.ts", "a function that ends answers undefined", [
    "{ return undefined; }",
    "{}",
  ]),
];
