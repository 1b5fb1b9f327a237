/** What a server counts while it serves. */
import { utf8 } from "../../../shared/bytes.ts";
import { assertEquals } from "../../support/assert.ts";
import { expectKind } from "../../support/server/peer.ts";
import { samplesNow } from "../../support/server/samples.ts";
import { Someone } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

/** The samples of `name`, by their labels, without those that are 0. */
async function samples(server: ServerFixture, name: string): Promise<Record<string, number>> {
  const all = [...await samplesNow(server.services.metrics)];
  return Object.fromEntries(
    all.filter(([key, value]) => key.startsWith(`${name}{`) && value !== 0)
      .map(([key, value]) => [key.slice(name.length), value]),
  );
}

Deno.test("metrics: connections, by protocol and state, until they end", async () => {
  await using server = await ServerFixture.start({
    limits: { maxConnections: 4 },
    exempt: ["127.0.0.1"],
  });
  const silent = await server.connect();
  const classic = await server.connect();
  await classic.register("alice");
  const stranger = await server.open();
  const bob = await server.secure("bob");
  const fifth = await server.connect();
  assertEquals(await silent.rest(), new Uint8Array(0)); // it makes room
  assertEquals(await samples(server, "messaging_connections"), {
    '{protocol="unknown",state="opening"}': 1,
    '{protocol="classic",state="open"}': 1,
    '{protocol="secure",state="before-login"}': 1,
    '{protocol="secure",state="logged-in"}': 1,
  });
  assertEquals(await samples(server, "messaging_refusals_total"), { '{limit="connections"}': 1 });
  const counted = await samplesNow(server.services.metrics);
  assertEquals(counted.get("messaging_connections_accepted_total"), 5);

  for (const peer of [silent, classic, fifth, stranger, bob]) peer[Symbol.dispose]();
  await server.connectionsLeft(0);
  assertEquals(await samples(server, "messaging_connections"), {});
});

Deno.test("metrics: requests by code and result, refusals by limit", async () => {
  await using server = await ServerFixture.start({ limits: { maxMessages: 1 } });
  const classic = await server.connect();
  const alice = await classic.register("alice");
  await classic.sendText(alice, alice, utf8("first"));
  const second = { kind: "send", to: alice, type: 3, content: utf8("second") } as const;
  expectKind(await classic.request(alice, second), "failure");
  const bob = await server.open();
  await bob.login(await Someone.called("bob"));
  assertEquals(await samples(server, "messaging_requests_total"), {
    '{protocol="classic",code="100",result="ok"}': 1,
    '{protocol="classic",code="103",result="ok"}': 1,
    '{protocol="classic",code="103",result="over-quota"}': 1,
    '{protocol="secure",code="112",result="ok"}': 1,
  });
  assertEquals(await samples(server, "messaging_refusals_total"), { '{limit="mailbox-full"}': 1 });
});
