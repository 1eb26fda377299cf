// Changes by hand, each of which breaks a promise of security. The module's tests must notice every one of them: what
// reports a canary alive does not see.

export type Canary = {
  name: string;
  module: string;
  file: string;
  /** Stands once in the file. */
  find: string;
  replace: string;
};

export const canaries: readonly Canary[] = [
  {
    name: "an envelope opens in every place",
    module: "vault",
    file: "src/lib/vault.ts",
    find: "Uint8Array.from(new TextEncoder().encode(binding))",
    replace: "Uint8Array.from(new TextEncoder().encode(binding.slice(0, 0)))",
  },
  {
    name: "a state is good twice",
    module: "state",
    file: "src/features/connection/oauth-state.ts",
    find: 'return isFirst ? { ok: true, login } : { ok: false, reason: "used", login };',
    replace: 'return isFirst || login ? { ok: true, login } : { ok: false, reason: "used", login };',
  },
  {
    name: "a token chooses its algorithm",
    module: "session",
    file: "src/adapters/identity/session.ts",
    find: "const key = algorithm && keys.get(algorithm);",
    replace: "const key = algorithm && (keys.get(algorithm) ?? ours);",
  },
  {
    name: "a session that is over lets in",
    module: "session",
    file: "src/adapters/identity/session.ts",
    find: "currentDate: new Date(now()),",
    replace: "currentDate: new Date(0),",
  },
  {
    name: "a tenant sees every tenant",
    module: "tenant",
    file: "src/adapters/db/scope.ts",
    find: "eq(table.tenantId, tenantId)",
    replace: "sql`${eq(table.tenantId, tenantId)} or true`",
  },
  {
    name: "the second wall stands for the last tenant that asked",
    module: "tenant",
    file: "src/adapters/db/scope.ts",
    find: "set_config('app.tenant_id', ${String(tenantId)}, true)",
    replace: "set_config('app.tenant_id', ${String(tenantId)}, false)",
  },
  {
    name: "every signature is right",
    module: "signature",
    file: "src/adapters/meta/signature.ts",
    find: 'if (await crypto.subtle.verify("HMAC", await hmacKey(secret, "verify"), signature, content)) return secret;',
    replace: 'await crypto.subtle.verify("HMAC", await hmacKey(secret, "verify"), signature, content); return secret;',
  },
  {
    name: "every second factor is right",
    module: "signature",
    file: "src/lib/same-secret.ts",
    find: "differenceOf(digest, given) === 0",
    replace: "differenceOf(digest, given) >= 0",
  },
  {
    name: "an Idempotency-Key is everybody's",
    module: "idempotency",
    file: "src/http/idempotency.ts",
    find: "key: `${actorName(ctx.actor)} ${key}`,",
    replace: "key: `${actorName(ctx.actor).slice(0, 0)} ${key}`,",
  },
  {
    name: "the address of a request, with the code in it, is in the log",
    module: "log",
    file: "src/http/request-log.ts",
    find: "route: c.req.routePath,",
    replace: "route: c.req.url,",
  },
  {
    name: "a driver's words are in the log",
    module: "log",
    file: "src/adapters/db/failure.ts",
    find: 'return new AppError("database.conflict", "El cambio choca con datos que ya existen.", { note: state });',
    replace:
      'return new AppError("database.conflict", "El cambio choca con datos que ya existen.", { note: String(thrown) });',
  },
  {
    name: "what acts goes on without a counter",
    module: "limits",
    file: "src/http/allowance.ts",
    find: 'act: "closed"',
    replace: 'act: "open"',
  },
  {
    name: "another site acts under the cookie",
    module: "origin",
    file: "src/http/origin-gate.ts",
    find: 'return fetchSite === "same-origin" || fetchSite === "same-site";',
    replace: 'return fetchSite !== "none";',
  },
  {
    name: "a refusal nobody knows is tried again",
    module: "outbox",
    file: "src/features/messages/send-errors.ts",
    find: 'const UNKNOWN_CODE = config("WhatsApp rechazó el mensaje.");',
    replace: 'const UNKNOWN_CODE = retry(60, "WhatsApp rechazó el mensaje.");',
  },
  {
    name: "a late status takes the message back",
    module: "outbox",
    file: "src/features/messages/rank.ts",
    find: "ranks[one] < ranks[state]",
    replace: "ranks[one] !== ranks[state]",
  },
  {
    name: "a sentence with the word in it stops messages",
    module: "outbox",
    file: "src/features/messages/opt-out.ts",
    find: 'if (stop.has(words)) return "stop";',
    replace: 'if (words.split(" ").some((word) => stop.has(word))) return "stop";',
  },
  {
    name: "who wants no messages gets one",
    module: "engine",
    file: "src/features/automation/gates.ts",
    find: '(isSuppressed ? stop("suppressed") : undefined)',
    replace: '(isSuppressed ? wait(0, "suppressed") : undefined)',
  },
  {
    name: "what nobody understands holds when it is denied",
    module: "engine",
    file: "src/features/automation/conditions.ts",
    find: 'return is === undefined ? { is, because: because ?? "unreadable" } : { is: !is, because: "not" };',
    replace: 'return { is: !is, because: because ?? "not" };',
  },
  {
    name: "a rule goes back to what was before it",
    module: "engine",
    file: "src/features/automation/triggers.ts",
    find: "at < activatedAt.getTime() || ",
    replace: "",
  },
  {
    name: "a failed event is tried for ever",
    module: "webhooks",
    file: "src/features/webhooks/retry.ts",
    find: 'if (fate === "give-up" || tries >= MOST_TRIES)',
    replace: 'if (fate === "give-up")',
  },
  {
    name: "what is hashed is hashed again",
    module: "hashing",
    file: "src/features/conversions/hashing.ts",
    find: "if (HASHED.test(text)) return text.toLowerCase();",
    replace: "",
  },
  {
    name: "who said nothing is told of",
    module: "conversions",
    file: "src/features/conversions/judge-event.ts",
    find: "const isMissing = rules.requiresConsent && event.isGranted === null;",
    replace: "const isMissing = false;",
  },
  {
    name: "an address inside is asked",
    module: "outgoing",
    file: "src/features/notifications/url-guard.ts",
    find: 'if (isAddress(host)) return { problem: "debe llevar un nombre, no un número de IP" };',
    replace: "",
  },
];
