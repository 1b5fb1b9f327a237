import { ClientError } from "../../../client/errors.ts";
import { MiB } from "../../../shared/limits.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { TransferFixture } from "../../support/client/transfer_fixture.ts";
import { digest } from "../../support/large_files.ts";

/** The code of the error that `step` ends with. */
export async function codeOf(step: Promise<unknown>): Promise<string> {
  return await step.then(() => "none", (error) => {
    if (error instanceof ClientError) return error.code;
    throw error;
  });
}

Deno.test("transfers: files of all sizes arrive under their names, nothing is left", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const sizes = [0, 1, MiB - 1, MiB, MiB + 1, 20 * MiB + 7];
  for (const [i, size] of sizes.entries()) {
    await alice.client.sendFile("bob", await fixture.file(`${size}.bin`, size, i + 1));
  }
  const received = await fixture.receive(bob, "bob");
  assertEquals(
    received.map((one) => [one.type, one.from.name]),
    sizes.map(() => ["file", "alice"]),
  );
  for (const [i, one] of received.entries()) {
    assert(one.type === "file");
    assertEquals(one.path, `${fixture.out("bob")}/${sizes[i]}.bin`);
    assertEquals(await digest(one.path), await digest(`${fixture.folder}/${sizes[i]}.bin`));
  }
  assertEquals(fixture.names("bob").length, sizes.length);
  assertEquals(fixture.chunks(), []);
  assertEquals(await fixture.receive(bob, "bob"), []);
  assertEquals(alice.client.transfers().map(({ state }) => state), sizes.map(() => "done"));
  await fixture.receive(alice, "alice");
  assertEquals(bob.client.transfers().map(({ state, done, size }) => [state, done === size]), [
    ...sizes.map(() => ["done", true]),
  ]);
});

Deno.test("transfers: the history tells where a file is, and not what opens it", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const path = await fixture.file("report.pdf", 5);
  const progress: [number, number, string | undefined][] = [];
  const { message } = await alice.client.sendFile("bob", path, (done, size, file) => {
    progress.push([done, size, file?.name]);
  });
  assertEquals(progress, [[0, 5, "report.pdf"], [5, 5, "report.pdf"]]);
  await fixture.receive(bob, "bob");
  const [sent] = [...alice.client.contactBook.history("bob")];
  assert("file" in sent.body);
  assertEquals([sent.state, sent.messageId, sent.body.file.path], ["sent", message, path]);
  const [got] = [...bob.client.contactBook.history("alice")];
  assert("file" in got.body);
  assertEquals(got.body.file.path, `${fixture.out("bob")}/report.pdf`);
  assertEquals(bob.client.contactBook.forget("alice"), 1);
  assertEquals(bob.client.transfers(), []);
});

Deno.test("transfers: an unwanted file waits, and is fetched later under its number", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  await alice.client.sendFile("bob", await fixture.file("small", 10));
  await alice.client.sendFile("bob", await fixture.file("large", 11));
  const told = await fixture.receive(bob, "bob", { maxSize: 10 });
  assertEquals(told.map(({ type }) => type), ["announced", "file"]);
  const [waiting, ...more] = bob.client.files();
  assertEquals([waiting.name, waiting.size, more.length], ["large", 11, 0]);
  assertEquals(await fixture.receive(bob, "bob"), [], "it is not fetched by itself");
  const fetched = await bob.client.fetch(waiting.number, fixture.out("bob"));
  assertEquals(await Deno.readFile(fetched.path), sampleBytes(11));
  assertEquals(await codeOf(bob.client.fetch(waiting.number, "x")), "unknown-transfer");
  assertEquals(await codeOf(bob.client.fetch(77, "x")), "unknown-transfer");

  await alice.client.sendFile("bob", await fixture.file("third", 12));
  const announced = await fixture.receive(bob, "bob", { files: "announce" });
  assertEquals(announced.map(({ type }) => type), ["announced"]);
  assertEquals(await fixture.receive(bob, "bob", { files: "announce" }), []);
});

Deno.test("transfers: the sender's name is cleaned and replaces no other file", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  await Deno.mkdir(fixture.out("bob"));
  await Deno.writeTextFile(`${fixture.out("bob")}/passwd`, "mine");
  const content = (text: string) => ReadableStream.from([new TextEncoder().encode(text)]);
  for (const name of ["../../etc/passwd", "passwd", ".bashrc", "CON.txt"]) {
    await alice.client.sendFile("bob", { name, content: content(name) });
  }
  await fixture.receive(bob, "bob");
  assertEquals(fixture.names("bob"), [
    "_CON.txt",
    "bashrc",
    "passwd",
    "passwd (2)",
    "passwd (3)",
  ]);
  assertEquals(await Deno.readTextFile(`${fixture.out("bob")}/passwd`), "mine");
  assertEquals([...Deno.readDirSync(`${alice.folder}/outgoing`)], [], "no copy is left");
});

Deno.test("transfers: two receivers of one file share what is stored; each gets it", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const [bob, carol] = [await fixture.person("bob"), await fixture.person("carol")];
  const path = await fixture.file("shared", 2 * MiB + 1);
  await alice.client.sendFile("bob", path);
  let moved = 0;
  await alice.client.sendFile("carol", path, () => moved++);
  assertEquals(moved, 0, "nothing went up again");
  assertEquals(fixture.chunks().length, 2, "one file and its marks");
  await fixture.receive(bob, "bob");
  assertEquals(fixture.chunks().length, 2);
  await fixture.receive(carol, "carol");
  assertEquals(fixture.chunks(), []);
  for (const name of ["bob", "carol"]) {
    assertEquals(await digest(`${fixture.out(name)}/shared`), await digest(path));
  }
  // The same file to the same one again is another file.
  await alice.client.sendFile("bob", path);
  await alice.client.sendFile("bob", path);
  assertEquals(fixture.chunks().length, 4);
  await fixture.receive(bob, "bob");
  assertEquals(fixture.names("bob"), ["shared", "shared (2)", "shared (3)"]);
});

Deno.test("transfers: a text passes by a file on the same connection", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  await alice.client.sendText("bob", "first");
  let whileMoving: Promise<unknown> | undefined;
  let done = 0;
  await alice.client.sendFile("bob", await fixture.file("large", 40 * MiB), (at) => {
    done = at;
    whileMoving ??= alice.client.sendText("bob", "second").then(() => done);
  });
  assert(await whileMoving as number < 40 * MiB, `the text went out at ${await whileMoving}`);
  const received = await fixture.receive(bob, "bob");
  assertEquals(received.map(({ type }) => type), ["text", "text", "file"]);
});

Deno.test("transfers: one that is broken off goes on where it was, up and down", async () => {
  await using fixture = await TransferFixture.start();
  const bob = await fixture.person("bob");
  const path = await fixture.file("large", 30 * MiB + 5);
  {
    await using alice = await fixture.person("alice");
    const abort = new AbortController();
    const stop = (done: number) => done >= 12 * MiB && abort.abort();
    assertEquals(
      await codeOf(alice.client.sendFile("bob", path, stop, abort.signal)),
      "interrupted",
    );
    const [{ state, done }] = alice.client.transfers();
    assert(state === "active" && done < 30 * MiB);
  }
  {
    await using alice = await fixture.again("alice");
    const from: number[] = [];
    await alice.client.sendFile("bob", path, (done) => from.push(done));
    assert(from[0] > 12 * MiB, `it began at ${from[0]}`);
    assertEquals(alice.client.transfers().length, 1);
  }
  const abort = new AbortController();
  const stop = (done: number) => done >= 12 * MiB && abort.abort();
  const receiving = bob.client.receive(fixture.out("bob"), stop, { signal: abort.signal });
  assertEquals(await codeOf(Array.fromAsync(receiving)), "interrupted");
  const [draft, ...others] = fixture.names("bob");
  assert(/^\.messaging-[0-9a-f]{8}-1\.part$/.test(draft) && others.length === 0, draft);
  const from: number[] = [];
  const got = await Array.fromAsync(bob.client.receive("elsewhere", (done) => from.push(done)));
  assertEquals(got.map(({ type }) => type), ["file"]);
  assert(from[0] > 12 * MiB, `it began at ${from[0]}`);
  assertEquals(fixture.names("bob"), ["large"]);
  assertEquals(await digest(`${fixture.out("bob")}/large`), await digest(path));
});

Deno.test("transfers: a source that changed is never sent under the old key", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const path = await fixture.file("changing", 20 * MiB);
  const abort = new AbortController();
  assertEquals(
    await codeOf(alice.client.sendFile("bob", path, () => abort.abort(), abort.signal)),
    "interrupted",
  );
  await Deno.writeFile(path, sampleBytes(20 * MiB, 2));
  await Deno.utime(path, 1_000_000_000, 1_000_000_000);
  const told = await fixture.receive(alice, "alice");
  assertEquals(told.map((one) => one.type === "problem" && one.error.code), ["changed"]);
  assertEquals(fixture.chunks(), [], "what had come of it is gone");
  await alice.client.sendFile("bob", path);
  await fixture.receive(bob, "bob");
  assertEquals(await digest(`${fixture.out("bob")}/changing`), await digest(path));

  // While it is being sent, too.
  const changing = alice.client.sendFile("bob", path, (done) => {
    if (done === MiB) Deno.truncateSync(path, 19 * MiB);
  });
  assertEquals(await codeOf(changing), "changed");
});

Deno.test("transfers: a damaged chunk is not delivered, its sender sends it again", async () => {
  await using fixture = await TransferFixture.start({ errors: true });
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const path = await fixture.file("fragile", 5 * MiB);
  await alice.client.sendFile("bob", path);
  await fixture.server.services.files.close();
  const [name] = fixture.chunks();
  using file = await Deno.open(`${fixture.server.folder}/chunks/${name}`, {
    read: true,
    write: true,
  });
  await file.seek(3 * MiB, Deno.SeekMode.Start);
  const byte = new Uint8Array(1);
  await file.read(byte);
  await file.seek(3 * MiB, Deno.SeekMode.Start);
  await file.write(byte.map((value) => value ^ 1));
  const told = await fixture.receive(bob, "bob");
  assertEquals(told.map((one) => one.type === "problem" && one.error.code), ["damaged"]);
  assertEquals(bob.client.transfers().map(({ state }) => state), ["active"]);
  const repaired = await fixture.receive(alice, "alice");
  assertEquals(repaired.map((one) => "text" in one && one.text), [
    "the server had lost a part of fragile to bob (transfer 1); it was sent again",
  ]);
  assertEquals(await fixture.receive(alice, "alice"), [], "once");
  assertEquals((await fixture.receive(bob, "bob")).map(({ type }) => type), ["file"]);
  assertEquals(await digest(`${fixture.out("bob")}/fragile`), await digest(path));
});

Deno.test("transfers: one that is cancelled leaves nothing, here and on the server", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const path = await fixture.file("unwanted", 20 * MiB);
  const sending = alice.client.sendFile("bob", path, () => void cancelled());
  let cancelling: Promise<void> | undefined;
  const cancelled = () => cancelling ??= alice.client.cancelTransfer(1);
  assertEquals(await codeOf(sending), "interrupted");
  await cancelling;
  assertEquals(alice.client.transfers().map(({ state }) => state), ["cancelled"]);
  assertEquals(fixture.chunks(), []);
  assertEquals(await fixture.receive(bob, "bob"), []);

  await alice.client.sendFile("bob", path);
  await fixture.receive(bob, "bob", { files: "announce" });
  await bob.client.cancelTransfer(1);
  assertEquals([bob.client.files(), fixture.chunks(), fixture.names("bob")], [[], [], []]);
  assertEquals(await codeOf(bob.client.cancelTransfer(1)), "unknown-transfer");
});

Deno.test("transfers: a file that is gone from the server is told of, once", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  await alice.client.sendFile("bob", await fixture.file("old", 10));
  const { storage } = fixture.server.services;
  for await (const { id } of storage.files.all()) await storage.files.remove(id);
  const told = await fixture.receive(bob, "bob");
  assertEquals(told.map((one) => one.type === "problem" && one.error.code), ["gone"]);
  assertEquals(told.map(({ from }) => from.name), ["alice"]);
  assert(told[0].type === "problem");
  const { message } = told[0].error;
  assert(message.startsWith("fetching old from alice (transfer 1) failed: "), message);
  assertEquals(bob.client.transfers().map(({ state }) => state), ["failed"]);
  assertEquals(await fixture.receive(bob, "bob"), []);
});

Deno.test("transfers: an unwritable folder is reported, and the file comes later", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  await alice.client.sendFile("bob", await fixture.file("note", 10));
  await alice.client.sendText("bob", "beside it");
  await Deno.writeTextFile(fixture.out("bob"), "in the way");
  const told = await fixture.receive(bob, "bob");
  assertEquals(told.map((one) => one.type === "problem" ? one.error.code : one.type), [
    "text",
    "file",
  ]);
  await Deno.remove(fixture.out("bob"));
  assertEquals((await fixture.receive(bob, "bob")).map(({ type }) => type), ["file"]);
});

Deno.test("transfers: who follows gets files while texts come", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  const types: string[] = [];
  const following = (async () => {
    const out = fixture.out("bob");
    for await (const { type } of bob.client.follow(out, () => {})) {
      types.push(type);
      if (types.length === 4) return;
    }
  })();
  await alice.client.sendText("bob", "one");
  await alice.client.sendFile("bob", await fixture.file("a", 3 * MiB));
  await alice.client.sendFile("bob", await fixture.file("b", 10));
  await alice.client.sendText("bob", "two");
  await following;
  assertEquals(types.toSorted(), ["file", "file", "text", "text"]);
  assertEquals(fixture.names("bob"), ["a", "b"]);
});

Deno.test("transfers: a follower sees each saved file and each failure once", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  const bob = await fixture.person("bob");
  await alice.client.sendFile("bob", await fixture.file("gone", 10));
  const { storage } = fixture.server.services;
  for await (const { id } of storage.files.all()) await storage.files.remove(id);
  await alice.client.sendFile("bob", await fixture.file("kept", 10));
  const out = fixture.out("bob");
  const lines: string[] = [];
  const following = bob.client.follow(out, () => {});
  for await (const one of following) {
    const what = one.type === "problem" ? one.error.code : "path" in one ? one.path : one.type;
    lines.push(`${one.from.name} ${one.type} ${what}`);
    if (one.type === "text") break;
    // What comes last shows that nothing was shown twice before.
    if (lines.length === 2) await alice.client.sendText("bob", "the end");
  }
  const [first, second, ...others] = lines;
  assertEquals([first, second].sort(), [`alice file ${out}/kept`, "alice problem gone"]);
  assertEquals(others, ["alice text text"]);
  const again = await fixture.receive(bob, "bob");
  assertEquals(again.map(({ type }) => type), ["text"], "it was shown, and not noted as shown yet");
});

Deno.test("transfers: an upload that fails for good names its file and its receiver", async () => {
  await using fixture = await TransferFixture.start();
  const alice = await fixture.person("alice");
  await fixture.person("bob");
  const path = await fixture.file("draft.txt", 20 * MiB);
  const progress = () => Deno.writeTextFileSync(path, "another");
  const error = await alice.client.sendFile("bob", path, progress).then(
    () => null,
    (error) => error,
  );
  assert(error instanceof ClientError && error.code === "changed", `${error}`);
  assert(error.message.startsWith("sending draft.txt to bob (transfer 1) failed: "), error.message);
});
