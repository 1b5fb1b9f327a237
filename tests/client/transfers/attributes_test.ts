import { assertEquals } from "../../support/assert.ts";
import { TransferFixture } from "../../support/client/transfer_fixture.ts";

const CHANGED = new Date("2019-05-04T03:02:01Z");

Deno.test({
  name:
    "transfer attributes: times and what can be run arrive, once the peer is known to read them",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using fixture = await TransferFixture.start();
    const alice = await fixture.person("alice");
    const bob = await fixture.person("bob");
    for (const [name, mode] of [["one", 0o755], ["two", 0o644], ["three", 0o755]] as const) {
      const path = await fixture.file(name, 10);
      await Deno.chmod(path, mode);
      await Deno.utime(path, CHANGED, CHANGED);
      if (name === "two") {
        await bob.client.sendText("alice", "so that she knows how new he is");
        await fixture.receive(alice, "alice");
      }
      await alice.client.sendFile("bob", path);
    }
    await fixture.receive(bob, "bob");
    const facts = (name: string) => {
      const { mode, mtime } = Deno.statSync(`${fixture.out("bob")}/${name}`);
      return [((mode ?? 0) & 0o777).toString(8), mtime?.getTime() === CHANGED.getTime()];
    };
    assertEquals(facts("one"), ["600", false], "an earlier version would refuse the message");
    assertEquals(facts("two"), ["600", true]);
    assertEquals(facts("three"), ["700", true]);
  },
});
