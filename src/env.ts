// The only file that knows variable names. Everything is parsed once, loudly: what is wrong is named, never shown.
import * as z from "zod";
import type { VaultKey } from "./lib/vault.ts";
import { once } from "./lib/once.ts";

const list = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
);
const origin = z.url({ protocol: /^https?$/ }).transform((text) => new URL(text).origin);
const flag = z
  .enum(["true", "false"])
  .default("false")
  .transform((text) => text === "true");
// wrangler gives an unset optional variable as an empty string.
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema.optional());

const keyRing = once(() =>
  list.pipe(
    z
      .array(
        z.string().transform((entry, context): VaultKey => {
          const [id, encoded, ...rest] = entry.split(":");
          const bytes = decode(encoded ?? "");
          if (!id || !/^[a-z0-9_-]{1,32}$/i.test(id) || bytes?.length !== 32 || rest.length > 0) {
            context.addIssue("each key is <id>:<32 bytes in base64>");
            return z.NEVER;
          }
          return { id, bytes };
        }),
      )
      .min(1)
      .superRefine((keys, context) => {
        const [ids, texts] = [keys.map(({ id }) => id), keys.map(({ bytes }) => String(bytes))];
        keys.forEach(({ id }, index) => {
          const twin = ids[texts.indexOf(texts[index] ?? "")];
          if (ids.indexOf(id) !== index) context.addIssue(`two keys are called ${id}`);
          else if (twin !== id) context.addIssue(`${twin} and ${id} are the same key`);
        });
      }),
  ),
);

const databaseVariables = once(() => ({
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\/[^:@/\s]+:[^@/\s]+@[^/\s]+\/[^/\s]+$/),
  NEON_FETCH_ENDPOINT: optional(z.url()),
}));

// One that leaks must not be another's.
const secrets = [
  "UPSTASH_REDIS_REST_TOKEN",
  "META_APP_SECRET",
  "META_WEBHOOK_VERIFY_TOKEN",
  "JWT_SECRET",
  "ADMIN_TOKEN",
] as const;

const variables = once(() =>
  z
    .object({
      ENVIRONMENT: z.enum(["development", "test", "preview", "production"]),
      ...databaseVariables(),
      UPSTASH_REDIS_REST_URL: z.url(),
      UPSTASH_REDIS_REST_TOKEN: z.string().min(1),
      META_APP_ID: z.string().regex(/^\d+$/),
      META_APP_SECRET: list.pipe(z.array(z.string().min(16)).min(1).max(2)),
      META_REDIRECT_URI: z.url(),
      META_LOGIN_CONFIG_ID: optional(z.string().regex(/^\d+$/)),
      META_GRAPH_VERSION: z
        .string()
        .regex(/^v\d+\.\d+$/)
        .default("v26.0"),
      META_FEATURES: z.preprocess(
        (value) => value || "insights",
        list.pipe(z.array(z.enum(["insights", "leads", "whatsapp", "conversions"])).min(1)),
      ),
      META_GRAPH_BASE_URL: origin.default("https://graph.facebook.com"),
      META_DIALOG_BASE_URL: origin.default("https://www.facebook.com"),
      YCLOUD_BASE_URL: origin.default("https://api.ycloud.com"),
      META_WEBHOOK_VERIFY_TOKEN: z.string().min(16),
      JWT_SECRET: optional(z.string().min(32)),
      JWT_JWKS_URL: optional(z.url()),
      JWT_ISSUER: optional(z.string().min(1)),
      JWT_AUDIENCE: optional(z.string().min(1)),
      ADMIN_TOKEN: optional(list.pipe(z.array(z.string().min(16)).min(1).max(2))),
      TOKEN_ENCRYPTION_KEYS: keyRing(),
      FRONTEND_URL: origin,
      CORS_ALLOWED_ORIGINS: list.pipe(z.array(origin).min(1)),
      DEBUG_TOKEN_ENDPOINT: flag,
      UPSTREAM_API_URL: optional(origin),
    })
    .superRefine((env, context) => {
      const refuse = (name: string, message: string) => context.addIssue({ code: "custom", path: [name], message });
      if (!env.JWT_SECRET && !env.JWT_JWKS_URL) refuse("JWT_SECRET", "JWT_SECRET or JWT_JWKS_URL is needed");
      const seen = new Map<string, string>();
      for (const name of secrets) {
        for (const value of [env[name] ?? []].flat()) {
          if (seen.has(value)) refuse(name, `is the same as ${seen.get(value)}`);
          seen.set(value, name);
        }
      }
      if (env.META_REDIRECT_URI.startsWith(`${env.UPSTREAM_API_URL}/`))
        refuse("UPSTREAM_API_URL", "is this worker itself");
      if (env.ENVIRONMENT !== "production") return;
      if (env.NEON_FETCH_ENDPOINT) refuse("NEON_FETCH_ENDPOINT", "is for development only");
      for (const name of ["META_GRAPH_BASE_URL", "META_DIALOG_BASE_URL"] as const) {
        const { protocol, hostname } = new URL(env[name]);
        if (protocol !== "https:" || !/(^|\.)facebook\.com$/.test(hostname))
          refuse(name, "must be a facebook.com host");
      }
      for (const name of [
        "META_REDIRECT_URI",
        "FRONTEND_URL",
        "UPSTREAM_API_URL",
        "YCLOUD_BASE_URL",
        "JWT_JWKS_URL",
        "UPSTASH_REDIS_REST_URL",
      ] as const) {
        if (env[name]?.startsWith("https://") === false) refuse(name, "must be https");
      }
    }),
);

export type Env = z.infer<ReturnType<typeof variables>>;

export type EnvProblem = { variable: string; problem: string };

/** The settings, or what is wrong with them by name; values never appear. */
export const parseEnv = (bindings: unknown): Parsed<Env> => parse(variables(), bindings);

/** What turning keys needs of them. */
export type RotationEnv = Pick<Env, "DATABASE_URL" | "NEON_FETCH_ENDPOINT" | "TOKEN_ENCRYPTION_KEYS">;

export const parseRotationEnv = (bindings: unknown): Parsed<RotationEnv> =>
  parse(z.object({ ...databaseVariables(), TOKEN_ENCRYPTION_KEYS: keyRing() }), bindings);

type Parsed<T> = { env: T } | { problems: EnvProblem[] };

function parse<T>(schema: z.ZodType<T>, bindings: unknown): Parsed<T> {
  const parsed = schema.safeParse(bindings);
  if (parsed.success) return { env: parsed.data };
  const problems = parsed.error.issues.map((issue) => ({
    variable: String(issue.path[0] ?? "ENVIRONMENT"),
    problem: issue.code === "custom" ? issue.message : "missing or malformed",
  }));
  return { problems };
}

function decode(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
