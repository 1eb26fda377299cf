const PARTICLES = new Set("de del la las los da das do dos di du van von der den y e san santa".split(" "));

/**
 * First and last name of a full one. Nobody can know where a first name ends: of three words the first is it, of four or
 * more the first two, and what begins with a particle ("de la Cruz") is last name.
 */
export function splitName(
  text: string,
  { lastFirst = false } = {},
): { firstName: string | undefined; lastName: string | undefined } {
  const name = text.replace(/\s+/g, " ").trim();
  const [last, first, ...more] = name.split(/\s*,\s*/);
  // "Pérez, Ana"
  if (first && last && more.length === 0) return { firstName: first, lastName: last };
  const words = name.split(" ").filter(Boolean);
  if (words.length < 2) return { firstName: words[0], lastName: undefined };
  if (lastFirst) {
    const lastNames = words.length > 3 ? 2 : 1;
    return { firstName: words.slice(lastNames).join(" "), lastName: words.slice(0, lastNames).join(" ") };
  }
  const particle = words.findIndex((word, at) => at > 0 && PARTICLES.has(word.toLowerCase()));
  const firsts = particle > 0 && particle <= 2 ? particle : words.length > 3 ? 2 : 1;
  return { firstName: words.slice(0, firsts).join(" "), lastName: words.slice(firsts).join(" ") };
}
