import { ClientError } from "../../../client/errors.ts";
import { MiB } from "../../../shared/limits.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { TransferFixture } from "../../support/client/transfer_fixture.ts";
import { digest } from "../../support/large_files.ts";

async function codeOf(step: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => step, ClientError)).code;
}

Deno.test("transfer folders: one that cannot be written is kept for nobody", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const [zero, other] = [`${fixture.folder}/zero`, `${fixture.folder}/other`];
  await Deno.writeTextFile(zero, "a file of that name");
  for (const name of ["one", "two"]) {
    await alice.client.sendFile("bob", await fixture.file(name, 10));
  }
  const told = await Array.fromAsync(bob.client.receive(zero, () => {}));
  assertEquals(told.map((it) => it.type === "problem" ? it.error.code : it.type), ["file", "file"]);
  const fetched = await bob.client.fetch(1, other);
  assertEquals(fetched.path, `${other}/one`);
  const [file] = await Array.fromAsync(bob.client.receive(other, () => {}));
  assert(file.type === "file");
  assertEquals(file.path, `${other}/two`);
  assertEquals(await Deno.readTextFile(zero), "a file of that name");
});

Deno.test("transfer folders: a wrong one leaves a waiting file as it was", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  await alice.client.sendFile("bob", await fixture.file("one", 10));
  await Array.fromAsync(bob.client.receive(".", () => {}, { files: "announce" }));
  await Deno.writeTextFile(`${fixture.folder}/zero`, "");
  assertEquals(await codeOf(bob.client.fetch(1, `${fixture.folder}/zero`)), "file");
  assertEquals(bob.client.files().map(({ number, path }) => [number, path]), [[1, null]]);
});

Deno.test("transfer folders: the last one named gets what there is of a file", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const path = await fixture.file("large", 12 * MiB);
  await alice.client.sendFile("bob", path);
  const breakOff = async (out: string | undefined, at: number) => {
    const abort = new AbortController();
    const seen: number[] = [];
    const onProgress = (done: number) => {
      seen.push(done);
      if (done >= at) abort.abort();
    };
    const options = { onProgress, signal: abort.signal };
    assertEquals(await codeOf(bob.client.fetch(1, out, options)), "interrupted");
    return seen[0];
  };
  await Array.fromAsync(bob.client.receive(".", () => {}, { files: "announce" }));
  await breakOff(fixture.out("bob"), 3 * MiB);
  const first = await breakOff(undefined, 6 * MiB);
  assert(first > 3 * MiB, `without a folder it began at ${first}`);
  const names = fixture.names("bob");
  assertEquals([names.length, names[0].endsWith(".part")], [1, true]);

  await Deno.writeTextFile(`${fixture.folder}/zero`, "");
  assertEquals(await codeOf(bob.client.fetch(1, `${fixture.folder}/zero`)), "file");
  assertEquals(fixture.names("bob"), names, "what there was is still there");
  const other = `${fixture.folder}/other`;
  const seen: number[] = [];
  await bob.client.fetch(1, other, { onProgress: (done) => seen.push(done) });
  assert(seen[0] > 6 * MiB, `it began at ${seen[0]}`);
  assertEquals(fixture.names("bob"), []);
  assertEquals(await digest(`${other}/large`), await digest(path));
});

Deno.test("transfer folders: an interrupted one that is sent again goes on", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const folder = `${fixture.folder}/photos`;
  await Deno.mkdir(folder);
  await Deno.rename(await fixture.file("large", 12 * MiB), `${folder}/large`);
  const breakOff = async (to: string) => {
    const abort = new AbortController();
    const seen: number[] = [];
    const onProgress = (done: number) => {
      seen.push(done);
      if (done >= 5 * MiB) abort.abort();
    };
    const sending = alice.client.sendFile(to, folder, onProgress, abort.signal);
    assertEquals(await codeOf(sending), "interrupted");
    return seen[0];
  };
  assertEquals(await breakOff("bob"), 0);
  assert(await breakOff("bob") > 0);
  assertEquals(alice.client.transfers().map(({ name }) => name), ["photos.tar"]);
  assertEquals(copies(alice.folder).length, 1);
  // What has changed since is another file.
  await Deno.writeTextFile(`${folder}/small`, "new");
  assertEquals(await breakOff("bob"), 0);
  assertEquals(alice.client.transfers().length, 2);
  await alice.client.sendFile("bob", folder);
  await fixture.receive(alice, "alice");
  await fixture.receive(bob, "bob");
  assertEquals(fixture.names("bob").length, 2);
  assertEquals(copies(alice.folder), []);
});

/** The copies that uploads are made from. */
function copies(profile: string): string[] {
  return [...Deno.readDirSync(`${profile}/outgoing`)].map(({ name }) => name);
}
