/** Files of strangers: nothing of them comes to the disk unless the user wants it. */
import { MAX_OF_STRANGERS } from "../../client/inbox/message_collector.ts";
import type { Client } from "../../client/client.ts";
import { generateClassicKeyPair } from "../../shared/crypto/classic/classic.ts";
import { MiB } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Party } from "../support/attack/parties.ts";
import { sampleBytes } from "../support/pieces.ts";
import { idOf } from "../support/profile/database.ts";
import { Conversation } from "../support/attack/conversation.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";

/** Bob, and a classic client whom he does not know. */
async function open() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await ServerFixture.start());
  const address = `127.0.0.1:${server.listener.address.port}`;
  const bob = stack.use(await Party.registered("bob", address));
  const mallory = stack.use(await Party.registered("mallory", address, { classic: true }));
  const out = `${bob.folder}/out`;
  /** Has Bob receive; watches how much lies in his folder. */
  const receive = async (options = {}) => {
    let most = 0;
    const told = await bob.with(
      address,
      (client) =>
        Array.fromAsync(
          client.receive(out, () => most = Math.max(most, sizeOf(bob.folder)), options),
        ),
    );
    return { told, most: Math.max(most, sizeOf(bob.folder)) };
  };
  /** Mallory puts contents of so many bytes into Bob's mailbox, as files. */
  const send = async (count: number, size: number, type: MessageType = MessageType.file) => {
    const network = mallory.network(address);
    for (let i = 0; i < count; i++) {
      const content = sampleBytes(size, i + 1);
      await network.transport.send({ to: bob.profile.identity.id, type, content });
    }
    await network.close();
  };
  const run = <T>(act: (client: Client) => Promise<T>) => bob.with(address, act);
  return {
    ...{ address, bob, mallory, out, receive, send, run },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The bytes of the files in `folder` and below. */
function sizeOf(folder: string): number {
  let size = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    size += isDirectory ? sizeOf(path) : Deno.lstatSync(path).size;
  }
  return size;
}

function existing(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}

Deno.test("strangers: contents of type 4 go to no disk, whatever the options", async () => {
  await using world = await open();
  const { bob, receive, send, out } = world;
  const before = sizeOf(bob.folder);
  for (const options of [{ files: "announce" }, {}, { maxSize: 1000 * MiB }]) {
    await send(6, 5 * MiB);
    await send(2, 5 * MiB, MessageType.text); // too large for the memory: a file as well
    const { told, most } = await receive(options);
    assert(most - before < MiB, `${most - before} bytes on the disk`);
    assertEquals(told.map(({ type }) => type), ["declined"]);
    const [declined] = told;
    assert(declined.type === "declined");
    const { why, count, size } = declined;
    assertEquals([why, count, size], ["stranger", 8, 8 * 5 * MiB]);
    assertEquals(existing(out), []);
    assertEquals((await receive()).told, [], "once");
  }
});

Deno.test("strangers: so it is with small ones, of which announcements may be", async () => {
  await using world = await open();
  const { bob, receive, send, out } = world;
  await send(3, MAX_OF_STRANGERS);
  const { told } = await receive();
  assertEquals(told.map(({ type }) => type), ["declined"]);
  assertEquals([existing(out), existing(`${bob.folder}/incoming`)], [[], []]);
});

Deno.test("strangers: to a follower as well, and what comes behind is shown", async () => {
  await using world = await open();
  const { address, bob, send, run, out } = world;
  await using carol = await Party.registered("carol", address);
  const before = sizeOf(bob.folder);
  await send(6, 5 * MiB);
  await carol.send(address, "bob", "hello");
  const seen: string[] = [];
  await run(async (client) => {
    for await (const received of client.follow(out, () => {})) {
      seen.push(received.type);
      if (seen.includes("text") && seen.includes("declined")) return;
    }
  });
  assertEquals([...new Set(seen)].sort(), ["declined", "text"]);
  assert(sizeOf(bob.folder) - before < MiB);
});

Deno.test("strangers: the file of a secure one is announced, and fetched when wanted", async () => {
  await using world = await open();
  const { address, bob, receive, run, out } = world;
  await using carol = await Party.registered("carol", address);
  const path = `${carol.folder}/photo`;
  await Deno.writeFile(path, sampleBytes(3 * MiB));
  const send = () => carol.with(address, (client) => client.sendFile("bob", path));
  await send();
  assertEquals((await receive()).told.map(({ type }) => type), ["announced"]);
  assertEquals(existing(out), []);
  const [{ number }] = await run((client) => Promise.resolve(client.files()));
  const file = await run((client) => client.fetch(number, out));
  assertEquals(await Deno.readFile(file.path), sampleBytes(3 * MiB));
  // Once he has written to her, they come at once; also after he forgot what he wrote.
  await bob.send(address, "carol", "thanks");
  await run((client) => Promise.resolve(client.contactBook.forget("carol")));
  await send();
  assertEquals((await receive()).told.map(({ type }) => type), ["file"]);
});

Deno.test("strangers: --no-files and --max-size hold for a known classic client, too", async () => {
  await using world = await open();
  const { address, bob, mallory, receive, out } = world;
  await bob.send(address, "mallory", "send me the photo");
  await mallory.receive(address);
  const path = `${mallory.folder}/photo`;
  await Deno.writeFile(path, sampleBytes(3 * MiB));
  await mallory.with(address, (client) => client.sendFile("bob", path));
  await mallory.with(address, (client) => client.sendText("bob", "there it is"));
  const before = sizeOf(bob.folder);
  for (const options of [{ files: "announce" }, { maxSize: MiB }]) {
    const { told, most } = await receive(options);
    assert(most - before < MiB, `${most - before} bytes on the disk`);
    assertEquals(
      told.filter(({ type }) => type !== "text").map(({ type, ...rest }) => {
        return [type, "why" in rest && rest.why, "count" in rest && rest.count];
      }),
      [["declined", "unwanted", 1]],
    );
  }
  const { told } = await receive();
  assertEquals(told.map(({ type }) => type), ["file"]);
  const [file] = existing(out);
  assertEquals(await Deno.readFile(`${out}/${file}`), sampleBytes(3 * MiB));
});

Deno.test("strangers: texts and keys that nobody can read are not kept", async () => {
  await using world = await open();
  const { bob, receive, send } = world;
  const before = sizeOf(bob.folder);
  for (const type of [MessageType.text, MessageType.key]) await send(10, 3 * MiB, type);
  const { told } = await receive();
  assertEquals(told.map(({ type, ...rest }) => [type, "count" in rest && rest.count]), [
    ["unusable", 20],
  ]);
  const { number } = bob.profile.envelopes.nextWaiting(0) ?? {};
  assertEquals([number, existing(`${bob.folder}/incoming`)], [undefined, []]);
  assertEquals(bob.profile.envelopes.retryUnreadable(world.mallory.profile.identity.id), 0);
  // The room in the database is used again.
  const grown = sizeOf(bob.folder) - before;
  for (let round = 0; round < 3; round++) {
    await send(10, 3 * MiB, MessageType.text);
    await receive();
  }
  assert(sizeOf(bob.folder) - before <= grown + MiB, `${sizeOf(bob.folder) - before} bytes`);
});

Deno.test("strangers: the unwanted is read once in a run, what is behind it comes", async () => {
  await using scene = await Conversation.underWay();
  const { server, bob } = scene;
  const { publicKey } = await generateClassicKeyPair();
  const old = { id: idOf(0x01d), name: "old", publicKey };
  server.clients.push(old);
  await bob.send(server.address, "old", "send me the photos");
  const photo = { from: old.id, type: MessageType.file, content: sampleBytes(MiB) };
  server.put(scene.bobId, photo);
  await scene.say("first");
  server.put(scene.bobId, photo);
  await scene.say("second");
  const unwanted = scene.mailbox.filter(({ type }) => type === MessageType.file);
  server.requests.splice(0);
  const told = await bob.with(server.address, (client) => {
    return Array.fromAsync(client.receive(`${bob.folder}/out`, () => {}, { files: "announce" }));
  });
  assertEquals(told.map(({ type }) => type), ["text", "text", "declined"]);
  const polls = server.requests.flatMap((it) => it.kind === "get-messages" ? [it.after] : []);
  assertEquals(polls, [0, unwanted[1].messageId]);
  assertEquals(scene.mailbox, unwanted, "they stay");
});

Deno.test("strangers: a fetch that was broken off does not go on with --no-files", async () => {
  await using scene = await Conversation.underWay();
  const { server, alice, bob } = scene;
  const path = `${alice.folder}/film`;
  await Deno.writeFile(path, sampleBytes(3 * MiB));
  await alice.with(server.address, (client) => client.sendFile("bob", path));
  server.lie = (request) =>
    request.kind === "get-chunk" && request.chunk > 0
      ? { kind: "error", error: "failed", retryAfter: 3_600_000, text: "not now" }
      : undefined;
  const out = `${bob.folder}/out`;
  const receive = async (options = {}) => {
    const told = await bob.with(server.address, (client) => {
      return Array.fromAsync(client.receive(out, () => {}, options));
    });
    return told.map(({ type }) => type);
  };
  assertEquals(await receive(), ["problem"]);
  server.lie = () => undefined;
  const chunks = () => server.requests.filter(({ kind }) => kind === "get-chunk").length;
  const before = chunks();
  for (const options of [{ files: "announce" }, { maxSize: MiB }]) {
    assertEquals(await receive(options), []);
  }
  bob.profile.contacts.setBlocked(alice.profile.identity.id, true);
  assertEquals(await receive(), [], "nor from one who is blocked");
  assertEquals(chunks(), before);
  bob.profile.contacts.setBlocked(alice.profile.identity.id, false);
  assertEquals(await receive(), ["file"]);
});

Deno.test("strangers: what a server says a friend has sent is not kept if too large", async () => {
  await using scene = await Conversation.underWay();
  const { server, bob } = scene;
  const before = sizeOf(bob.folder);
  let most = 0;
  for (const type of [MessageType.file, MessageType.text]) {
    server.put(scene.bobId, { from: scene.aliceId, type, content: sampleBytes(5 * MiB) });
  }
  const told = await bob.with(server.address, (client) => {
    const watch = () => most = Math.max(most, sizeOf(bob.folder));
    return Array.fromAsync(client.receive(`${bob.folder}/out`, watch));
  });
  assertEquals(told.map((one) => one.type === "unusable" && [one.flaw, one.count]), [
    ["too-large", 2],
  ]);
  assert(Math.max(most, sizeOf(bob.folder)) - before < MiB);
  assertEquals(await scene.received(), [], "once");
  await scene.assertGoesOn();
});
