/** Times that a sender claims. */
import { toJson, toText } from "../../../client/cli/output/output.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { Party } from "../../support/attack/parties.ts";

Deno.test("inbox: a time that no date can hold becomes that of the arrival", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  const arrival = Date.UTC(2026, 0, 2);
  bob.now = () => arrival;
  for (const at of [8.64e15, 8.64e15 + 1, Number.MAX_SAFE_INTEGER]) {
    alice.now = () => at;
    await alice.send(server.address, "bob", "from far away");
    const received = await bob.with(server.address, (client) => {
      return Array.fromAsync(client.receive(`${bob.folder}/out`, () => {}));
    });
    assertEquals(received.map((one) => "at" in one && one.at), [at === 8.64e15 ? at : arrival]);
    for (const one of received) {
      assert(one.type === "text");
      assert(!toJson({ kind: "received", received: one }).includes("null"));
      assert(!(await toText({ kind: "received", received: one })).includes("?"));
    }
  }
  const peer = bob.profile.contacts.byName("alice");
  assert(peer);
  for (const entry of bob.profile.history.list(peer.id)) {
    const json = toJson({ kind: "history", entry, peer });
    assert(!json.includes('"at":null'), json);
  }
});
