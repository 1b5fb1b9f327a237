/** Clients that are faster than the server allows: they wait as long as it says, and go on. */
import { MiB } from "../../../shared/limits.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { TransferFixture } from "../../support/client/transfer_fixture.ts";
import { refusalsOf } from "../../support/server/samples.ts";

Deno.test("rate limited: an acknowledgement that came too fast goes out again", async () => {
  await using fixture = await TransferFixture.start();
  const [alice, bob] = [await fixture.person("alice"), await fixture.person("bob")];
  for (let i = 0; i < 20; i++) await alice.client.sendText("bob", `text ${i}`);
  const { requests } = fixture.server.services.rates;
  const take = requests.take.bind(requests);
  let refused = 0;
  requests.take = (key, count) => count === 20 && refused++ < 2 ? 30 : take(key, count);
  assertEquals((await fixture.receive(bob, "bob")).length, 20);
  assertEquals(fixture.server.dump().messages, []);
  assertEquals(refused, 3);
});

Deno.test("rate limited: a file goes up and down at the server's pace", async () => {
  const bytes = { burst: 2 * MiB, interval: 30 / MiB };
  await using fixture = await TransferFixture.start({ limits: { bytes } });
  const [alice, bob] = [await fixture.person("alice"), await fixture.person("bob")];
  const path = await fixture.file("source", 6 * MiB);
  await alice.client.sendFile("bob", path);
  const received = await fixture.receive(bob, "bob");
  assertEquals(received.map(({ type }) => type), ["file"]);
  const got = await Deno.readFile(`${fixture.out("bob")}/${fixture.names("bob")[0]}`);
  assertEquals(got, await Deno.readFile(path));
  assert((await refusalsOf(fixture.server.services.metrics)).bytes > 0);
});
