// Where a request came from, as far as an audit needs it: the network, not the line of one household or the device of one
// person. IPv4 keeps 24 bits, IPv6 48: enough to tell an office from a stranger, too little to follow somebody.

/** `203.0.113.0/24`, `2001:db8:1::/48`; null for what is no address. */
export function networkOf(address: string | undefined): string | null {
  if (address === undefined) return null;
  const v4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(address.trim());
  if (v4) {
    const bytes = v4.slice(1).map(Number);
    return bytes.every((byte) => byte <= 255) ? `${bytes.slice(0, 3).join(".")}.0/24` : null;
  }
  return networkOfV6(address.trim().toLowerCase());
}

function networkOfV6(address: string): string | null {
  if (!/^[\da-f:]{2,39}$/.test(address)) return null;
  const [head = "", tail, more] = address.split("::");
  if (more !== undefined) return null;
  const groupsOf = (part: string | undefined) => (part ? part.split(":") : []);
  const [before, after] = [groupsOf(head), groupsOf(tail)];
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...before, ...Array<string>(tail === undefined ? 0 : missing).fill("0"), ...after];
  if (!groups.every((group) => /^[\da-f]{1,4}$/.test(group))) return null;
  const prefix = groups.slice(0, 3).map((group) => Number.parseInt(group, 16).toString(16));
  return `${prefix.join(":")}::/48`;
}
