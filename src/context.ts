// What is carried: who asks, and the tools. Every verb is verb(ctx, input) and names what it needs.
import type { Asked, AuditEntry, AuditSubject } from "./adapters/db/audit.ts";
import type { Happening } from "./adapters/db/happenings.ts";
import type { LateEntry } from "./adapters/db/late-audit.ts";
import type { RoleHealth } from "./adapters/db/health.ts";
import type { Membership } from "./adapters/db/memberships.ts";
import type { Operation } from "./adapters/db/operation.ts";
import type { Claim, EarlierRequest, RequestClaims } from "./adapters/db/request-claims.ts";
import type { DispatchDb, Statement, TenantDb } from "./adapters/db/scope.ts";
import type { Session, SessionVerifier } from "./adapters/identity/session.ts";
import type { MetaClient } from "./adapters/meta/client.ts";
import type { MetaForm, MetaLead } from "./adapters/meta/leads.ts";
import type { Gauge } from "./adapters/meta/gauge.ts";
import type { OutgoingClient } from "./adapters/outgoing/client.ts";
import type { YCloudClient } from "./adapters/ycloud/client.ts";
import type { RedisClient } from "./adapters/redis/client.ts";
import type { Allowance, Limiter } from "./adapters/redis/limiter.ts";
import type { KeptAnswer, KeptAnswers } from "./lib/kept-answers.ts";
import type { Log } from "./lib/log.ts";
import type { Vault } from "./lib/vault.ts";

export type {
  Allowance,
  Asked,
  Claim,
  EarlierRequest,
  Happening,
  Statement,
  KeptAnswer,
  Membership,
  MetaForm,
  MetaLead,
  Session,
};

/** A piece of work for the queue: pointers (and rows of the audit, which are about nothing else), never tokens or personal data. `requestId`: of the request that it began with, if any. */
export type Message = { v: 1; requestId?: string | undefined } & (
  | { kind: "insights.sync"; tenantId: number; accountId: string; epoch: number }
  | { kind: "outcomes.settle"; tenantId: number }
  | { kind: "connection.withdraw"; tenantId: number }
  | { kind: "token.keep"; tenantId: number }
  | { kind: "assets.bind"; tenantId: number }
  | { kind: "leads.reconcile"; tenantId: number; pageId: string }
  | { kind: "token.rewrap"; tenantId: number }
  | { kind: "webhook.process"; tenantId: number; eventIds: readonly string[] }
  | { kind: "happenings.handle"; tenantId: number }
  | { kind: "conversions.send"; tenantId: number }
  | { kind: "notifications.send"; tenantId: number }
  | { kind: "automation.step"; tenantId: number }
  | { kind: "message.send"; tenantId: number }
  | { kind: "templates.sync"; tenantId: number; wabaId: string }
  | { kind: "audit.write"; tenantId: number; entries: readonly LateEntry[] }
);

export type MessageOf<K extends Message["kind"]> = Extract<Message, { kind: K }>;

export type Delivery = { message: Message; delaySeconds?: number };

export type Actor =
  | { kind: "user"; userId: string; role: string }
  | { kind: "system"; job: string }
  | { kind: "callback"; userId: string };

/** Settings that rules read; env.ts has where they come from. */
export type Settings = {
  environment: string;
  frontendUrl: string;
  allowedOrigins: readonly string[];
  metaAppId: string;
  metaRedirectUri: string;
  metaLoginConfigId: string | undefined;
  metaGraphVersion: string;
  /** What we ask people's permission for. */
  metaFeatures: readonly ("insights" | "leads" | "whatsapp" | "conversions")[];
  debugTokenEnabled: boolean;
};

/** What every request and job shares; built once per isolate by deps.ts. */
export type Tools = {
  settings: Settings;
  meta: MetaClient;
  ycloud: YCloudClient;
  outgoing: OutgoingClient;
  gauge: Gauge;
  redis: RedisClient;
  limiter: Limiter;
  vault: Vault;
  verifySession: SessionVerifier;
  /** Where ADMIN_TOKEN is set: whether a text is one of its values. */
  isAdminToken: ((text: string) => Promise<boolean>) | undefined;
  /** Whether a text is META_WEBHOOK_VERIFY_TOKEN. */
  isWebhookToken: (text: string) => Promise<boolean>;
  listMemberships: (userId: string) => Promise<Membership[]>;
  inspectRole: () => Promise<RoleHealth>;
  operation: Operation;
  /** Requests with an Idempotency-Key. */
  claims: RequestClaims;
  /** The main backend, for paths that are not ours. */
  upstream: { origin: string; send: (request: Request) => Promise<Response> } | undefined;
  answers: KeptAnswers;
  recordAudit: (tenantId: number, entry: AuditEntry) => Promise<void>;
  /** Tells rows of the audit that nobody took. */
  tellLost: (tenantId: number, entries: readonly LateEntry[]) => void;
  tenantDb: (tenantId: number) => TenantDb;
  dispatch: DispatchDb;
  enqueue: (deliveries: readonly Delivery[]) => Promise<void>;
  /** Milliseconds since 1970, UTC. */
  now: () => number;
  uuid: () => string;
  /** 256 bits as base64url. */
  secret: () => string;
  log: Log;
};

export type Ctx = Omit<
  Tools,
  | "tenantDb"
  | "recordAudit"
  | "tellLost"
  | "listMemberships"
  | "inspectRole"
  | "operation"
  | "claims"
  | "upstream"
  | "answers"
  | "verifySession"
  | "isAdminToken"
  | "isWebhookToken"
  | "limiter"
> & {
  tenantId: number;
  actor: Actor;
  requestId: string;
  db: TenantDb;
  /** What the audit tells of this request or job. */
  audit: AuditSubject;
  /** The version of the tenant's answers when a user's membership was read. */
  answerVersion: number | undefined;
};

/** The part of the context a verb asks for. */
export type Needs<K extends keyof Ctx> = Pick<Ctx, K>;

type Identity = { tenantId: number; requestId: string; asked?: Asked };

export const userCtx = (
  tools: Tools,
  { userId, role, answerVersion, ...who }: Identity & { userId: string; role: string; answerVersion?: number },
): Ctx => ({ ...carry(tools, who, { kind: "user", userId, role }), answerVersion });

/** A scheduled or queued job, working for one tenant. */
export const systemCtx = (tools: Tools, who: Identity & { job: string }): Ctx =>
  carry(tools, { asked: { action: who.job, target: null, ip: null }, ...who }, { kind: "system", job: who.job });

/** A browser that comes back from Meta: who it is comes from the state we stored, not from a session. */
export const callbackCtx = (tools: Tools, who: Identity & { userId: string }): Ctx =>
  carry(tools, who, { kind: "callback", userId: who.userId });

const unasked: Asked = { action: "none", target: null, ip: null };

function carry(tools: Tools, { tenantId, requestId, asked = unasked }: Identity, actor: Actor): Ctx {
  const { settings, meta, ycloud, outgoing, gauge, redis, vault, dispatch, enqueue, now, uuid, secret, log } = tools;
  const db = tools.tenantDb(tenantId);
  return {
    settings,
    meta,
    ycloud,
    outgoing,
    gauge,
    redis,
    vault,
    dispatch,
    enqueue: (deliveries) =>
      enqueue(deliveries.map(({ message, ...rest }) => ({ message: { ...message, requestId }, ...rest }))),
    now,
    uuid,
    secret,
    log,
    tenantId,
    actor,
    requestId,
    db,
    audit: {
      ...asked,
      actor: actorName(actor),
      role: actor.kind === "user" ? actor.role : null,
      requestId,
      isWritten: false,
    },
    answerVersion: undefined,
  };
}

/** Who did it, as the audit and the runs record it. */
export function actorName(actor: Actor): string {
  return actor.kind === "system" ? `system:${actor.job}` : `user:${actor.userId}`;
}
