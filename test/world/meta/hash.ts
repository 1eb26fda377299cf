/** FNV-1a: a text's 32-bit number. */
export const hashText = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
};

/** A number in [0, 1) that depends on nothing but its arguments (murmur3's finaliser over three words). */
export const unit = (key: number, day: number, salt: number): number => {
  let hash = Math.imul(key ^ Math.imul(day + 0x9e3779b9, 0x85ebca6b), 0xc2b2ae35) ^ Math.imul(salt + 1, 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
};

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A name that looks random and is the same for the same arguments. */
export const opaqueName = (key: number, serial: number, length: number): string =>
  Array.from({ length }, (_, place) => ALPHABET[Math.floor(unit(key, serial, place) * ALPHABET.length)]).join("");
