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
import { until } from "../until.ts";
import type { Chance } from "./chance.ts";

/** One thing that was asked of the server. */
interface Step {
  /** When it was asked, and answered; Infinity if it never was. Milliseconds since 1970. */
  asked: number;
  answered: number;
}

interface Sent extends Step {
  to: Someone;
  content: Bytes;
  token: Bytes;
  /** That the receiver has it. */
  taken: Step;
  /** Whether it was sent once more, perhaps behind later ones. */
  repeated?: true;
}

interface Shared extends Step {
  blob: Bytes;
  content: Bytes;
  to: Someone;
  released: Step;
}

const NEVER: Step = { asked: Infinity, answered: Infinity };
/** One message in so many has a large content, is for Dora, or is followed by a file. */
const [LARGE, FOR_DORA, FILE, REGISTRATION] = [5, 4, 12, 7];
const INLINE = 2 * KiB;
const BLOB = 64 * KiB;

export class DurableWork {
  readonly sent: Sent[] = [];
  readonly shared: Shared[] = [];
  readonly registered: (Step & { who: Someone })[] = [];
  /** From when on what was sent before may have expired, and by when it must have. */
  expiresFrom = Infinity;
  expiredBy = Infinity;
  /** Answers so far. */
  progress = 0;
  /** What Alice waits for an answer to. */
  doing: "message" | "file" | null = null;
  readonly #watchers = new Set<() => void>();
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

  /** Has Alice send messages and files to Dora, who never takes any. */
  async fillDora(port: number, { messages, files }: { messages: number; files: number }) {
    using alice = await this.#connect(port, this.alice);
    (await this.#connect(port, this.dora))[Symbol.dispose]();
    const all = Array.from(
      { length: messages },
      (_, i) => this.#newMessage(this.dora, i % 20 === 0 ? BLOB + 1 : this.chance.whole(100)),
    );
    const receive = async () => {
      for (const sent of all) {
        await alice.expect("sent");
        this.#answer(sent);
      }
    };
    await Promise.all([alice.send(...all.map((sent) => requestOf(sent))), receive()]);
    for (let i = 0; i < files; i++) await this.#upload(alice, this.dora, 1000);
  }

  /** Waits until all has expired that was there when {@link expiresFrom} was set. */
  async untilExpired(port: number): Promise<void> {
    const isOld = ({ answered }: Step) => answered < this.expiresFrom;
    using dora = await this.#connect(port, this.dora);
    await until("old messages have expired", async () => {
      return !(await this.#numbersFor(dora)).some((number) => isOld(this.sent[number]));
    });
    for (const file of this.shared.filter((file) => isOld(file) && file.released === NEVER)) {
      using receiver = await this.#connect(port, file.to);
      await until("old files have expired", async () => !await isThere(receiver, file));
    }
    this.expiredBy = Date.now() + 1;
  }

  /** Resolves when `condition` holds, which is looked at when something is asked or answered. */
  async when(condition: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const watch = () => {
      if (condition()) resolve();
    };
    this.#watchers.add(watch);
    await promise;
    this.#watchers.delete(watch);
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
    for (const { who, answered } of this.registered) {
      if (answered >= cut) continue;
      using peer = await SecurePeer.open(port);
      assert((await peer.login(who)).registered, `${who.name} is registered`);
    }
    for (const who of [this.bob, this.dora]) await this.#checkMailbox(port, who, cut);
    for (const file of this.shared) {
      if (file.answered < cut && file.released.asked >= cut) {
        await this.#checkFile(port, file, cut);
      }
    }
  }

  async #checkMailbox(port: number, who: Someone, cut: number): Promise<void> {
    const done = ({ answered }: Step) => answered < cut;
    const tried = ({ asked }: Step) => asked < cut;
    using receiver = await this.#connect(port, who);
    const first = await this.#numbersFor(receiver);
    const once = first.filter((number) => !this.sent[number].repeated);
    assertEquals(once, once.toSorted((a, b) => a - b), "in order");
    assertEquals(first, [...new Set(first)], "once");
    const there = new Set(first);
    const again: Sent[] = [];
    for (const [number, sent] of this.sent.entries()) {
      if (sent.to !== who) continue;
      const { taken } = sent;
      const stays = tried(sent) && !tried(taken) && !this.#mayExpire(sent, cut);
      if (stays && done(sent)) assert(there.has(number), `message ${number} is there`);
      if (stays && !done(sent)) again.push(sent);
      const gone = done(taken) || !tried(sent) || this.#mustExpire(sent, cut);
      if (gone) assert(!there.has(number), `message ${number} is not there`);
    }
    // A sender that has no answer sends again, under the same token.
    using alice = await this.#connect(port, this.alice);
    for (const sent of again) {
      await alice.request(requestOf(sent), "sent");
      if (cut < Infinity) continue;
      sent.repeated = true;
      this.#answer(sent);
    }
    const second = await this.#numbersFor(receiver);
    assertEquals(second, [...new Set(second)], "once, also after a repeat");
    for (const sent of again) {
      const number = this.sent.indexOf(sent);
      assert(second.includes(number), `message ${number} came again`);
    }
  }

  /** Returns the numbers of all messages that wait, whose contents must be whole. */
  async #numbersFor(receiver: SecurePeer): Promise<number[]> {
    const numbers: number[] = [];
    for (let after = 0;;) {
      const page = await receiver.poll(after);
      for (const { content } of page) {
        const number = numberOf(content);
        assert(equalBytes(content, this.sent[number].content), "the content is whole");
        numbers.push(number);
      }
      if (page.length === 0) return numbers;
      after = page.at(-1)!.messageId;
    }
  }

  async #checkFile(port: number, file: Shared, cut: number): Promise<void> {
    const { blob, content, to } = file;
    using receiver = await this.#connect(port, to);
    if (this.#mayExpire(file, cut) && !await isThere(receiver, file)) return;
    assert(!this.#mustExpire(file, cut), "the file has expired");
    assertEquals(toHex(await download(receiver, blob, content.length)), toHex(content));
  }

  #mayExpire({ asked }: Step, cut: number): boolean {
    return asked < this.expiresFrom && cut > this.expiresFrom;
  }

  #mustExpire({ answered }: Step, cut: number): boolean {
    return answered < this.expiresFrom && cut > this.expiredBy;
  }

  /** Alice sends numbered messages, and files now and then; new clients register. */
  async #send(port: number, enough: () => boolean): Promise<void> {
    using alice = await this.#connect(port, this.alice);
    for (const who of [this.bob, this.dora]) (await this.#connect(port, who))[Symbol.dispose]();
    while (!enough()) {
      const number = this.sent.length;
      const large = number % LARGE === LARGE - 1;
      const size = large ? BLOB + this.chance.whole(2 * BLOB) : this.chance.whole(INLINE);
      const to = number % FOR_DORA === FOR_DORA - 1 ? this.dora : this.bob;
      const sent = this.#newMessage(to, size);
      this.#begin("message");
      await alice.request(requestOf(sent), "sent");
      this.doing = null;
      this.#answer(sent);
      if (number % FILE === FILE - 1) await this.#upload(alice);
      if (number % REGISTRATION === 0) {
        const newcomer = await Someone.called(`someone ${number}`);
        (await this.#connect(port, newcomer))[Symbol.dispose]();
      }
    }
  }

  /** A message that is about to be sent. */
  #newMessage(to: Someone, size: number): Sent {
    const number = this.sent.length;
    const content = concat(utf8(`${number} `), sampleBytes(size));
    const sent: Sent = { ...begun(), to, content, token: newToken(), taken: NEVER };
    this.sent.push(sent);
    return sent;
  }

  async #upload(
    alice: SecurePeer,
    to = this.#files++ % 2 === 0 ? this.bob : this.dora,
    size = this.chance.pick([1000, FILE_CHUNK_SIZE + 1000]),
  ): Promise<void> {
    const [blob, content] = [newToken(), sampleBytes(size)];
    this.#begin("file");
    const next = await openUpload(alice, blob, size);
    this.#begin("file");
    await putChunks(alice, blob, content, next);
    const shared: Shared = { ...begun(), blob, content, to, released: NEVER };
    this.shared.push(shared);
    this.#begin("file");
    await share(alice, blob, to.id);
    this.doing = null;
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

  #begin(what: "message" | "file"): void {
    this.doing = what;
    for (const watch of this.#watchers) watch();
  }

  #answer(step: Step): void {
    // The clock shows whole milliseconds.
    step.answered = Math.min(step.answered, Date.now() + 1);
    this.progress++;
    for (const watch of this.#watchers) watch();
  }
}

function begun(): Step {
  return { asked: Date.now(), answered: Infinity };
}

function numberOf(content: Bytes): number {
  return Number(new TextDecoder().decode(content.subarray(0, content.indexOf(0x20))));
}

function requestOf({ to, content, token }: Sent): ReturnType<typeof textTo> {
  return textTo(to.id, content, token);
}

/** Reports whether a receiver may fetch a file, of which no part may be missing. */
async function isThere(receiver: SecurePeer, { blob }: Shared): Promise<boolean> {
  await receiver.send({ kind: "get-chunk", blob, chunk: 0 });
  const answer = await receiver.next();
  if (answer.kind !== "error") return true;
  assertEquals([answer.error, answer.retryAfter], ["not-found", 0], "the file is whole");
  return false;
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
