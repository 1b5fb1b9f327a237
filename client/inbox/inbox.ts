/**
 * Incoming messages, in two steps that may be years apart: collected from the server into the
 * profile as they are, then opened in the order of their numbers. The server forgets a message after
 * the second step. What was opened is in the history, marked as not shown, until it was shown.
 */
import { type Bytes, equalBytes, toHex } from "../../shared/bytes.ts";
import { CryptoError } from "../../shared/errors.ts";
import { MAX_INLINE_SIZE, MiB } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import type { ClientEntry, MessageHead } from "../../shared/protocol/message.ts";
import { ClassicMessages } from "../classic/classic_messages.ts";
import { Collector, isFiled, type OnProgress } from "./collector.ts";
import { ClientError, type ClientErrorCode } from "../errors.ts";
import type { TransferOutcome } from "../transfers/file_transfers.ts";
import { publishFile, readWhole, removeFile, removeOthers, writeNewFile } from "../disk/files.ts";
import { mayPass } from "../sessions/outgoing.ts";
import type { Peer, Peers } from "../contacts/peers.ts";
import type { Envelope } from "../profile/tables/envelopes.ts";
import type { HistoryBody, HistoryEntry } from "../profile/tables/history.ts";
import type { Profile } from "../profile/profile.ts";
import type { FileWishes, Incoming, Opened } from "../sessions/secure_messages.ts";
import type { SecureSide } from "../sessions/secure_side.ts";
import type { IncomingContent, Network, OnTrouble } from "../network/transport.ts";

/** What has arrived, for the user. */
export type Received =
  & { message: number; from: Peer }
  & (
    | { type: "text"; text: string; at: number }
    /** `name` is its sender's word, and not there between classic clients. */
    | { type: "file"; path: string; size: number; at: number; name?: string; transfer?: number }
    /** A file that waits until it is wanted. */
    | { type: "announced"; name: string; size: number; at: number; transfer: number }
    | { type: "key-request" }
    | { type: "key" }
    | { type: "notice"; text: string }
    | Problem
  );

/** A message that could not be opened. */
interface Problem {
  type: "problem";
  error: ClientError;
}

/** Longest content, but a file's, that is taken into memory. */
const MAX_IN_MEMORY = 64 * MiB;
/** Polls in a row that bring nothing but known messages, after which a server is not asked again. */
const MAX_VAIN_POLLS = 3;
/** How often a follower looks whether something is due, in milliseconds. */
const LOOK_INTERVAL = 60_000;
/** Messages that are opened in one transaction, and bytes after which it takes no more. */
const BATCH = 256;
const BATCH_SIZE = 4 * MiB;

/** What to do with files between secure clients, and how their transfers are stopped. */
export interface ReceiveOptions {
  /** Whether they are fetched at once, or only told of; "fetch" where it is left out. */
  readonly files?: "fetch" | "announce";
  /** Larger ones are only told of, in bytes. */
  readonly maxSize?: number;
  /** Stops what is under way in a state from which it can go on. */
  readonly signal?: AbortSignal;
}

/** What one call of {@link Inbox.receive} remembers. */
interface Round {
  readonly wishes: FileWishes;
  /** Who got a key already. */
  answered: Set<string>;
  /** The numbers of messages that wait for the next call, and those behind them with them. */
  left: Set<number>;
  /** The numbers of messages that wait alone. */
  later: Set<number>;
  /** Why the network, or the disk, is left alone from here on. */
  failure?: unknown;
  /** Whether the server's list may still be asked for. */
  mayList?: boolean;
}

export interface InboxOptions {
  profile: Profile;
  network: Network;
  peers: Peers;
  /** What a secure profile has; null in a classic one. */
  secure: () => Promise<SecureSide | null>;
  /** Milliseconds since 1970. */
  now: () => number;
}

export class Inbox {
  readonly #profile: Profile;
  readonly #network: Network;
  readonly #peers: Peers;
  readonly #secure: () => Promise<SecureSide | null>;
  readonly #now: () => number;

  constructor({ profile, network, peers, secure, now }: InboxOptions) {
    this.#profile = profile;
    this.#network = network;
    this.#peers = peers;
    this.#secure = secure;
    this.#now = now;
  }

  /**
   * Collects and opens all that waits, until there is nothing more. Files go to `folder`.
   * A failure of the network is thrown after all that can be opened without it has been opened.
   * @throws {ClientError} what the network may do
   */
  async *receive(
    folder: string,
    onProgress: OnProgress,
    options: ReceiveOptions = {},
  ): AsyncGenerator<Received> {
    const { envelopes } = this.#profile;
    await removeOthers(envelopes.folder, envelopes.files());
    const secure = await this.#secure();
    const round = newRound(folder, options);
    yield* this.#unshown();
    if (secure) yield* this.#prepare(round, secure);
    for (let vain = 0; vain < MAX_VAIN_POLLS;) {
      const collector = new Collector(this.#profile, onProgress);
      const poll = () => this.#network.transport.poll(collector);
      const polled = round.failure === undefined ? await trying(round, poll) : undefined;
      yield* this.#openAll(round, folder);
      if (polled) await trying(round, () => polled.acknowledge());
      if (secure) yield* this.#repair(round, secure);
      if (!polled || polled.count === 0) break;
      vain = collector.fresh > 0 ? 0 : vain + 1;
    }
    if (round.failure !== undefined) throw round.failure;
    if (secure) yield* this.#moveFiles(secure, onProgress, options);
  }

  /** Goes on with all transfers; gives what came, and what went wrong. */
  async *#moveFiles(
    { files }: SecureSide,
    onProgress: OnProgress,
    { signal }: ReceiveOptions,
  ): AsyncGenerator<Received> {
    for await (const outcome of files.resume({ onProgress, signal })) {
      yield* outcome.kind === "saved" ? this.#unshown() : this.#told(outcome);
    }
    await files.settle({ onProgress, signal });
  }

  /** What to show of a transfer that went on. */
  async *#told(outcome: Exclude<TransferOutcome, { kind: "saved" }>): AsyncGenerator<Received> {
    const { name, peer } = outcome.transfer;
    if (outcome.kind === "sent") {
      const { messageId: message, to: from } = outcome;
      const text = `${name} is on the server for ${from.name}`;
      return yield { message, from, type: "notice", text };
    }
    const from = await this.#peers.withId(peer, { mayList: false });
    yield { message: 0, from, type: "problem", error: outcome.error };
  }

  /**
   * Collects and opens messages as they come, until the caller wants no more. A broken connection is
   * made again; `onTrouble` hears of it.
   * @throws {ClientError} what making the connection again cannot mend
   */
  async *follow(
    folder: string,
    onProgress: OnProgress,
    onTrouble: OnTrouble,
    options: ReceiveOptions = {},
  ): AsyncGenerator<Received> {
    const { envelopes } = this.#profile;
    await removeOthers(envelopes.folder, envelopes.files());
    const secure = await this.#secure();
    const transport = this.#network.secure;
    if (!transport) {
      const message = "a classic profile can only receive what waits already; leave out --follow";
      throw new ClientError("not-needed", message);
    }
    let news = Promise.withResolvers<void>();
    let acknowledgements: (() => void)[] = [];
    /** Whether it is time to tell the server, and to ask it, what is due. */
    let due = false;
    const newReceiver = () => {
      due = true;
      news.resolve(); // what had to wait for the server may go on
      const collector = new Collector(this.#profile, onProgress);
      return {
        store: (head: MessageHead, content: IncomingContent) => collector.store(head, content),
        flush: () => collector.flush(),
        stored: (acknowledge: () => void) => {
          acknowledgements.push(acknowledge);
          news.resolve();
        },
      };
    };
    let failure: { reason: unknown } | null = null;
    const end = (reason: unknown) => {
      failure = { reason };
      news.resolve();
    };
    /** Files move while messages come; what they lead to is shown between two rounds. */
    let moving: Promise<void> | null = null;
    /** Those that are not tried again before it is time. */
    const tried = new Set<number>();
    const moved: Received[] = [];
    const stop = new AbortController();
    const signals = options.signal ? [options.signal, stop.signal] : [stop.signal];
    const watched = { onProgress, signal: AbortSignal.any(signals) };
    const move = async ({ files }: SecureSide) => {
      try {
        for await (const outcome of files.resume(watched, tried)) {
          if (outcome.kind !== "saved") moved.push(...await Array.fromAsync(this.#told(outcome)));
          news.resolve();
        }
        await files.settle(watched);
      } catch (error) {
        // A broken network is made again, and then they go on.
        if (!(error instanceof ClientError) || error.code === "interrupted") end(error);
      }
      moving = null;
      if (!stop.signal.aborted && files.mayGoOn(tried)) news.resolve();
    };
    yield* this.#unshown();
    transport.follow(newReceiver, onTrouble).catch(end);
    const look = () => {
      due = true;
      news.resolve();
    };
    const timer = setInterval(look, LOOK_INTERVAL);
    try {
      for (;;) {
        const round = newRound(folder, options);
        const toAcknowledge = acknowledgements;
        acknowledgements = [];
        yield* this.#openAll(round, folder);
        for (const acknowledge of toAcknowledge) acknowledge();
        if (failure) throw (failure as { reason: unknown }).reason;
        if (secure && due) {
          due = false;
          tried.clear();
          yield* this.#prepare(round, secure);
          this.#profile.dropOldStates();
        }
        if (secure) yield* this.#repair(round, secure);
        yield* this.#unshown();
        yield* moved.splice(0);
        if (secure && !moving && secure.files.mayGoOn(tried)) moving = move(secure);
        await news.promise;
        news = Promise.withResolvers();
      }
    } finally {
      clearInterval(timer);
      stop.abort();
      await moving;
    }
  }

  /** Does what must come before the messages, see {@link SecureSide.prepare}. */
  async *#prepare(round: Round, secure: SecureSide): AsyncGenerator<Received> {
    try {
      yield* this.#notices(await secure.prepare());
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      // A server that refuses this may have messages all the same.
      if (error.code === "refused") yield* this.#notices([error.message]);
      else round.failure ??= error;
    }
  }

  /** What was opened before, and never shown: the process ended in between. */
  async *#unshown(): AsyncGenerator<Received> {
    const { history } = this.#profile;
    for (let entries; (entries = history.unshown(BATCH)).length > 0;) {
      for (const entry of entries) {
        yield this.#shown(entry, await this.#peers.withId(entry.peer, { mayList: false }));
        this.#markShown(entry.number);
      }
    }
  }

  /** To show something twice after a crash is no harm, so nobody waits for the disk. */
  #markShown(history: number): void {
    this.#profile.transaction(() => this.#profile.history.markShown(history), { durable: false });
  }

  #shown({ number, messageId, at, body }: HistoryEntry, from: Peer): Received {
    const head = { message: messageId ?? 0, from };
    if ("text" in body) return { ...head, type: "text", text: body.text, at };
    const { name, path, size, blob } = body.file;
    if (!blob) return { ...head, type: "file", path: path ?? "", size, at };
    const transfer = this.#profile.transfers.ofHistory(number)?.number ?? 0;
    if (path === null) return { ...head, type: "announced", name, size, at, transfer };
    return { ...head, type: "file", path, size, at, name, transfer };
  }

  *#notices(texts: readonly string[]): Generator<Received> {
    const from = this.#profile.identity;
    for (const text of texts) yield { message: 0, from, type: "notice", text };
  }

  /** Sends what the messages so far call for, and asks again for what could not be opened. */
  async *#repair(round: Round, secure: SecureSide): AsyncGenerator<Received> {
    if (round.failure !== undefined) return;
    yield* this.#notices(await trying(round, () => secure.repair()) ?? []);
  }

  async *#openAll(round: Round, folder: string): AsyncGenerator<Received> {
    const { envelopes } = this.#profile;
    /** Whose unreadable messages were tried again, and whether more wait for that until the end. */
    const retried = new Set<string>();
    let again = false;
    /** Whose messages must wait, as one before them does: secure ones open in their order alone. */
    const held = new Set<string>();
    const hold = ({ type, from }: Envelope) => {
      // A reset that waits is no reason to leave alone what came in the sessions that there are.
      const isReset = type === MessageType.keyRequest;
      if (this.#profile.secureIdentity && !isReset) held.add(toHex(from));
    };
    /** Messages that are going to be opened together. */
    let group: Incoming[] = [];
    let groupSize = 0;
    round.mayList = true;
    for (let after = 0;;) {
      const envelope = envelopes.nextWaiting(after);
      if (!envelope || group.length === BATCH || groupSize > BATCH_SIZE) {
        yield* this.#openGroup(group, round);
        [group, groupSize] = [[], 0];
      }
      if (!envelope) {
        if (!again) return;
        again = false;
        after = 0;
        continue;
      }
      const { number, from: sender } = envelope;
      after = number;
      const { secureIdentity } = this.#profile;
      if (secureIdentity && equalBytes(sender, secureIdentity.id)) {
        envelopes.markDone(number); // nobody writes to himself
        if (envelope.content === null) await removeFile(envelopes.path(number));
        continue;
      }
      if (round.later.has(number)) continue;
      if (round.left.has(number)) hold(envelope);
      if (held.has(toHex(sender)) || round.left.has(number)) continue;
      if (round.failure !== undefined && this.#needsServer(envelope, round)) {
        hold(envelope);
        continue;
      }
      let outcome: Outcome;
      let from: Peer | undefined;
      try {
        from = await this.#senderOf(envelope, round);
        const identity = await this.#peers.identityOf(from);
        if (identity && isSmall(envelope)) {
          group.push({ envelope: await this.#loaded(envelope), from, identity });
          groupSize += envelope.size;
          continue;
        }
        yield* this.#openGroup(group, round);
        [group, groupSize] = [[], 0];
        outcome = identity
          ? await this.#openSecure({ envelope, from, identity })
          : await this.#openClassic(envelope, from, round, folder);
      } catch (error) {
        // The message stays, and does not hold up those behind it.
        if (isNetworkFailure(error) || mayPass(error)) {
          round.failure ??= error;
          hold(envelope);
          continue;
        }
        if (!from) throw error;
        // Who sent it cannot be found out, today.
        outcome = { ...this.#problem(error, envelope, from), state: "left" };
      }
      const { received, history, state, retries } = outcome;
      if (received) yield received;
      if (history !== undefined) this.#markShown(history);
      if (state === "left") {
        round.left.add(number);
        hold(envelope);
        continue;
      }
      if (state === "later") {
        round.later.add(number);
        continue;
      }
      if (state === "unreadable") {
        envelopes.markUnreadable(number);
        continue;
      }
      if (envelope.content === null) await removeFile(envelopes.path(number));
      // Messages that came before their key are behind us now. One who sends many keys has them
      // tried again now and at the end, not each time.
      if (!retries) continue;
      const id = toHex(sender);
      if (retried.has(id)) {
        again = true;
      } else {
        retried.add(id);
        after = 0;
      }
    }
  }

  /** Opens small messages of secure clients together, and gives what is to be shown of them. */
  async *#openGroup(group: readonly Incoming[], { wishes }: Round): AsyncGenerator<Received> {
    if (group.length === 0) return;
    const opened = (await this.#secureSide()).messages.openAll(group, wishes);
    for (const { envelope: { number, type, size } } of group) {
      if (isFiled(type, size)) await removeFile(this.#profile.envelopes.path(number));
    }
    for (const [i, what] of opened.entries()) {
      const { received, history } = this.#outcomeOf(what, group[i]);
      if (received) yield received;
      if (history !== undefined) this.#markShown(history);
    }
  }

  /** The envelope with its content; without, where that is lost, or too large for a secure client. */
  async #loaded(envelope: Envelope): Promise<Envelope> {
    const { number, size, content } = envelope;
    if (content !== null || size > MAX_INLINE_SIZE) return envelope;
    const lost = (error: unknown) => {
      if (error instanceof ClientError) return null;
      throw error;
    };
    const path = this.#profile.envelopes.path(number);
    return { ...envelope, content: await readWhole(path).catch(lost) };
  }

  async #secureSide(): Promise<SecureSide> {
    const secure = await this.#secure();
    if (!secure) throw new TypeError("a classic profile has no part in this");
    return secure;
  }

  /** What to show of a message that was taken note of already. */
  #outcomeOf(
    opened: Opened,
    { envelope: { messageId, type }, from }: Pick<Incoming, "envelope" | "from">,
  ): Outcome {
    const head = { message: messageId, from };
    switch (opened.kind) {
      case "new": {
        const entry = this.#profile.history.entry(opened.history);
        const received = entry ? this.#shown(entry, from) : null;
        return { state: "done", received, history: opened.history };
      }
      case "nothing":
        return { state: "done", received: null };
      case "unreadable": {
        const text = `message ${messageId} from ${from.name} could not be opened; ` +
          `${from.name} is asked to send it again`;
        return { state: "done", received: { ...head, type: "notice", text } };
      }
      case "unknown": {
        const message = `message ${messageId} from ${from.name}, a ${TYPE_NAMES[type]}, makes no ` +
          "sense here; perhaps it was made by a newer client";
        const error = new ClientError("cannot-decrypt", message);
        return { state: "done", received: { ...head, type: "problem", error } };
      }
    }
  }

  #needsServer({ type, from }: Envelope, { answered }: Round): boolean {
    return !this.#peers.known(from) ||
      type === MessageType.keyRequest && !answered.has(toHex(from));
  }

  /** Asks the server for unknown names once a poll, however many unknown senders there are. */
  async #senderOf({ from }: Envelope, round: Round): Promise<Peer> {
    const known = this.#peers.known(from);
    if (known) return known;
    const sender = await this.#peers.withId(from, { mayList: round.mayList });
    round.mayList = false;
    return sender;
  }

  /** Sends the key that was asked for; once in a round, as it is always the same. */
  async #answer(from: ClientEntry, round: Round): Promise<void> {
    const id = toHex(from.id);
    if (round.answered.has(id)) return;
    await this.#peers.sendKey(from);
    round.answered.add(id);
  }

  /** A message of a secure client that is not opened together with others. */
  async #openSecure(incoming: Incoming): Promise<Outcome> {
    const { envelope: { number }, from } = incoming;
    const { messages } = await this.#secureSide();
    try {
      const answered = await messages.answerReset(incoming);
      return { state: answered ? "done" : "later", received: null };
    } catch (error) {
      if (error instanceof CryptoError) {
        this.#profile.envelopes.markDone(number); // whoever sent this, it was not the client
        return this.#outcomeOf({ kind: "unknown" }, incoming);
      }
      return this.#problem(error, incoming.envelope, from);
    }
  }

  /** A message from, or by, a classic client. */
  async #openClassic(
    envelope: Envelope,
    from: Peer,
    round: Round,
    folder: string,
  ): Promise<Outcome> {
    const { number, messageId } = envelope;
    const { contacts, envelopes, history } = this.#profile;
    const head = { message: messageId, from };
    const done = (received: Received | null): Outcome => {
      envelopes.markDone(number);
      return { state: "done", received };
    };
    if (contacts.byId(from.id)?.blocked) return done(null);
    try {
      if (envelope.type === MessageType.keyRequest) {
        await this.#answer(from, round);
        return done({ ...head, type: "key-request" });
      }
      const body = await this.#classicBody(envelope, from, folder);
      if (!body) {
        let retries = 0;
        this.#profile.transaction(() => {
          retries = envelopes.retryUnreadable(from.id);
          envelopes.markDone(number);
        });
        return { state: "done", received: { ...head, type: "key" }, retries };
      }
      const at = this.#now();
      const entry = { peer: from.id, at, stored: at, contentId: null, messageId, body };
      let added: number | undefined;
      this.#profile.transaction(() => {
        added = history.addReceived(entry);
        envelopes.markDone(number);
      });
      if (added === undefined) throw new RangeError("a classic message was known");
      return this.#outcomeOf({ kind: "new", history: added }, { envelope, from });
    } catch (error) {
      return this.#problem(error, envelope, from);
    }
  }

  /** The plaintext of a text or a file; null for a key, which was taken. */
  async #classicBody(
    envelope: Envelope,
    from: Peer,
    folder: string,
  ): Promise<HistoryBody | null> {
    const messages = new ClassicMessages(this.#profile);
    const { number, messageId } = envelope;
    switch (envelope.type) {
      case MessageType.key:
        await messages.openKey(from.id, await this.#content(envelope));
        return null;
      case MessageType.text:
        return { text: await messages.openText(from.id, await this.#content(envelope)) };
      default: {
        const path = this.#profile.envelopes.path(number);
        const draft = `${path}.open`;
        const save = (plaintext: ReadableStream<Uint8Array>) => writeNewFile(draft, plaintext);
        const size = await messages.openFile(from.id, path, save);
        const name = fileName(from.name, messageId);
        return { file: { name, size, path: await this.#publish(draft, folder, name) } };
      }
    }
  }

  async #publish(draft: string, folder: string, name: string): Promise<string> {
    const owner = toHex(this.#profile.identity.id);
    return await publishFile(draft, folder, { name, owner });
  }

  /** The content of a message that must fit into memory. */
  async #content({ number, size, content }: Envelope): Promise<Bytes> {
    if (content !== null) return content;
    if (size > MAX_IN_MEMORY) throw new CryptoError("decrypt-failed", "it is too large");
    return await readWhole(this.#profile.envelopes.path(number));
  }

  /** What to tell of a message that could not be opened. A failure of the network is thrown on. */
  #problem(error: unknown, { messageId, type }: Envelope, from: Peer): Outcome {
    const { name } = from;
    const what = `message ${messageId} from ${name}, a ${TYPE_NAMES[type]},`;
    const problem = (state: Outcome["state"], code: ClientErrorCode, message: string): Outcome => {
      const error = new ClientError(code, message);
      return { state, received: { message: messageId, from, type: "problem", error } };
    };
    if (error instanceof CryptoError) {
      if (error.code === "bad-key") {
        const message = `the private key in ${this.#profile.folder}/me.info cannot be used`;
        throw new ClientError("bad-profile", message);
      }
      const hint = type === MessageType.key
        ? "it was not made for this profile"
        : `no known key fits. It is kept and tried again when ${name} sends a key ` +
          "(ask for one: messaging-client request-key)";
      return problem("unreadable", "cannot-decrypt", `${what} cannot be decrypted: ${hint}`);
    }
    // What the server may take later is no answer.
    if (!(error instanceof ClientError) || mayPass(error)) throw error;
    const final: ClientErrorCode[] = [
      "bad-key",
      "refused",
      "wrong-identity",
      "not-needed",
      "no-prekeys",
    ];
    if (final.includes(error.code)) {
      return problem("unreadable", error.code, `${what} cannot be answered: ${error.message}`);
    }
    if (error.code !== "file") throw error;
    return problem("left", "file", `${what} is kept for the next run: ${error.message}`);
  }
}

/** What became of a message, and what to show of it. */
interface Outcome {
  /** What the profile is to do with it; with "done", that was noted already. */
  state: "done" | "unreadable" | "left" | "later";
  received: Received | null;
  /** Its number in the history, where it is not shown yet. */
  history?: number;
  /** How many messages may be readable now. */
  retries?: number;
}

/** Whether a message of a secure client can be opened together with others. */
function isSmall({ type }: Envelope): boolean {
  return type !== MessageType.keyRequest;
}

function newRound(
  folder: string,
  { files = "fetch", maxSize = Infinity }: ReceiveOptions,
): Round {
  const wishes = { folder, maxSize: files === "fetch" ? maxSize : -1 };
  return { wishes, answered: new Set(), left: new Set(), later: new Set() };
}

/** Does something that may fail with the network; then the round goes on without it. */
async function trying<T>(round: Round, step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    round.failure ??= error;
  }
}

const TYPE_NAMES: Record<MessageType, string> = {
  [MessageType.keyRequest]: "request for a key",
  [MessageType.key]: "key",
  [MessageType.text]: "text",
  [MessageType.file]: "file",
};

/**
 * A name for a file that came without one. Of the sender's name only harmless characters stay, and
 * no more than a file system takes: 255 bytes with what may stand around them.
 */
function fileName(sender: string, messageId: number): string {
  const clean = sender.replace(/[^\p{L}\p{N}_-]/gu, "_").replace(/^-/, "_");
  return `${[...clean].slice(0, 50).join("")}-${messageId}.bin`;
}

/** Whether the server, or the way to it, has failed. */
function isNetworkFailure(error: unknown): boolean {
  return error instanceof ClientError &&
    (error.code === "unreachable" || error.code === "bad-response");
}
