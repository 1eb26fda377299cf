/** Whom an address belongs to, as far as it tells: an IPv4 address is one, an IPv6 address stands for its /64. */
export function holderOf(address: string): string {
  const ipv4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (ipv4) return ipv4;
  // A `::` stands for as many zeros as are missing; what is after it may reach into the first four.
  const missing = Math.max(0, 8 - groupsOf(address).length);
  const whole = address.toLowerCase().replace("::", `:${"0:".repeat(missing)}`);
  return `${groupsOf(whole)
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}

const groupsOf = (address: string) => address.split(":").filter(Boolean);
