/** An attacker who runs the server, and does what it likes with messages between secure clients. */
import { concat } from "../../shared/bytes.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { DeliveredMessage } from "../../shared/protocol/secure_response.ts";
import { assert, assertEquals } from "../assert.ts";
import { EvilServer } from "./evil_server.ts";
import { Party } from "./parties.ts";

/** Alice has sent Bob and Carol some texts, which wait on the server. */
class Scene implements AsyncDisposable {
  private constructor(
    readonly server: EvilServer,
    readonly alice: Party,
    readonly bob: Party,
    readonly carol: Party,
    readonly stack: AsyncDisposableStack,
  ) {}

  static async open(...texts: string[]): Promise<Scene> {
    const stack = new AsyncDisposableStack();
    const server = stack.use(new EvilServer());
    const [alice, bob, carol] = [
      stack.use(await Party.registered("alice", server.address)),
      stack.use(await Party.registered("bob", server.address)),
      stack.use(await Party.registered("carol", server.address)),
    ];
    for (const text of texts) await alice.send(server.address, "bob", text);
    return new Scene(server, alice, bob, carol, stack);
  }

  /** Bob's mailbox. */
  get mailbox(): DeliveredMessage[] {
    return this.server.mailbox(this.bob.profile.identity.id);
  }

  async received(): Promise<string[]> {
    return await this.bob.receive(this.server.address);
  }

  /** Bob receives nothing but problems, as many as there are messages, and then what comes next. */
  async assertRefused(count: number): Promise<void> {
    assertEquals(await this.received(), Array(count).fill("alice! cannot-decrypt"));
    await this.alice.send(this.server.address, "bob", "undisturbed");
    assertEquals(await this.received(), ["alice: undisturbed"]);
    const kept = this.bob.state().match(/"unreadable"/g) ?? [];
    assertEquals(kept.length, count, "they are kept");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}

Deno.test("server: a message that comes again, under any number, is not shown again", async () => {
  await using scene = await Scene.open("one", "two");
  const [one, two] = scene.mailbox;
  assertEquals(await scene.received(), ["alice: one", "alice: two"]);
  scene.mailbox.push({ ...one }, { ...two });
  assertEquals(await scene.received(), []); // as the server may do after a lost acknowledgement
  scene.mailbox.push({ ...one, messageId: 100 }, { ...two, messageId: 101 });
  await scene.assertRefused(2);
});

Deno.test("server: messages in another order: those that come too late are refused", async () => {
  await using scene = await Scene.open("one", "two", "three");
  scene.mailbox.reverse();
  assertEquals(await scene.received(), [
    "alice: three",
    "alice! cannot-decrypt",
    "alice! cannot-decrypt",
  ]);
});

Deno.test("server: a message that was held back is refused behind later ones", async () => {
  await using scene = await Scene.open("one", "two");
  const [one] = scene.mailbox.splice(0, 1);
  assertEquals(await scene.received(), ["alice: two"]);
  scene.mailbox.push(one);
  await scene.assertRefused(1);
});

Deno.test("server: no byte of a content can be changed, taken away or added", async () => {
  await using scene = await Scene.open("some text");
  const [message] = scene.mailbox.splice(0);
  const { content } = message;
  const changed: DeliveredMessage[] = [];
  const add = (content: DeliveredMessage["content"]) =>
    changed.push({ ...message, messageId: 1000 + changed.length, content });
  for (let at = 0; at < content.length; at++) {
    const other = content.slice();
    other[at] ^= 1 << at % 8;
    add(other);
    add(content.slice(0, at));
  }
  for (const more of [1, 16, 100]) add(concat(content, new Uint8Array(more)));
  scene.mailbox.push(...changed);
  assertEquals(await scene.received(), Array(changed.length).fill("alice! cannot-decrypt"));
  scene.mailbox.push(message); // it has not been used up by all of this
  assertEquals(await scene.received(), ["alice: some text"]);
});

Deno.test("server: a message of one type is none of another", async () => {
  await using scene = await Scene.open("some text");
  const [message] = scene.mailbox.splice(0);
  for (const type of [MessageType.file, MessageType.key, MessageType.keyRequest]) {
    scene.mailbox.push({ ...message, messageId: 50 + type, type });
  }
  await scene.assertRefused(3);
});

Deno.test("server: keys and requests for keys from a secure ID are refused", async () => {
  await using scene = await Scene.open();
  const from = scene.alice.profile.identity.id;
  const sent = scene.server.requests.length;
  scene.mailbox.push(
    { messageId: 1, from, type: MessageType.keyRequest, content: new Uint8Array(0) },
    { messageId: 2, from, type: MessageType.key, content: new Uint8Array(128) },
  );
  await scene.assertRefused(2);
  const kinds = scene.server.requests.slice(sent).map(({ kind }) => kind);
  assertEquals(kinds.filter((kind) => kind === "send").length, 1, "Bob answers nothing");
});

Deno.test("server: a message goes to nobody but its receiver, and comes from its sender", async () => {
  await using scene = await Scene.open("for Bob");
  const { server, bob, carol } = scene;
  const [message] = scene.mailbox.splice(0);
  // To Carol, as if it were for her.
  server.mailbox(carol.profile.identity.id).push(message);
  assertEquals(await carol.receive(server.address), ["alice! cannot-decrypt"]);
  // To Bob, as if Carol had sent it, or he himself.
  for (const { profile } of [carol, bob]) {
    scene.mailbox.push({ ...message, messageId: 90, from: profile.identity.id });
  }
  assertEquals(await scene.received(), ["carol! cannot-decrypt", "bob! cannot-decrypt"]);
  // Back to Alice, as if Bob had answered with her words.
  const own = scene.alice.profile.identity.id;
  server.mailbox(own).push({ ...message, from: bob.profile.identity.id });
  assertEquals(await scene.alice.receive(server.address), ["bob! cannot-decrypt"]);
  scene.mailbox.push(message);
  assertEquals(await scene.received(), ["alice: for Bob"]);
});

Deno.test("server: a file that cannot be saved yet does not make those behind it too late", async () => {
  await using scene = await Scene.open();
  const { server, alice, bob } = scene;
  const path = `${alice.folder}/file`;
  await Deno.writeTextFile(path, "content");
  await alice.with(server.address, (client) => client.sendFile("bob", path, () => {}));
  await alice.send(server.address, "bob", "behind it");
  await scene.carol.send(server.address, "bob", "from somebody else");
  await Deno.writeTextFile(`${bob.folder}/out`, ""); // where the folder should be
  const first = await scene.received();
  assert(!first.includes("alice: behind it"), first.join());
  assertEquals(new Set(first), new Set(["alice! file", "carol: from somebody else"]));
  await Deno.remove(`${bob.folder}/out`);
  assertEquals(await scene.received(), ["alice: (file)", "alice: behind it"]);
});
