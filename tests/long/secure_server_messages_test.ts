/** An attacker who runs the server, and does what it likes with messages between secure clients. */
import { MAX_COSTLY_FAILURES } from "../../client/sessions/sessions.ts";
import { type Bytes, concat, toHex, utf8 } from "../../shared/bytes.ts";
import { KiB, MiB } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Conversation } from "../support/attack/conversation.ts";
import { random } from "../support/attack/parties.ts";

Deno.test("server: a message that comes again, under any number, is not shown again", async () => {
  await using scene = await Conversation.open("one", "two");
  const [one, two] = scene.mailbox;
  assertEquals(await scene.received(), ["alice: one", "alice: two"]);
  scene.mailbox.push({ ...one }, { ...two });
  assertEquals(await scene.received(), []); // as the server may do after a lost acknowledgement
  await scene.assertIgnored([one, two]);
  await scene.bob.restart();
  await scene.assertIgnored([one, two, one]);
  await scene.assertGoesOn();
  await scene.assertIgnored([one, two]); // of a chain that is over
});

Deno.test("server: what starts a session starts none again when that session is gone", async () => {
  await using scene = await Conversation.open("one");
  const [one] = scene.mailbox;
  assertEquals(one.content[0], 2, "an initial envelope");
  assertEquals(await scene.received(), ["alice: one"]);
  scene.bob.profile.sessions.clear();
  await scene.assertIgnored([one]);
  // Another message with the same start is no repeat: one of the two has lost its state.
  const two = await scene.intercept("two");
  assertEquals(two.content[0], 2, "an initial envelope");
  await scene.assertRefused([two]);
  assertEquals(scene.bob.sessions(scene.aliceId), []);
  await scene.assertGoesOn();
});

Deno.test("server: messages in another order are all shown", async () => {
  await using scene = await Conversation.open("one", "two", "three");
  scene.mailbox.reverse();
  assertEquals(await scene.received(), ["alice: three", "alice: two", "alice: one"]);
  await scene.assertGoesOn();
});

Deno.test("server: messages that were held back open after later ones and answers", async () => {
  await using scene = await Conversation.underWay();
  const held = [await scene.intercept("one"), await scene.intercept("two")];
  await scene.say("three");
  assertEquals(await scene.received(), ["alice: three"]);
  await scene.assertGoesOn();
  for (const message of held.reverse()) scene.server.put(scene.bobId, message);
  assertEquals(await scene.received(), ["alice: two", "alice: one"]);
  await scene.assertGoesOn();
});

Deno.test("server: messages that it drops are missed by nobody but their reader", async () => {
  await using scene = await Conversation.underWay();
  for (let i = 0; i < 20; i++) await scene.intercept(`dropped ${i}`);
  await scene.assertGoesOn();
});

Deno.test("server: where more than 1,000 in a row were dropped, a new session begins", async () => {
  await using scene = await Conversation.underWay();
  const { server, alice } = scene;
  await alice.with(server.address, async (client) => {
    const texts = Array.from({ length: 1001 }, (_, i) => `dropped ${i}`);
    await Promise.all(texts.map((text) => client.sendText("bob", text)));
  });
  scene.mailbox.splice(0);
  const message = await scene.intercept("too far ahead");
  await scene.assertRefused([message]);
  // Under another number Bob asked for something that Alice has sent under none.
  server.put(scene.bobId, message);
  await scene.assertGoesOn();
});

Deno.test("server: what cannot be opened is asked for again, and shown once", async () => {
  await using scene = await Conversation.underWay();
  await scene.say("some text", "behind it");
  const [message] = scene.mailbox;
  message.content = message.content.with(
    -1,
    message.content[message.content.length - 1] ^ 1,
  ) as Bytes;
  assertEquals(await scene.received(), ["alice: behind it", "alice: (1 unreadable)"]);
  assertEquals(await scene.answers(), ["bob: (notice)"]);
  assertEquals(await scene.received(), ["alice: some text"]);
  await scene.assertGoesOn();
});

for (const kind of ["initial", "ordinary"] as const) {
  Deno.test(`server: no byte of an ${kind} envelope can be changed, removed or added`, async () => {
    await using scene = kind === "initial"
      ? await Conversation.open()
      : await Conversation.underWay();
    const message = await scene.intercept("some text");
    const { content } = message;
    assertEquals(content[0], kind === "initial" ? 2 : 3);
    const changed: Bytes[] = [];
    // Every byte is tried, except most of the 1,088 bytes of a KEM ciphertext, which are alike.
    const isAlike = (at: number) => kind === "initial" && at > 64 && at < 1100 && at % 97 !== 0;
    for (let at = 0; at < content.length; at++) {
      if (isAlike(at)) continue;
      changed.push(content.with(at, content[at] ^ (1 << at % 8)) as Bytes, content.slice(0, at));
    }
    for (const more of [1, 16, 100]) changed.push(concat(content, new Uint8Array(more)));
    // Of more that come together, not all would be tried.
    for (let at = 0; at < changed.length; at += MAX_COSTLY_FAILURES) {
      const some = changed.slice(at, at + MAX_COSTLY_FAILURES);
      await scene.assertRefused(some.map((content) => ({ ...message, content })));
    }
    scene.server.put(scene.bobId, message); // it has not been used up by all of this
    assertEquals(await scene.received(), ["alice: some text"]);
    await scene.assertGoesOn();
  });
}

Deno.test("server: the retired encryption and unknown first bytes are refused", async () => {
  await using scene = await Conversation.underWay();
  const message = await scene.intercept("some text");
  const contents = [0, 1, 4, 5, 255].map((first) => message.content.with(0, first) as Bytes);
  contents.push(new Uint8Array(0), new Uint8Array([1]), concat(new Uint8Array([1]), random(300)));
  await scene.assertRefused(contents.map((content) => ({ ...message, content })));
  scene.server.put(scene.bobId, message);
  assertEquals(await scene.received(), ["alice: some text"]);
  await scene.assertGoesOn();
});

Deno.test("server: a message of one type is none of another", async () => {
  await using scene = await Conversation.underWay();
  const { server, alice } = scene;
  const text = await scene.intercept("some text");
  const path = `${alice.folder}/file`;
  await Deno.writeTextFile(path, "content");
  await alice.with(server.address, (client) => client.sendFile("bob", path, () => {}));
  const [file] = scene.mailbox.splice(0);
  const { key, keyRequest, text: textType, file: fileType } = MessageType;
  const wrong = [
    ...[fileType, key, keyRequest].map((type) => ({ ...text, type })),
    ...[textType, key, keyRequest].map((type) => ({ ...file, type })),
  ];
  await scene.assertRefused(wrong);
  for (const message of [text, file]) server.put(scene.bobId, message);
  assertEquals(await scene.received(), ["alice: some text", "alice: (file)"]);
  await scene.assertGoesOn();
});

Deno.test("server: keys and requests for keys from a secure ID are refused", async () => {
  await using scene = await Conversation.underWay();
  const from = scene.aliceId;
  await scene.assertRefused([
    { from, type: MessageType.keyRequest, content: new Uint8Array(0) },
    { from, type: MessageType.key, content: new Uint8Array(128) },
    { from, type: MessageType.key, content: new Uint8Array(0) },
  ]);
  await scene.assertGoesOn();
});

Deno.test("server: a message opens only for its receiver and only from its sender", async () => {
  await using scene = await Conversation.underWay();
  const { server, alice, bob, carol } = scene;
  await carol.send(server.address, "bob", "hello from Carol");
  await scene.received();
  const message = await scene.intercept("for Bob");
  // To Carol, as if it were for her.
  server.put(carol.profile.identity.id, message);
  assertEquals(await carol.receive(server.address), ["alice: (1 unreadable)"]);
  // To Bob, as if Carol or Bob had sent it.
  const others = [carol, bob].map(({ profile }) => ({ ...message, from: profile.identity.id }));
  await scene.assertRefused(others);
  // Back to Alice, as if Bob had answered with her words.
  const before = alice.sessions(scene.bobId);
  server.put(scene.aliceId, { ...message, from: scene.bobId });
  assertEquals(await scene.answers(), ["bob: (1 unreadable)"]);
  assertEquals(alice.sessions(scene.bobId), before);
  server.put(scene.bobId, message);
  assertEquals(await scene.received(), ["alice: for Bob"]);
  await scene.assertGoesOn();
});

Deno.test("server: a text of 64 MiB is refused and leaves nothing behind", async () => {
  await using scene = await Conversation.underWay();
  const content = new Uint8Array(64 * MiB).fill(3);
  const from = scene.aliceId;
  const types = [MessageType.text, MessageType.key, MessageType.keyRequest] as const;
  for (const type of types) await scene.assertRefused([{ from, type, content }]);
  const left = [...Deno.readDirSync(`${scene.bob.folder}/incoming`)];
  assertEquals(left, []);
  await scene.assertGoesOn();
});

Deno.test("server: every receipt names the same message, and every text arrives once", async () => {
  await using scene = await Conversation.underWay();
  const { server } = scene;
  server.lie = (request, link) => {
    const honest = request.kind === "send" ? server.answer(request, link) : undefined;
    return honest?.kind === "sent" ? { ...honest, messageId: 7 } : honest;
  };
  await scene.say("one", "two");
  const messages = scene.mailbox.splice(0);
  for (const { content, ...rest } of messages) {
    scene.mailbox.push({ ...rest, content: content.with(-1, content[20] ^ 1) as Bytes });
  }
  assertEquals(await scene.received(), ["alice: (2 unreadable)"]);
  server.lie = () => undefined;
  const shown = await scene.settle();
  assert(new Set(shown).size === shown.length, shown.join());
  await scene.assertGoesOn();
});

Deno.test("server: a damaged file is neither saved nor taken for another", async () => {
  await using scene = await Conversation.underWay();
  const { server, alice, bob } = scene;
  const path = `${alice.folder}/file`;
  const send = async (seed: number) => {
    await Deno.writeFile(path, random(3 * KiB + seed));
    await alice.with(server.address, (client) => client.sendFile("bob", path));
    return [...server.files.blobs.values()].at(-1)!;
  };
  const saved = () => {
    const entries = Array.fromAsync(Deno.readDir(`${bob.folder}/out`));
    return entries.then((found) => found.map(({ name }) => name), () => []);
  };
  for (const at of [0, -1, -1000]) {
    const { chunks } = await send(0);
    chunks[0] = chunks[0].with(at, chunks[0].at(at)! ^ 1) as Bytes;
    assertEquals(await scene.received(), ["alice! bad-key"]);
    assertEquals(await saved(), []);
  }
  const [one, other] = [await send(0), await send(0)];
  [one.chunks, other.chunks] = [other.chunks, one.chunks];
  assertEquals(await scene.received(), ["alice! bad-key", "alice! bad-key"]);
  const cut = await send(1);
  cut.chunks[0] = cut.chunks[0].slice(0, -1);
  assertEquals(await scene.received(), ["alice! bad-key"]);
  assertEquals(await saved(), []);
  assertEquals([...Deno.readDirSync(`${bob.folder}/incoming`)], []);
  await scene.assertGoesOn();
});

Deno.test("server: a file that cannot be saved yet holds up nothing, and comes later", async () => {
  await using scene = await Conversation.open();
  const { server, alice, bob } = scene;
  const path = `${alice.folder}/file`;
  await Deno.writeTextFile(path, "content");
  await alice.with(server.address, (client) => client.sendFile("bob", path));
  await alice.send(server.address, "bob", "behind it");
  await Deno.writeTextFile(`${bob.folder}/out`, ""); // where the folder should be
  assertEquals(await scene.received(), ["alice: behind it", "alice! file"]);
  await Deno.remove(`${bob.folder}/out`);
  assertEquals(await scene.received(), ["alice: (file)"]);
});

Deno.test("server: nothing that is told of a refused message holds a secret", async () => {
  await using scene = await Conversation.underWay();
  const { server, bob } = scene;
  const message = await scene.intercept("a marker text");
  const secrets = [...bob.profile.prekeys.after(0).map(({ secret }) => toHex(secret))];
  for (const { state } of bob.profile.sessions.load(scene.aliceId)) secrets.push(toHex(state));
  const { signing, agreement } = bob.profile.secureIdentity?.secrets ?? {};
  assert(signing && agreement);
  secrets.push(toHex(signing), toHex(agreement), toHex(utf8("a marker text")), "a marker text");
  const changed = [0, 1, 40, 80, 100].map((at) =>
    message.content.with(at, message.content[at] ^ 77) as Bytes
  );
  for (const content of changed) server.put(scene.bobId, { ...message, content });
  const told = await bob.with(server.address, async (client) => {
    const received = await Array.fromAsync(client.receive(`${bob.folder}/out`, () => {}));
    return received.map((each) => {
      if (each.type === "problem") return `${each.error.stack} ${each.error.message}`;
      return each.type === "unusable" ? JSON.stringify(each) : `unexpected: ${each.type}`;
    }).join("\n");
  });
  assert(!told.includes("unexpected"), told);
  for (const secret of secrets) assert(!told.includes(secret), "a secret is told");
});
