import { expect, test } from "vitest";
import { holderOf } from "../../src/lib/address.ts";

test.each([
  ["203.0.113.9", "203.0.113.9"],
  ["198.51.100.17", "198.51.100.17"],
  ["::ffff:203.0.113.9", "203.0.113.9"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::6", "2001:db8:1:2::/64"],
  ["2001:DB8:0001:0002:ffff::", "2001:db8:1:2::/64"],
  ["2001:db8::1:2:3:4:5", "2001:db8:0:1::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["2001:db8::", "2001:db8:0:0::/64"],
  // An IPv4 address inside another one is not whose address it is: a gateway's, or nobody's.
  ["64:ff9b::203.0.113.9", "64:ff9b:0:0::/64"],
  ["203.0.113.9:443", "203.0.113.9:443::/64"],
  // No address at all, and nothing that throws.
  ["1:2:3:4:5:6:7:8::9", "1:2:3:4::/64"],
])("%s counts as %s", (address, network) => {
  expect(holderOf(address)).toBe(network);
});
