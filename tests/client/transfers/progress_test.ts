import { ClientError } from "../../../client/errors.ts";
import { MiB } from "../../../shared/limits.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { TransferFixture } from "../../support/client/transfer_fixture.ts";

Deno.test("transfer progress: who breaks off and who lists see the same figure", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const path = await fixture.file("large", 14 * MiB);
  for (const way of ["up", "down"] as const) {
    const abort = new AbortController();
    let told = 0;
    const onProgress = (done: number) => {
      told = done;
      if (done >= 5 * MiB) abort.abort();
    };
    const moving = way === "up"
      ? alice.client.sendFile("bob", path, onProgress, abort.signal)
      : Array.fromAsync(bob.client.receive(fixture.out("bob"), onProgress, abort));
    const { code } = await assertRejects(() => moving, ClientError);
    assertEquals(code, "interrupted");
    const [{ done }] = (way === "up" ? alice : bob).client.transfers();
    assertEquals(done, told, way);
    if (way === "up") await alice.client.sendFile("bob", path);
  }
});

Deno.test("transfer progress: a file is told of before its first part has moved", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const seen: number[] = [];
  await alice.client.sendFile("bob", await fixture.file("small", 10), (done) => seen.push(done));
  assertEquals(seen, [0, 10]);
  const got: number[] = [];
  // Messages are collected before, without a file.
  const onProgress = (done: number, _size: number, file?: object) => file && got.push(done);
  await Array.fromAsync(bob.client.receive(fixture.out("bob"), onProgress));
  assertEquals(got, [0, 10]);
  assert(fixture.names("bob").includes("small"));
});
