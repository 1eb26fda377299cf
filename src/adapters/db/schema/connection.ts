import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgPolicy,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { onPaper } from "../../../lib/on-paper.ts";
import { createdAt, id, instant, tenantId, tenantWall, updatedAt } from "../columns.ts";
import { tenants } from "./tenancy.ts";

export const connections = pgTable(
  "connections",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    id: id(),
    provider: text("provider").notNull().default("meta"),
    kind: text("kind").notNull(),
    /** Whose the token is: `user` or `system_user`. */
    tokenType: text("token_type", { enum: ["user", "system_user"] })
      .notNull()
      .default("user"),
    status: text("status").notNull(),
    metaUserId: text("meta_user_id"),
    metaUserName: text("meta_user_name"),
    tokenSealed: text("token_sealed"),
    // Format and key of the envelope (`v2.k1`): what the dispatcher may see of it.
    sealedBy: text("sealed_by").generatedAlwaysAs(
      sql`split_part(token_sealed, '.', 1) || '.' || split_part(token_sealed, '.', 2)`,
    ),
    tokenVersion: integer("token_version").notNull().default(1),
    expiresAt: instant("expires_at"),
    dataAccessExpiresAt: instant("data_access_expires_at"),
    issuedAt: instant("issued_at"),
    lastVerifiedAt: instant("last_verified_at"),
    grantedScopes: text("granted_scopes").array().notNull().default([]),
    declinedScopes: text("declined_scopes").array().notNull().default([]),
    granularTargets: jsonb("granular_targets").notNull().default({}),
    lastErrorCode: text("last_error_code"),
    lastErrorReason: text("last_error_reason"),
    // What keeps a token alive (features/connection/token-life.ts). Null: there is nothing to look at.
    nextCheckAt: instant("next_check_at"),
    coolDownUntil: instant("cool_down_until"),
    renewedAt: instant("renewed_at"),
    renewFailures: integer("renew_failures").notNull().default(0),
    refreshIneffectiveAt: instant("refresh_ineffective_at"),
    // The fewest days left that were told, of this expiry; null while nothing was.
    warnedDays: integer("warned_days"),
    warnedDataDays: integer("warned_data_days"),
    checkClaimedUntil: instant("check_claimed_until"),
    keeper: uuid("keeper"),
    keeperUntil: instant("keeper_until"),
    connectedBy: text("connected_by").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    unique("connections_one_of_a_kind").on(t.tenantId, t.provider, t.kind),
    index("connections_meta_user").on(t.metaUserId),
    index("connections_sealed_by").on(t.sealedBy, t.tenantId),
    index("connections_check_due").on(t.nextCheckAt),
    // There is no plaintext mode: a token at rest is an envelope of lib/vault.ts or absent.
    check(
      "token_is_sealed",
      sql`token_sealed ~ '^v(1[.][\\w-]{1,32}|2[.][\\w-]{1,32}[.][\\w-]{80})[.][\\w-]{16}[.][\\w-]{22,}$'`,
    ),
    tenantWall(),
    // Revoking at Meta ends every tenant's use of that Meta user, so it is counted first: by these columns only (grants).
    pgPolicy("dispatcher_counts_uses", { for: "select", to: "app_dispatch", using: sql`true` }),
    pgPolicy("dispatcher_claims_checks", { for: "update", to: "app_dispatch", using: sql`true`, withCheck: sql`true` }),
  ]),
);

/**
 * A person took the app back at Meta, or wants their data deleted. Of no tenant: it may concern several, or none. The
 * dispatcher alone sees it; who the person is, is forgotten when it is done.
 */
export const withdrawals = pgTable(
  "withdrawals",
  {
    codeHash: text("code_hash").primaryKey(),
    kind: text("kind", { enum: ["deauthorization", "deletion"] }).notNull(),
    metaUserId: text("meta_user_id"),
    issuedAt: instant("issued_at").notNull(),
    receivedAt: instant("received_at").notNull(),
    doneAt: instant("done_at"),
  },
  onPaper((t) => [
    index("withdrawals_open")
      .on(t.receivedAt)
      .where(sql`done_at IS NULL`),
    check("forgotten_when_done", sql`(done_at IS NULL) = (meta_user_id IS NOT NULL)`),
    pgPolicy("dispatcher_keeps_withdrawals", {
      for: "all",
      to: "app_dispatch",
      using: sql`true`,
      withCheck: sql`true`,
    }),
  ]),
);

export const adAccounts = pgTable(
  "ad_accounts",
  {
    tenantId: tenantId().references(() => tenants.tenantId),
    accountId: text("account_id").notNull(),
    connectionId: uuid("connection_id").notNull(),
    name: text("name").notNull(),
    currency: text("currency").notNull(),
    timezoneName: text("timezone_name").notNull(),
    accountStatus: integer("account_status").notNull(),
    isPrimary: boolean("is_primary").notNull().default(false),
    // A new epoch starts when Meta changes the account's currency or time zone: older rows keep theirs.
    epoch: integer("epoch").notNull().default(1),
    connectedAt: instant("connected_at").notNull().defaultNow(),
    disconnectedAt: instant("disconnected_at"),
    lastErrorCode: text("last_error_code"),
    updatedAt: updatedAt(),
  },
  onPaper((t) => [
    primaryKey({ columns: [t.tenantId, t.accountId] }),
    foreignKey({ columns: [t.tenantId, t.connectionId], foreignColumns: [connections.tenantId, connections.id] }),
    uniqueIndex("ad_accounts_one_primary")
      .on(t.tenantId)
      .where(sql`is_primary`),
    tenantWall(),
  ]),
);
