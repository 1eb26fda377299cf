// The world's own values. None of them guards anything: all of it lives on 127.0.0.1 and holds made-up people.

export const runtimeRole = { name: "app_rw", password: "local-app-rw" } as const;
export const upstashToken = "local-upstash-token";
export const jwtSecret = "local-jwt-secret-local-jwt-secret-local";
export const metaApp = { id: "138483919580948", secret: "0f1e2d3c4b5a69788796a5b4c3d2e1f0" } as const;

export type Addresses = {
  /** A name for this database's endpoint; it need not resolve. */
  databaseHost: string;
  database: string;
  neonEndpoint: string;
  upstashUrl: string;
  metaUrl: string;
  workerUrl: string;
  frontendUrl: string;
};

/** Every variable of the worker, true for these addresses. */
export const variablesFor = ({
  databaseHost,
  database,
  neonEndpoint,
  upstashUrl,
  metaUrl,
  workerUrl,
  frontendUrl,
}: Addresses) => ({
  ENVIRONMENT: "development",
  DATABASE_URL: `postgresql://${runtimeRole.name}:${runtimeRole.password}@${databaseHost}/${database}`,
  NEON_FETCH_ENDPOINT: neonEndpoint,
  UPSTASH_REDIS_REST_URL: upstashUrl,
  UPSTASH_REDIS_REST_TOKEN: upstashToken,
  META_APP_ID: metaApp.id,
  META_APP_SECRET: metaApp.secret,
  META_REDIRECT_URI: `${workerUrl}/crm/auth/meta/callback`,
  META_LOGIN_CONFIG_ID: "",
  META_FEATURES: "insights",
  META_GRAPH_VERSION: "v26.0",
  META_GRAPH_BASE_URL: metaUrl,
  META_DIALOG_BASE_URL: metaUrl,
  YCLOUD_BASE_URL: "http://127.0.0.1:9",
  META_WEBHOOK_VERIFY_TOKEN: "local-webhook-verify-token",
  JWT_SECRET: jwtSecret,
  JWT_JWKS_URL: "",
  JWT_ISSUER: "",
  JWT_AUDIENCE: "",
  ADMIN_TOKEN: "",
  TOKEN_ENCRYPTION_KEYS: "local1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
  FRONTEND_URL: frontendUrl,
  CORS_ALLOWED_ORIGINS: frontendUrl,
  DEBUG_TOKEN_ENDPOINT: "true",
  UPSTREAM_API_URL: "",
});

export type Variables = ReturnType<typeof variablesFor>;
