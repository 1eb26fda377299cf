import { expect, test } from "vitest";
import { networkOf } from "../../src/lib/network.ts";

test.each([
  ["203.0.113.77", "203.0.113.0/24"],
  ["::ffff:203.0.113.77", "203.0.113.0/24"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"],
  ["2001:DB8::1", "2001:db8:0::/48"],
  ["::1", "0:0:0::/48"],
  ["2001:db8::1::2", null],
  ["2001:db8", null],
  ["1:2:3:4:5:6:7:8:9", null],
  ["256.1.1.1", null],
  ["a person", null],
  ["", null],
  [undefined, null],
])("the network of %s is %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
