import { DEFAULT_LIMITS } from "../../../server/limits/limits.ts";
import { peerAddress } from "../../../server/limits/peer_address.ts";
import { NETWORK_FACTOR, Rates } from "../../../server/limits/rates.ts";
import { assertEquals } from "../../support/assert.ts";
import { FakeClock } from "../../support/server/server_fixture.ts";

const NOBODY = new Set<string>();

function registrations() {
  const clock = new FakeClock();
  const limits = { ...DEFAULT_LIMITS, registrations: { burst: 3, interval: 10_000 } };
  const { registrations } = new Rates(limits, clock.read);
  return { clock, take: (host: string) => registrations.take(peerAddress(host, NOBODY)) };
}

Deno.test("rates: all of an IPv6 /64 share one bucket, and IPv4 addresses do not", () => {
  const { take } = registrations();
  assertEquals([1, 2, 3].map((host) => take(`2001:db8::${host}`)), [0, 0, 0]);
  assertEquals(take("2001:db8::4:5:6:7"), 10_000);
  assertEquals([1, 2, 3, 4].map((host) => take(`192.0.2.${host}`)), [0, 0, 0, 0]);
});

Deno.test("rates: an IPv6 /48 may do so much, whatever the number of its /64", () => {
  const { clock, take } = registrations();
  let taken = 0;
  for (let net = 0; net < 1000; net++) if (take(`2001:db8:7:${net.toString(16)}::1`) === 0) taken++;
  assertEquals(taken, 3 * NETWORK_FACTOR);
  assertEquals(take("2001:db8:7:ffff::1"), 10_000 / NETWORK_FACTOR);
  clock.now += 10_000 / NETWORK_FACTOR;
  assertEquals(take("2001:db8:7:ffff::1"), 0); // what was refused has cost this /64 nothing
  assertEquals(take("2001:db8:8::1"), 0);
});

Deno.test("rates: an exempt address has no limit", () => {
  const { registrations } = new Rates(DEFAULT_LIMITS, new FakeClock().read);
  const address = peerAddress("192.0.2.1", new Set(["192.0.2.1"]));
  for (let i = 0; i < 1000; i++) assertEquals(registrations.take(address), 0);
});
