import { type Bytes, equalBytes } from "../shared/bytes.ts";
import type { Random } from "../shared/crypto/random.ts";
import type { Identity } from "../shared/crypto/identity.ts";
import { MAX_TEXT_SIZE } from "../shared/limits.ts";
import { MessageType } from "../shared/protocol/codes.ts";
import { newContentId } from "../shared/session/content.ts";
import type { Classic } from "./classic/classic.ts";
import { checkClassicSize } from "./classic/classic_file.ts";
import type { ClassicOptions } from "./classic/key_exchange.ts";
import type { Peer } from "./contacts/peers.ts";
import { ClientError } from "./errors.ts";
import { isUnreachable, type SecureMessaging } from "./sessions/secure_messaging.ts";
import { MOST_SMALL, SMALL_SIZE } from "./transfers/file_transfers.ts";
import {
  absolutePath,
  type NamedContent,
  smallSource,
  type Source,
  sourceOf,
  sourceSizes,
} from "./transfers/transfer_files.ts";
import type { TransferOptions } from "./transfers/uploads.ts";

/** A message that the server has accepted. */
export interface Sent {
  message: number;
  to: Peer;
  /** The number of its entry in the history; missing for a key. */
  entry?: number;
}

export interface SendingOptions extends ClassicOptions {
  classic: Classic;
  /** Returns what only a secure profile has; null for a classic one. */
  secure: () => Promise<SecureMessaging | null>;
  random: Random;
  /** Called with what the user may want to know. */
  note: (text: string) => void;
}

export interface TextOptions {
  /** The number of the message in the history that it answers. */
  readonly reply?: number;
}

/** Sending texts and files, by the protocol that both sides speak. */
export class Sending {
  constructor(private readonly options: SendingOptions) {}

  /** See {@link Client.sendText}. */
  async text(name: string, text: string, { reply }: TextOptions = {}): Promise<Sent> {
    checkText(text);
    const { profile, peers, classic, now } = this.options;
    if (peers.isOwnName(name)) return this.#note(text, reply);
    const to = await this.receiver(name);
    const identity = await peers.identityOf(to);
    if (!identity) {
      if (reply !== undefined) throw notAnswered(reply, `${name} or you are a classic client`);
      await this.kept();
      return { ...await classic.sender.sendText(to, text), to };
    }
    const answered = reply === undefined ? {} : { reply: this.#answered(reply, to) };
    const { sender } = await this.readyFor(identity, to);
    const expires = profile.contacts.timer(to.id)?.seconds || undefined;
    const content = { id: sender.newContentId(), at: now(), text, ...answered, expires };
    let entry = 0;
    const draft = { to: identity, type: MessageType.text, content, body: { text } };
    const message = await sender.send(draft, (number) => entry = number);
    return { message, to, entry };
  }

  /** Keeps a note of the owner's. */
  #note(text: string, answered: number | undefined): Sent {
    const { profile, peers, random, now } = this.options;
    const to = peers.withId(profile.identity.id);
    const reply = answered === undefined ? undefined : this.#answered(answered, to);
    const at = now();
    const note = { peer: to.id, at, stored: at, contentId: newContentId(random), body: { text } };
    return { message: 0, to, entry: profile.history.addNote({ ...note, reply }) };
  }

  /** Returns the content ID of a message that is answered. */
  #answered(number: number, to: Peer): Bytes {
    const { profile: { history } } = this.options;
    const entry = history.entry(number);
    if (!entry || !equalBytes(entry.peer, to.id)) {
      throw notAnswered(number, `it is not in the history with ${to.name}`);
    }
    if (entry.contentId && entry.deletedAt === undefined) return entry.contentId;
    throw notAnswered(number, "it was deleted, or went between classic clients");
  }

  /** See {@link Client.sendFiles}. */
  async *files(
    name: string,
    files: readonly (string | NamedContent)[],
    options: TransferOptions,
  ): AsyncGenerator<Sent> {
    const { profile, peers, classic } = this.options;
    // First, so that no key goes out for a file that cannot be read.
    const paths = files.filter((file) => typeof file === "string");
    for (const [at, size] of (await sourceSizes(paths)).entries()) {
      if (!profile.secureIdentity) checkClassicSize(paths[at], size);
    }
    const to = await this.receiver(name);
    const identity = await peers.identityOf(to);
    if (!identity) await this.kept();
    let queued: ClientError | undefined;
    for await (const sources of this.#sources(files, identity !== undefined)) {
      const [source] = sources;
      const secure = identity ? null : await this.options.secure();
      if (secure) {
        await classic.sender.checkSize(source);
        const transfer = await secure.files.newUploads.begin(to.id, source, { classic: true });
        yield { ...await secure.files.sendClassic(transfer, to, options), to };
        continue;
      }
      if (!identity) {
        const sent = await classic.sender.sendFile(to, source, options).catch((error) => {
          // The others are kept as well.
          if (!(error instanceof ClientError && error.code === "queued")) throw error;
          queued ??= error;
        });
        if (sent !== undefined) yield { ...sent, to };
        continue;
      }
      const { files: transfers } = await this.readyFor(identity, to);
      if (sources.length > 1) {
        const begun = transfers.newUploads.beginSmall(identity.clientId, sources);
        for await (const sent of transfers.sendSmall(begun, to, identity, options)) {
          yield { ...sent, to };
        }
        continue;
      }
      const transfer = await transfers.newUploads.begin(identity.clientId, source);
      yield { ...await transfers.send(transfer, to, identity, options), to };
    }
    if (queued) throw queued;
  }

  /** Yields the sources of files; if `together`, in groups that are sent side by side. */
  async *#sources(
    files: readonly (string | NamedContent)[],
    together: boolean,
  ): AsyncGenerator<Source[]> {
    const { profile, random } = this.options;
    const small: Source[] = [];
    try {
      let ahead: (Source | undefined)[] = [];
      for (const [at, file] of files.entries()) {
        if (together && ahead.length === 0) {
          const next = files.slice(at, at + MOST_SMALL);
          ahead = await Promise.all(next.map(async (file) => {
            return typeof file === "string" ? await smallSource(file, SMALL_SIZE) : undefined;
          }));
        }
        const quick = ahead.shift();
        const isSmall = quick !== undefined;
        const source = quick ?? await sourceOf(file, profile.outgoingFolder, random);
        // The same file once more is one that its receiver has then.
        const place = absolutePath(source.path);
        const isAnother = small.every(({ path }) => absolutePath(path) !== place);
        if (small.length === MOST_SMALL || small.length > 0 && !(isSmall && isAnother)) {
          yield small.splice(0);
        }
        if (isSmall) small.push(source);
        else {
          ahead = []; // while a large one moves those behind it may change
          yield [source];
        }
      }
    } catch (error) {
      if (small.length > 0) yield small; // which were given before the one that cannot be read
      throw error;
    }
    if (small.length > 0) yield small;
  }

  /** Sends what waits in the outbox, as the server can be reached. What fails keeps waiting. */
  async kept(): Promise<void> {
    const { profile, classic, secure } = this.options;
    if (profile.outbox.first(0, 1).length === 0) return;
    try {
      const side = await secure();
      this.#noteAll(await (side ? side.prepare() : classic.sender.sendKept()));
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
    }
  }

  /** @throws {ClientError} `blocked`, `unknown-name` */
  async receiver(name: string): Promise<Peer> {
    const { profile, peers } = this.options;
    const to = await peers.named(name);
    if (!profile.contacts.byId(to.id)?.blocked) return to;
    throw new ClientError(
      "blocked",
      `${name} is blocked here; to write again: messaging-client unblock NAME`,
    );
  }

  /** Makes sure of a session with this client; offline, an old one will do. */
  async readyFor(identity: Identity, to: Peer): Promise<SecureMessaging> {
    const secure = await this.options.secure();
    if (!secure) throw new TypeError("only a secure profile has sessions");
    try {
      this.#noteAll(await secure.prepare());
    } catch (error) {
      if (!isUnreachable(error)) throw error;
    }
    await secure.starter.ensure(identity, to.name);
    return secure;
  }

  #noteAll(notices: readonly string[]): void {
    for (const notice of notices) this.options.note(notice);
  }
}

function notAnswered(number: number, why: string): ClientError {
  return new ClientError("not-possible", `message ${number} cannot be answered: ${why}`);
}

/** @throws {ClientError} `bad-text` if no message can hold it */
export function checkText(text: string): void {
  if (text.includes("\0")) {
    throw new ClientError("bad-text", "a text cannot hold a zero character; send it as a file");
  }
  const size = new TextEncoder().encode(text).length;
  if (size <= MAX_TEXT_SIZE) return;
  throw new ClientError(
    "bad-text",
    `the text has ${size} bytes, and the limit is 1 MiB (${MAX_TEXT_SIZE}); send it as a file`,
  );
}
