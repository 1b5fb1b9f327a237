import { addressKey, peerAddress } from "../../../server/limits/peer_address.ts";
import { assertEquals } from "../../support/assert.ts";

Deno.test("peer address: IPv4 counts alone, IPv6 by its first 64 bits", () => {
  const keys: [string, string][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:201", "192.0.2.1"],
  ];
  for (const [text, key] of keys) assertEquals(addressKey(text), key, text);
});

Deno.test("peer address: what is no address is its own key", () => {
  const wrong = [
    "",
    "proxy",
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "1:2:3",
    "1::2::3",
    "::12345",
    "g::",
  ];
  for (const text of [...wrong, "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "::1.2.3.4.5", " ::1"]) {
    assertEquals(addressKey(text), text);
  }
});

Deno.test("peer address: the network of an IPv6 address, and what is exempt", () => {
  const exempt = new Set(["192.0.2.1", "2001:db8:1:2::/64"]);
  assertEquals(peerAddress("::ffff:192.0.2.1", exempt), {
    key: "192.0.2.1",
    network: null,
    exempt: true,
  });
  assertEquals(peerAddress("192.0.2.2", exempt).exempt, false);
  assertEquals(peerAddress("2001:db8:1:2::7", exempt), {
    key: "2001:db8:1:2::/64",
    network: "2001:db8:1::/48",
    exempt: true,
  });
});
