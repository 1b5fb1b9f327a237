import { Admission, type Place } from "../../../server/connections/admission.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../server/limits/limits.ts";
import { peerAddress } from "../../../server/limits/peer_address.ts";
import { assert, assertEquals } from "../../support/assert.ts";

function admission(limits: Partial<Limits> = {}) {
  const refused: string[] = [];
  const evicted: string[] = [];
  const all = new Admission({ ...DEFAULT_LIMITS, ...limits }, (limit) => refused.push(limit));
  const exempt = new Set(["127.0.0.1"]);
  const enter = (host: string, name = host): Place | null =>
    all.enter(peerAddress(host, exempt), () => evicted.push(name));
  /** As many connections of `host` as it gets, all logged in if `identity` names one for each. */
  const fill = (host: string, identity?: (at: number) => string): number => {
    for (let count = 0;; count++) {
      const place = enter(host);
      if (!place) return count;
      if (identity) assert(place.login(identity(count)));
    }
  };
  return { enter, fill, refused, evicted };
}

Deno.test("admission: one address has at most 256 connections that have not logged in", () => {
  const { enter, fill, refused } = admission();
  assertEquals(fill("192.0.2.1"), 256);
  assertEquals(refused, ["waiting-connections"]);
  assert(enter("192.0.2.2"));
});

Deno.test("admission: one address has at most a quarter of all connections", () => {
  const { fill, refused, evicted } = admission();
  assertEquals(fill("192.0.2.1", (at) => `identity ${at}`), 1024);
  assertEquals(refused, ["address-connections"]);
  assertEquals(fill("192.0.2.2", (at) => `other ${at}`), 1024);
  assertEquals(evicted, []);
});

Deno.test("admission: an IPv6 /48 has at most half of all, and 1,024 without a login", () => {
  const identities = admission();
  let logged = 0;
  for (let net = 0; net < 8; net++) {
    logged += identities.fill(`2001:db8:1:${net}::1`, (at) => `${net} ${at}`);
  }
  assertEquals(logged, 2048);
  const strangers = admission();
  let waiting = 0;
  for (let net = 0; net < 8; net++) waiting += strangers.fill(`2001:db8:1:${net}::1`);
  assertEquals(waiting, 1024);
});

Deno.test("admission: of one address only who has not logged in makes room", () => {
  const { enter, refused, evicted } = admission({ maxConnections: 3 });
  const oldest = enter("127.0.0.1", "oldest");
  enter("127.0.0.1", "second");
  enter("127.0.0.1", "third");
  assert(oldest?.login("alice"));
  const fourth = enter("127.0.0.1", "fourth");
  assertEquals(evicted, ["second"]);
  assert(fourth?.login("bob"));
  assert(enter("127.0.0.1", "fifth")?.login("carol"));
  assertEquals(evicted, ["second", "third"]);
  assertEquals(enter("127.0.0.1"), null);
  assertEquals(refused, ["connections", "connections", "connections"]);
  fourth?.leave();
  fourth?.leave();
  assert(enter("127.0.0.1", "sixth"));
  assert(enter("127.0.0.1", "seventh")); // the place of the sixth, not a second one of the fourth
  assertEquals(evicted, ["second", "third", "sixth"]);
});

Deno.test("admission: a flood without a login displaces itself", () => {
  const { enter, evicted } = admission({ maxConnections: 64 });
  const bob = enter("192.0.2.200", "bob");
  enter("192.0.2.201", "carol");
  for (let turn = 0; turn < 100; turn++) {
    for (let host = 0; host < 8; host++) enter(`192.0.2.${host}`);
    bob?.answered();
  }
  assert(evicted.length > 700);
  assert(!evicted.includes("bob") && !evicted.includes("carol"));
});

Deno.test("admission: of two alike, who was served lately stays", () => {
  const { enter, evicted } = admission({ maxConnections: 3 });
  const places = ["first", "second", "third"].map((name) => enter("127.0.0.1", name));
  places[0]?.answered();
  enter("127.0.0.1", "fourth");
  places[2]?.answered();
  enter("127.0.0.1", "fifth");
  assertEquals(evicted, ["second", "first"]);
});

Deno.test("admission: addresses that log in without end make room for others", () => {
  const { enter, fill, evicted } = admission({ maxConnections: 64 });
  for (let host = 0; host < 4; host++) fill(`192.0.2.${host}`, (at) => `${host} ${at}`);
  assertEquals(evicted, []);
  const newcomers = Array.from({ length: 5 }, (_, at) => {
    return enter("198.51.100.7", `newcomer ${at}`);
  });
  // They come again and again, and displace at most each other, not who is about to log in.
  for (let turn = 0; turn < 100; turn++) {
    const name = `flood ${turn}`;
    enter(`192.0.2.${turn % 4}`, name)?.login(name);
  }
  for (const [at, newcomer] of newcomers.entries()) assert(newcomer?.login(`new ${at}`));
  assert(!evicted.some((name) => name.startsWith("newcomer")));
  // An address that has as many as they have is refused.
  fill("198.51.100.8", (at) => `fair ${at}`);
  assertEquals(evicted.filter((name) => name === "198.51.100.7"), []);
});

Deno.test("admission: many addresses of one IPv6 network count together", () => {
  const { enter, evicted } = admission({ maxConnections: 64 });
  const bob = enter("192.0.2.1", "bob");
  for (const network of ["2001:db8:1", "2001:db8:2", "2001:db8:3"]) {
    for (let net = 0; net < 200; net++) enter(`${network}:${net.toString(16)}::1`, network);
  }
  assert(evicted.length > 100 && !evicted.includes("bob"));
  assert(bob?.login("bob"));
});

Deno.test("admission: whoever was evicted cannot log in any more", () => {
  const { enter } = admission({ maxConnections: 1 });
  const first = enter("127.0.0.1");
  assert(enter("127.0.0.1"));
  assertEquals(first?.login("alice"), false);
  first?.leave();
  assertEquals(enter("127.0.0.1")?.login("alice"), true);
});

Deno.test("admission: one identity has 16 connections, from wherever it comes", () => {
  const { enter } = admission();
  const places = Array.from({ length: 16 }, (_, at) => enter(`192.0.2.${at}`));
  for (const place of places) assert(place?.login("alice"));
  const next = enter("192.0.2.99");
  assertEquals(next?.login("alice"), false);
  places[3]?.leave();
  assertEquals(next?.login("alice"), true);
});

Deno.test("admission: what has left is forgotten", () => {
  const { enter } = admission({ maxWaitingConnections: 1 });
  for (let i = 0; i < 100; i++) {
    const place = enter("2001:db8::1");
    assert(place);
    if (i % 2) assert(place.login("alice"));
    place.leave();
  }
  assert(enter("2001:db8::1"));
  assertEquals(enter("2001:db8::2"), null);
});
