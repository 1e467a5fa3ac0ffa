import { expect, test } from "bun:test";
import { findReversedAddress } from "./reverse-name.ts";

const V6 = "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.1.d.f.ip6.arpa";

test.each([
  ["2.0.18.172.in-addr.arpa", "172.18.0.2"],
  [V6, "fd12::2"],
  ["0.18.172.in-addr.arpa", undefined],
  ["2.2.0.18.172.in-addr.arpa", undefined],
  ["256.0.18.172.in-addr.arpa", undefined],
  ["x.0.18.172.in-addr.arpa", undefined],
  ["in-addr.arpa", undefined],
  [V6.slice(2), undefined],
  [`0.${V6}`, undefined],
  [V6.replace("f", "g"), undefined],
  ["2.0.18.172.in-addr.arpa.example", undefined],
])("%s is the name of %p", (name, address) => {
  expect(findReversedAddress(name)).toBe(address);
});
