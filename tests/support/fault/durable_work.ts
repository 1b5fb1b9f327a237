/**
 * What clients do with a server that may be gone at any moment, and what must be true of the server
 * that starts on what is left: acknowledged is delivered, once and in order, and files are whole.
 */
import { type Bytes, concat, equalBytes, toHex, utf8 } from "../../../shared/bytes.ts";
import { FILE_CHUNK_SIZE, KiB } from "../../../shared/limits.ts";
import { assert, assertEquals } from "../assert.ts";
import { sampleBytes } from "../pieces.ts";
import { newToken, SecurePeer, Someone, textTo } from "../server/secure_peer.ts";
import { download, openUpload, putChunks, release, share } from "../server/secure_uploads.ts";
import type { Chance } from "./chance.ts";

/** One thing that was asked of the server. */
interface Step {
  /** When it was asked, and answered; Infinity if it never was. Milliseconds since 1970. */
  asked: number;
  answered: number;
}

interface Sent extends Step {
  content: Bytes;
  token: Bytes;
  /** That the receiver has it. */
  taken: Step;
}

interface Shared extends Step {
  blob: Bytes;
  content: Bytes;
  to: Someone;
  released: Step;
}

const NEVER: Step = { asked: Infinity, answered: Infinity };
/** One message in so many has a large content, and one in so many is followed by a file. */
const [LARGE, FILE, REGISTRATION] = [5, 12, 7];
const INLINE = 2 * KiB;
const BLOB = 64 * KiB;

export class DurableWork {
  readonly sent: Sent[] = [];
  readonly shared: Shared[] = [];
  readonly registered: (Step & { who: Someone })[] = [];
  /** When files for Dora, who never fetches any, may have expired. */
  expiresFrom = Infinity;
  /** Answers so far. */
  progress = 0;
  #files = 0;
  /** The largest ID of a message that Bob has taken. */
  #lastTaken = 0;

  private constructor(
    readonly alice: Someone,
    readonly bob: Someone,
    readonly dora: Someone,
    private readonly chance: Chance,
  ) {}

  static async begin(chance: Chance): Promise<DurableWork> {
    const people = ["alice", "bob", "dora"].map((name) => Someone.called(name));
    const [alice, bob, dora] = await Promise.all(people);
    return new DurableWork(alice, bob, dora, chance);
  }

  /** Has Alice send messages to Dora and share `count` files; Dora never takes any. */
  async shareWithDora(port: number, count: number): Promise<void> {
    using alice = await this.#connect(port, this.alice);
    (await this.#connect(port, this.dora))[Symbol.dispose]();
    for (let i = 0; i < count; i++) {
      await this.#upload(alice, this.dora, 1000);
      const content = sampleBytes(i % 2 === 0 ? 100 : BLOB + 1);
      await alice.request(textTo(this.dora.id, content), "sent");
    }
  }

  /** Works until the server is gone, or `enough` says so. */
  async run(port: number, enough: () => boolean = () => false): Promise<void> {
    await Promise.all([this.#send(port, enough), this.#take(port, enough)].map(ignoreLoss));
  }

  /** Has Bob take all that waits for him. */
  async drain(port: number): Promise<void> {
    using bob = await this.#connect(port, this.bob);
    while (await this.#takeSome(bob, Infinity) > 0);
  }

  /**
   * Checks what a server has whose disk is that of the moment `cut`, in milliseconds since 1970;
   * Infinity stands for all that was done.
   */
  async check(port: number, cut = Infinity): Promise<void> {
    const done = ({ answered }: Step) => answered < cut;
    const tried = ({ asked }: Step) => asked < cut;
    for (const { who, ...step } of this.registered) {
      if (!done(step)) continue;
      using peer = await SecurePeer.open(port);
      assert((await peer.login(who)).registered, `${who.name} is registered`);
    }
    using bob = await this.#connect(port, this.bob);
    const first = await numbers(bob);
    assertEquals(first, first.toSorted((a, b) => a - b), "in order");
    assertEquals(first, [...new Set(first)], "once");
    for (const [number, { taken, ...step }] of this.sent.entries()) {
      const there = first.includes(number);
      if (done(step) && !tried(taken)) assert(there, `message ${number} is there`);
      if (done(taken) || !tried(step)) assert(!there, `message ${number} is not there`);
    }
    await this.#checkContents(bob);
    // A sender that has no answer sends again, under the same token.
    using alice = await this.#connect(port, this.alice);
    const again = this.sent.entries().filter(([, sent]) =>
      tried(sent) && !done(sent) && !tried(sent.taken)
    ).map(([number]) => number).toArray();
    for (const number of again) {
      const { content, token } = this.sent[number];
      await alice.request(textTo(this.bob.id, content, token), "sent");
      if (cut === Infinity) this.#answer(this.sent[number]);
    }
    const second = await numbers(bob);
    assertEquals(second, [...new Set(second)], "once, also after a repeat");
    for (const number of again) assert(second.includes(number), `message ${number} came again`);
    for (const file of this.shared) {
      if (done(file) && !tried(file.released)) await this.#checkFile(port, file, cut);
    }
  }

  async #checkContents(bob: SecurePeer): Promise<void> {
    for (const { content } of await bob.poll()) {
      assert(equalBytes(content, this.sent[numberOf(content)].content), "the content is whole");
    }
  }

  async #checkFile(port: number, { blob, content, to }: Shared, cut: number): Promise<void> {
    using receiver = await this.#connect(port, to);
    if (to === this.dora && cut > this.expiresFrom) {
      await receiver.send({ kind: "get-chunk", blob, chunk: 0 });
      const answer = await receiver.next();
      if (answer.kind === "error") return assertEquals(answer.error, "not-found");
    }
    assertEquals(toHex(await download(receiver, blob, content.length)), toHex(content));
  }

  /** Alice sends numbered messages, and files now and then; new clients register. */
  async #send(port: number, enough: () => boolean): Promise<void> {
    using alice = await this.#connect(port, this.alice);
    for (const who of [this.bob, this.dora]) (await this.#connect(port, who))[Symbol.dispose]();
    while (!enough()) {
      const number = this.sent.length;
      const large = number % LARGE === LARGE - 1;
      const size = large ? BLOB + this.chance.whole(2 * BLOB) : this.chance.whole(INLINE);
      const content = concat(utf8(`${number} `), sampleBytes(size));
      const sent: Sent = { ...begun(), content, token: newToken(), taken: NEVER };
      this.sent.push(sent);
      await alice.request(textTo(this.bob.id, content, sent.token), "sent");
      this.#answer(sent);
      if (number % FILE === FILE - 1) await this.#upload(alice);
      if (number % REGISTRATION === 0) {
        const newcomer = await Someone.called(`someone ${number}`);
        (await this.#connect(port, newcomer))[Symbol.dispose]();
      }
    }
  }

  async #upload(
    alice: SecurePeer,
    to = this.#files++ % 2 === 0 ? this.bob : this.dora,
    size = this.chance.pick([1000, FILE_CHUNK_SIZE + 1000]),
  ): Promise<void> {
    const [blob, content] = [newToken(), sampleBytes(size)];
    await putChunks(alice, blob, content, await openUpload(alice, blob, size));
    const shared: Shared = { ...begun(), blob, content, to, released: NEVER };
    this.shared.push(shared);
    await share(alice, blob, to.id);
    this.#answer(shared);
  }

  /** Bob takes messages and files, but never all of them. */
  async #take(port: number, enough: () => boolean): Promise<void> {
    using bob = await this.#connect(port, this.bob);
    while (!enough()) await this.#takeSome(bob, 3);
  }

  /** Returns how many messages there were. */
  async #takeSome(bob: SecurePeer, count: number): Promise<number> {
    const waiting = await bob.poll();
    const few = waiting.slice(0, count);
    for (const { messageId } of few) {
      assert(messageId > this.#lastTaken, "each comes behind those that were taken");
    }
    const takes = few.map(({ content }) => this.sent[numberOf(content)]);
    const step = begun();
    for (const sent of takes) {
      assertEquals(sent.taken.answered, Infinity, "nothing that was acknowledged comes again");
      sent.taken = step;
    }
    await bob.acknowledge(...few.map(({ messageId }) => messageId));
    this.#answer(step);
    this.#lastTaken = few.at(-1)?.messageId ?? this.#lastTaken;
    const file = this.shared.find(({ to, answered, released }) =>
      to === this.bob && answered < Infinity && released === NEVER
    );
    if (file && this.chance.whole(4) === 0) {
      file.released = begun();
      await release(bob, file.blob);
      this.#answer(file.released);
    }
    return waiting.length;
  }

  /** A channel of `who`, who registers if need be. */
  async #connect(port: number, who: Someone): Promise<SecurePeer> {
    const peer = await SecurePeer.open(port);
    const { registered } = await peer.login(who);
    const before = this.registered.find((entry) => entry.who === who);
    if (!registered) {
      const step = before ?? { who, ...begun() };
      if (!before) this.registered.push(step);
      await peer.register(who);
      this.#answer(step);
    } else if (before) before.answered = Math.min(before.answered, Date.now() + 1);
    return peer;
  }

  #answer(step: Step): void {
    // The clock shows whole milliseconds.
    step.answered = Math.min(step.answered, Date.now() + 1);
    this.progress++;
  }
}

function begun(): Step {
  return { asked: Date.now(), answered: Infinity };
}

function numberOf(content: Bytes): number {
  return Number(new TextDecoder().decode(content.subarray(0, content.indexOf(0x20))));
}

/** The numbers of the messages that wait. */
async function numbers(peer: SecurePeer): Promise<number[]> {
  return (await peer.poll()).map(({ content }) => numberOf(content));
}

/** Waits for work on a server that may be lost meanwhile. What it refuses is no loss. */
async function ignoreLoss(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const { name, message } = error as Error;
    if (name === "AssertionError" || message.includes(" expected, got ")) throw error;
  }
}
