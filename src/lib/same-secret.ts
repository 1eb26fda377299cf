/**
 * Tells whether a text is one of the secrets. Digests are compared, all of them and each to its end: the time it takes says
 * nothing about how much was right, nor which secret it was.
 */
export const createSecretCheck =
  (secrets: readonly string[]) =>
  async (text: string): Promise<boolean> => {
    const [given = new Uint8Array(), ...known] = await Promise.all([text, ...secrets].map(sha256));
    return known.filter((digest) => differenceOf(digest, given) === 0).length > 0;
  };

const differenceOf = (one: Uint8Array, two: Uint8Array) =>
  one.reduce((difference, byte, at) => difference | (byte ^ (two[at] ?? 0x100)), 0);

const sha256 = async (text: string) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
