// The public keys at JWT_JWKS_URL, as an isolate remembers them. jose's own memory fetches on every request while the server
// is away, and forgets good keys after ten minutes.
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from "jose";

const SECOND_MS = 1000;
const FRESH_MS = 600 * SECOND_MS;
/** How long keys are believed that cannot be renewed. */
const BELIEVED_MS = 24 * 3600 * SECOND_MS;
/** Between two questions: a token with an unknown key costs its sender nothing. */
const COOLDOWN_MS = 30 * SECOND_MS;
/** The same while there is no key at all, and nobody can sign in. */
const EMPTY_COOLDOWN_MS = 5 * SECOND_MS;
const DEADLINE_MS = 3 * SECOND_MS;
const POLL_MS = 20;

export type KeySetOptions = {
  url: string;
  now: () => number;
  fetch: typeof fetch;
  /** The keys could not be renewed. */
  onTrouble: () => void;
};

/** Finds the key of a token. Throws jose's error where the token names none of ours, and another where no key can be had. */
export function createKeySet({ url, now, onTrouble, ...network }: KeySetOptions): JWTVerifyGetKey {
  let held: { find: JWTVerifyGetKey; since: number } | undefined;
  const question = { at: Number.NEGATIVE_INFINITY, isOpen: false };

  const believed = () => (held && now() - held.since <= BELIEVED_MS ? held : undefined);

  async function ask(): Promise<void> {
    Object.assign(question, { at: now(), isOpen: true });
    try {
      const answer = await network.fetch(url, { redirect: "manual", signal: AbortSignal.timeout(DEADLINE_MS) });
      if (answer.status === 200) held = { find: createLocalJWKSet(await answer.json()), since: now() };
      else onTrouble();
    } catch {
      onTrouble();
    } finally {
      question.isOpen = false;
    }
  }

  async function renew(): Promise<void> {
    if (now() - question.at >= (believed() ? COOLDOWN_MS : EMPTY_COOLDOWN_MS)) return ask();
    // Another request is fetching the first keys. Workers lets nobody wait for another's promise, only look now and then.
    for (let looks = DEADLINE_MS / POLL_MS; question.isOpen && !believed() && looks > 0; looks -= 1)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }

  return async (header, token) => {
    const known = believed();
    if (!known || now() - known.since > FRESH_MS) await renew();
    const current = believed();
    if (!current) throw new Error("There are no keys.");
    try {
      return await current.find(header, token);
    } catch (thrown) {
      if (!(thrown instanceof errors.JWKSNoMatchingKey)) throw thrown;
      await renew();
      // Keys that are still the same throw once more.
      return (believed() ?? current).find(header, token);
    }
  };
}
