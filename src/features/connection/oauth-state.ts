// The state of one login: 256 random bits that point to a record in Redis for ten minutes. It is good once, only in the
// browser that asked for it (a nonce in a __Host- cookie), and only for the user who asked. Inside we know exactly why a
// state is refused; outside it is always the same "invalid_state".
import * as z from "zod";
import type { Needs } from "../../context.ts";
import { digest } from "../../lib/digest.ts";

export const STATE_TTL_SECONDS = 600;

const record = z.object({
  provider: z.literal("meta"),
  tenantId: z.number(),
  userId: z.string(),
  nonceHash: z.string(),
  codeVerifier: z.string(),
  redirectUri: z.string(),
  createdAt: z.number(),
});

export type LoginState = z.infer<typeof record>;

export type Refusal = "missing" | "malformed" | "unknown" | "expired" | "other_browser" | "other_user" | "used";

/** A refusal tells whose login it was, whoever brought it back, where there was one. */
export type Claim = { ok: true; login: LoginState } | { ok: false; reason: Refusal; login?: LoginState };

const recordKey = (state: string) => `oauth:state:${state}`;
const usedKey = (state: string) => `oauth:used:${state}`;

/** The cookie that ties a state to its browser; several logins may be under way at once. */
export const nonceCookieName = (state: string) => `__Host-oauth-${state.slice(0, 8)}`;

export async function createLoginState(
  ctx: Needs<"redis" | "secret" | "now" | "tenantId">,
  { userId, redirectUri }: { userId: string; redirectUri: string },
): Promise<{ state: string; nonce: string; codeChallenge: string }> {
  const [state, nonce, codeVerifier] = [ctx.secret(), ctx.secret(), ctx.secret()];
  const login: LoginState = {
    provider: "meta",
    tenantId: ctx.tenantId,
    userId,
    nonceHash: await digest(nonce),
    codeVerifier,
    redirectUri,
    createdAt: ctx.now(),
  };
  await ctx.redis.set(recordKey(state), JSON.stringify(login), STATE_TTL_SECONDS);
  // PKCE's S256 is what `digest` makes.
  return { state, nonce, codeChallenge: await digest(codeVerifier) };
}

/**
 * Consumes a state: exactly one caller ever gets `ok`, also when Redis executes the claim and loses the answer. A state
 * shown by the wrong browser or user is burnt. `beforehand` is what may fail without costing the state: it runs before the
 * claim. When this throws, the state is still good, or claimed by nobody who can use it: asking again is safe.
 */
export async function claimLoginState(
  ctx: Needs<"redis" | "uuid" | "now">,
  { state, nonce, userId }: { state: string | undefined; nonce: string | undefined; userId: string | undefined },
  beforehand: (login: LoginState) => Promise<void> = async () => undefined,
): Promise<Claim> {
  if (!state) return { ok: false, reason: "missing" };
  if (!/^[\w-]{43}$/.test(state)) return { ok: false, reason: "malformed" };
  const stored = await ctx.redis.get(recordKey(state), { isFresh: true });
  if (stored === null) return { ok: false, reason: "unknown" };
  const login = record.parse(JSON.parse(stored));
  const refusal = await refusalOf(login, { nonce, userId, now: ctx.now() });
  if (!refusal) await beforehand(login);
  const isFirst = await ctx.redis.claim(usedKey(state), ctx.uuid(), 2 * STATE_TTL_SECONDS);
  if (refusal) return { ok: false, reason: refusal, login };
  return isFirst ? { ok: true, login } : { ok: false, reason: "used", login };
}

async function refusalOf(
  login: LoginState,
  shown: { nonce: string | undefined; userId: string | undefined; now: number },
): Promise<Refusal | undefined> {
  if (shown.now - login.createdAt > STATE_TTL_SECONDS * 1000) return "expired";
  if (!shown.nonce || (await digest(shown.nonce)) !== login.nonceHash) return "other_browser";
  // Frontends that send Bearer tokens have no session cookie on a redirect: the nonce alone ties those.
  if (shown.userId !== undefined && shown.userId !== login.userId) return "other_user";
  return undefined;
}
