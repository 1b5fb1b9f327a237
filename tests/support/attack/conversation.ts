/** Three secure clients on a server that does with their messages what it likes. */
import type { DeliveredMessage } from "../protocol/frames.ts";
import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import { assert, assertEquals } from "../assert.ts";
import { EvilServer } from "./evil_server.ts";
import { Party } from "./parties.ts";

const MINUTE = 60 * 1000;
const DAY = 24 * 60 * MINUTE;

/** Alice has sent Bob some texts, which wait on the server. */
export class Conversation implements AsyncDisposable {
  /** How far the clocks of all have moved, in milliseconds. */
  #later = 0;

  private constructor(
    readonly server: EvilServer,
    readonly alice: Party,
    readonly bob: Party,
    readonly carol: Party,
    readonly stack: AsyncDisposableStack,
  ) {
    for (const party of [alice, bob, carol]) party.now = () => Date.now() + this.#later;
  }

  static async open(...texts: string[]): Promise<Conversation> {
    const stack = new AsyncDisposableStack();
    const server = stack.use(new EvilServer());
    const [alice, bob, carol] = [
      stack.use(await Party.registered("alice", server.address)),
      stack.use(await Party.registered("bob", server.address)),
      stack.use(await Party.registered("carol", server.address)),
    ];
    const scene = new Conversation(server, alice, bob, carol, stack);
    await bob.with(server.address, async (client) => {
      await client.publicKey("carol"); // so that he knows both
      await client.contactBook.setAlias("alice", "alice"); // and takes her files
    });
    await scene.say(...texts);
    return scene;
  }

  /** One in which both have answered, so that no envelope is an initial one any more. */
  static async underWay(): Promise<Conversation> {
    const scene = await Conversation.open("hello");
    assertEquals(await scene.received(), ["alice: hello"]);
    await scene.bob.send(scene.server.address, "alice", "hello yourself");
    assertEquals(await scene.answers(), ["bob: hello yourself"]);
    assertEquals(await scene.received(), [], "but her receipt");
    return scene;
  }

  get aliceId(): Bytes {
    return this.alice.profile.identity.id;
  }

  get bobId(): Bytes {
    return this.bob.profile.identity.id;
  }

  /** Bob's mailbox. */
  get mailbox(): DeliveredMessage[] {
    return this.server.mailbox(this.bobId);
  }

  /** Alice writes to Bob. */
  async say(...texts: string[]): Promise<void> {
    for (const text of texts) await this.alice.send(this.server.address, "bob", text);
  }

  /** Alice writes to Bob, and the server keeps the message for itself. */
  async intercept(text: string): Promise<DeliveredMessage> {
    await this.say(text);
    const message = this.mailbox.pop();
    assert(message);
    return message;
  }

  async received(): Promise<string[]> {
    return await this.bob.receive(this.server.address);
  }

  /** What Alice receives. */
  async answers(): Promise<string[]> {
    return await this.alice.receive(this.server.address);
  }

  /** Both receive, a day later, until nothing more happens. Returns what Bob was shown. */
  async settle(): Promise<string[]> {
    const shown: string[] = [];
    this.#later += DAY;
    for (let round = 0; round < 3; round++) {
      this.#later += 2 * MINUTE; // between two answers to resets
      await this.answers();
      shown.push(...await this.received());
    }
    return shown;
  }

  /**
   * Bob receives these messages, each of which he cannot open. His sessions stay as they were, and
   * so does all that he has.
   */
  async assertRefused(messages: readonly Omit<DeliveredMessage, "messageId">[]): Promise<void> {
    const before = { ...this.bob.state(), repairs: "" };
    this.mailbox.splice(0);
    for (const message of messages) this.server.put(this.bobId, message);
    const got = await this.received();
    const counts = got.map((line) => Number(line.match(/: \((\d+) [a-z-]+\)$/)?.[1] ?? NaN));
    const count = counts.reduce((sum, each) => sum + each, 0);
    // A client need not show a message that claims to be from itself.
    const others = messages.filter(({ from }) => !equalBytes(from, this.bobId));
    assert(count >= others.length && count <= messages.length, got.join());
    assertEquals({ ...this.bob.state(), repairs: "" }, before);
  }

  /** Bob receives these messages and notices nothing: he asks nobody for anything, either. */
  async assertIgnored(messages: readonly Omit<DeliveredMessage, "messageId">[]): Promise<void> {
    const before = this.bob.state();
    const sent = () => this.server.requests.filter(({ kind }) => kind === "send").length;
    const sentBefore = sent();
    for (const message of messages) this.server.put(this.bobId, message);
    assertEquals(await this.received(), []);
    assertEquals(this.mailbox, [], "all are acknowledged");
    assertEquals(this.bob.state(), before);
    assertEquals(sent(), sentBefore);
  }

  /** After whatever was done, both understand each other. */
  async assertGoesOn(): Promise<void> {
    await this.settle();
    await this.say("undisturbed");
    assertEquals(await this.received(), ["alice: undisturbed"]);
    await this.bob.send(this.server.address, "alice", "nor was I");
    assertEquals(await this.answers(), ["bob: nor was I"]);
    assertEquals(await this.received(), [], "but her receipt");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}
