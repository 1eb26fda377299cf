// The only file that builds clients, and the only one that touches the clock, randomness and the network.
import { type AuditEntry, insertAudit } from "./adapters/db/audit.ts";
import { type LateEntry, toLateEntry } from "./adapters/db/late-audit.ts";
import { createDatabase } from "./adapters/db/client.ts";
import { inspectRole } from "./adapters/db/health.ts";
import { listMemberships } from "./adapters/db/memberships.ts";
import { createOperation } from "./adapters/db/operation.ts";
import { requestClaims } from "./adapters/db/request-claims.ts";
import { scopeToDispatcher, scopeToTenant } from "./adapters/db/scope.ts";
import { createSessionVerifier } from "./adapters/identity/session.ts";
import { createMetaClient } from "./adapters/meta/client.ts";
import { createGauge } from "./adapters/meta/gauge.ts";
import { createRedis } from "./adapters/redis/client.ts";
import { createLimiter, type Floor } from "./adapters/redis/limiter.ts";
import { createOutgoing } from "./adapters/outgoing/client.ts";
import { createYCloud } from "./adapters/ycloud/client.ts";
import type { Delivery, Message, Tools } from "./context.ts";
import type { Env } from "./env.ts";
import { AppError } from "./errors.ts";
import { toBase64Url } from "./lib/base64url.ts";
import { createKeptAnswers } from "./lib/kept-answers.ts";
import { groupWrites } from "./lib/group-writes.ts";
import { type DataPoint, toDataPoint } from "./lib/data-point.ts";
import { createLog, type Log } from "./lib/log.ts";
import { createSecretCheck } from "./lib/same-secret.ts";
import { createVault } from "./lib/vault.ts";

const SEND_BATCH_MAX = 100;

/** What the platform gives besides variables; tests give their own clock and queue. */
export type Platform = {
  queue: { sendBatch: (messages: { body: Message; delaySeconds?: number }[]) => Promise<unknown> };
  /** Cloudflare's rate-limit binding. */
  floor?: Floor | undefined;
  /** Tests wait longer for the limiter's Redis, so that a busy machine is no outage. */
  limiterDeadlineMs?: number;
  /** A data set of Cloudflare's Analytics Engine. */
  metrics?: { writeDataPoint: (point: DataPoint) => void } | undefined;
  now?: () => number;
  write?: (line: string) => void;
};

export function createTools(env: Env, platform: Platform): Tools {
  const now = platform.now ?? Date.now;
  const send: typeof fetch = (input, init) => fetch(input, init);
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
  const line = createLog(platform.write ?? console.log, now);
  const log: Log = (event, fields = {}) => {
    line(event, fields);
    const point = platform.metrics && toDataPoint(event, fields);
    if (point) platform.metrics?.writeDataPoint(point);
  };
  const database = createDatabase({
    connectionString: env.DATABASE_URL,
    endpoint: env.NEON_FETCH_ENDPOINT,
    fetch: send,
  });
  const upstash = { url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN };
  const gauge = createGauge(now);
  const [appSecret = "", ...formerAppSecrets] = env.META_APP_SECRET;
  const tenantDb = (tenantId: number) => scopeToTenant(database, tenantId);

  /** The last resort of a row of the audit: what happened, for a person to read. */
  const tellLost = (tenantId: number, entries: readonly LateEntry[]) =>
    entries.forEach(({ request_id: requestId, action, outcome, http_status: status }) =>
      log("audit.lost", { requestId, tenantId, action, outcome, status }),
    );
  const recordLater = (tenantId: number, entries: readonly LateEntry[]) =>
    enqueue(platform.queue, [{ message: { v: 1, kind: "audit.write", tenantId, entries } }]).catch(() =>
      tellLost(tenantId, entries),
    );

  return {
    settings: {
      environment: env.ENVIRONMENT,
      frontendUrl: env.FRONTEND_URL,
      allowedOrigins: env.CORS_ALLOWED_ORIGINS,
      metaAppId: env.META_APP_ID,
      metaRedirectUri: env.META_REDIRECT_URI,
      metaLoginConfigId: env.META_LOGIN_CONFIG_ID,
      metaGraphVersion: env.META_GRAPH_VERSION,
      metaFeatures: env.META_FEATURES,
      debugTokenEnabled: env.DEBUG_TOKEN_ENDPOINT,
    },
    meta: createMetaClient({
      fetch: send,
      now,
      graphBaseUrl: env.META_GRAPH_BASE_URL,
      dialogBaseUrl: env.META_DIALOG_BASE_URL,
      version: env.META_GRAPH_VERSION,
      appId: env.META_APP_ID,
      appSecret,
      formerAppSecrets,
      onUsage: gauge.note,
      onVersionMismatch: (asked, answered) => log("meta.version_mismatch", { asked, answered }),
    }),
    outgoing: createOutgoing({ fetch: send }),
    ycloud: createYCloud({ fetch: send, baseUrl: env.YCLOUD_BASE_URL }),
    gauge,
    redis: createRedis(upstash),
    limiter: createLimiter({
      ...upstash,
      now,
      floor: platform.floor,
      ...(platform.limiterDeadlineMs === undefined ? {} : { deadlineMs: platform.limiterDeadlineMs }),
    }),
    vault: createVault(env.TOKEN_ENCRYPTION_KEYS, random),
    verifySession: createSessionVerifier({
      secret: env.JWT_SECRET,
      jwksUrl: env.JWT_JWKS_URL,
      issuer: env.JWT_ISSUER,
      audience: env.JWT_AUDIENCE,
      now,
      fetch: send,
      onTrouble: () => log("identity.keys_unavailable", {}),
    }),
    isAdminToken: env.ADMIN_TOKEN && createSecretCheck(env.ADMIN_TOKEN),
    isWebhookToken: createSecretCheck([env.META_WEBHOOK_VERIFY_TOKEN]),
    listMemberships: (userId) => listMemberships(database, userId),
    inspectRole: () => inspectRole(database),
    operation: createOperation(database, now),
    claims: requestClaims,
    upstream: env.UPSTREAM_API_URL === undefined ? undefined : { origin: env.UPSTREAM_API_URL, send },
    answers: createKeptAnswers(now),
    recordAudit: groupWrites((tenantId: number, entries: readonly AuditEntry[]) => {
      const db = tenantDb(tenantId);
      return db.one(insertAudit(db, ...entries)).then(
        () => undefined,
        () => recordLater(tenantId, entries.map(toLateEntry)),
      );
    }, now),
    tellLost,
    tenantDb,
    dispatch: scopeToDispatcher(database),
    enqueue: (deliveries) => enqueue(platform.queue, deliveries),
    now,
    uuid: () => crypto.randomUUID(),
    secret: () => toBase64Url(random(32)),
    log,
  };
}

async function enqueue(queue: Platform["queue"], deliveries: readonly Delivery[]): Promise<void> {
  try {
    for (let at = 0; at < deliveries.length; at += SEND_BATCH_MAX) {
      const batch = deliveries.slice(at, at + SEND_BATCH_MAX);
      await queue.sendBatch(
        batch.map(({ message, delaySeconds }) => ({
          body: message,
          ...(delaySeconds === undefined ? {} : { delaySeconds }),
        })),
      );
    }
  } catch (cause) {
    throw new AppError("queue.unavailable", "La cola de trabajos no responde.", { cause });
  }
}
