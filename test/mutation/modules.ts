// What mutation testing looks at, and the tests that must notice: few for each module, as all of them run for every mutant
// that acts while a file is loaded.

export type Module = {
  name: string;
  files: readonly string[];
  tests: readonly string[];
  /** Per cent of the mutants that are not equivalent (goal G20). */
  least: number;
  /** Its tests need Postgres. */
  needsWorld?: true;
};

export const LEAST_OVERALL = 95;

export const modules: readonly Module[] = [
  {
    name: "vault",
    files: ["src/lib/vault.ts", "src/lib/base64url.ts"],
    tests: ["test/lib/vault.test.ts"],
    least: 100,
  },
  {
    name: "state",
    files: ["src/features/connection/oauth-state.ts"],
    tests: ["test/features/connection/oauth-state.test.ts"],
    least: 100,
  },
  {
    name: "session",
    files: ["src/adapters/identity/session.ts", "src/adapters/identity/key-set.ts"],
    tests: ["test/adapters/identity/session.test.ts", "test/adapters/identity/key-set.test.ts"],
    least: 95,
  },
  { name: "origin", files: ["src/http/origin-gate.ts"], tests: ["test/http/our-page.test.ts"], least: 95 },
  { name: "tenant", files: ["src/adapters/db/scope.ts"], tests: ["test/adapters/db/scope.test.ts"], least: 100 },
  {
    name: "signature",
    files: [
      "src/adapters/meta/signed-request.ts",
      "src/adapters/meta/signature.ts",
      "src/adapters/meta/webhook-signature.ts",
      "src/lib/hmac.ts",
      "src/lib/same-secret.ts",
    ],
    tests: [
      "test/adapters/meta/signed-request.test.ts",
      "test/adapters/meta/webhook-signature.test.ts",
      "test/lib/same-secret.test.ts",
    ],
    least: 100,
  },
  {
    name: "webhooks",
    files: ["src/features/webhooks/split.ts", "src/features/webhooks/retry.ts", "src/lib/exact-json.ts"],
    tests: [
      "test/features/webhooks/split.test.ts",
      "test/features/webhooks/retry.test.ts",
      "test/lib/exact-json.test.ts",
    ],
    least: 95,
  },
  { name: "idempotency", files: ["src/http/idempotency.ts"], tests: ["test/http/idempotent.test.ts"], least: 95 },
  {
    name: "claims",
    files: ["src/adapters/db/request-claims.ts"],
    tests: ["test/adapters/db/request-claims.test.ts"],
    least: 95,
    needsWorld: true,
  },
  {
    name: "log",
    files: ["src/lib/log.ts", "src/http/request-log.ts", "src/adapters/db/failure.ts"],
    tests: ["test/lib/log.test.ts", "test/http/request-log.test.ts", "test/adapters/db/failure.test.ts"],
    least: 95,
  },
  {
    name: "limits",
    files: ["src/http/allowance.ts", "src/adapters/redis/limiter.ts", "src/lib/address.ts"],
    tests: ["test/http/refuse.test.ts", "test/adapters/redis/limiter.test.ts", "test/lib/address.test.ts"],
    least: 95,
  },
  {
    name: "outbox",
    files: [
      "src/features/messages/send-errors.ts",
      "src/features/messages/rank.ts",
      "src/features/messages/opt-out.ts",
    ],
    tests: ["test/features/messages/pure.test.ts"],
    least: 95,
  },
  {
    name: "engine",
    files: ["conditions", "triggers", "due", "engine", "gates", "breaker", "quiet-hours"].map(
      (name) => `src/features/automation/${name}.ts`,
    ),
    tests: ["conditions", "engine", "quiet-hours", "starts"].map((name) => `test/features/automation/${name}.test.ts`),
    least: 90,
  },
  {
    name: "hashing",
    files: ["src/features/conversions/hashing.ts"],
    tests: ["test/features/conversions/hashing.test.ts"],
    least: 90,
  },
  {
    name: "conversions",
    files: [
      "src/features/conversions/event-map.ts",
      "src/features/conversions/judge-event.ts",
      "src/features/conversions/send-in-parts.ts",
    ],
    tests: ["test/features/conversions/pure.test.ts"],
    least: 90,
  },
  {
    name: "outgoing",
    files: ["src/features/notifications/url-guard.ts", "src/features/notifications/sign.ts", "src/lib/backoff.ts"],
    tests: ["test/features/notifications/url-guard.test.ts", "test/features/notifications/sign.test.ts"],
    least: 90,
  },
];
