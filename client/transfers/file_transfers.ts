import type { Random } from "../../shared/crypto/random.ts";
import { type Bytes, equalBytes, toHex } from "../../shared/bytes.ts";
import { fileChunkCount } from "../../shared/crypto/file_chunks.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { KiB } from "../../shared/limits.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { asksForReceipt, type Content } from "../../shared/session/content.ts";
import type { FileAttributes } from "../../shared/session/statement.ts";
import { Downloads } from "./downloads.ts";
import { ClientError } from "../errors.ts";
import type { Peer, Peers } from "../contacts/peers.ts";
import type { Profile } from "../profile/profile.ts";
import type { HistoryBody, HistoryEntry, SentNumbers } from "../profile/tables/history_entry.ts";
import type { Transfer } from "../profile/tables/transfers.ts";
import { inOrder } from "./in_order.ts";
import { ignoreNetwork, type Lost, Settling } from "./settling.ts";
import { stillWaits } from "../profile/tables/wait.ts";
import {
  failed,
  isFinal,
  resumable,
  stopsOthers,
  tooEarly,
  waitAfter,
} from "./transfer_failures.ts";
import { NewUploads } from "./new_uploads.ts";
import { absolutePath, attributesOf } from "./transfer_files.ts";
import { TransferNotes } from "./transfer_notes.ts";
import type { SecureTransport } from "../network/transport.ts";
import { type OnProgress, type TransferOptions, Uploads } from "./uploads.ts";

/** Files up to this size, in bytes, move side by side: they mostly wait for the disks. */
export const SMALL_SIZE = 256 * KiB;
/** So many of them at a time: with what they are encrypted to, 16 MiB. */
export const MOST_SMALL = 32;

/** What became of a transfer that went on. */
export type TransferOutcome =
  /** The message `messageId` announces it. */
  | { kind: "sent"; transfer: Transfer; to: Peer; messageId: number }
  /** It is at its place, and its entry in the history is due to be shown. */
  | { kind: "saved"; transfer: Transfer }
  /** The server had lost a part of it. */
  | { kind: "lost"; transfer: Transfer } & Lost
  /** It can go on later if its state is still `active`. */
  | { kind: "problem"; transfer: Transfer; error: ClientError };

/** How transfers go on by themselves. */
export interface ResumeOptions extends TransferOptions {
  /** Larger files are not fetched, in bytes; -1 for none at all. */
  readonly maxSize?: number;
  /** Where files go that have no folder yet; the current one by default. */
  readonly folder?: string;
}

/** Sends messages in sessions, which stand above the transfers. */
export interface MessageSender {
  newContentId(): Bytes;
  /**
   * Calls `onKept`, with the number in the history, when the message cannot be lost any more.
   * Returns the server's number of it. */
  send(
    draft: { to: Identity; type: MessageType; content: Content; body: HistoryBody },
    onKept: (entry: number) => void,
  ): Promise<number>;
}

/** Sends files to classic clients. */
export interface ClassicFileSender {
  /** Sends the file of `transfer` as one message; returns its ID. A repeat arrives once. */
  sendTransfer(to: Peer, transfer: Transfer, options: TransferOptions): Promise<number>;
}

export interface FileTransfersOptions {
  profile: Profile;
  transport: SecureTransport;
  peers: Peers;
  sender: MessageSender;
  classic: ClassicFileSender;
  /** Makes sure that there is a session with the client of that name. */
  starter: { ensure(peer: Identity, name: string): Promise<void> };
  random: Random;
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * Files between secure clients: what is sent goes up and is then announced by a message; what was
 * announced comes down when it is wanted. {@link FileTransfers.resume} goes on with interrupted
 * ones.
 */
export class FileTransfers {
  /** Where uploads begin. */
  readonly newUploads: NewUploads;
  readonly #options: FileTransfersOptions;
  readonly #uploads: Uploads;
  readonly #downloads: Downloads;
  readonly #settling: Settling;
  readonly #notes: TransferNotes;
  /** Those that are under way here, by number. */
  readonly #running = new Map<number, AbortController>();
  /** Uploads that are on the server, of which whoever brought them there is about to tell. */
  readonly #untold = new Set<number>();

  constructor(options: FileTransfersOptions) {
    const { profile, transport, random, now } = this.#options = options;
    const isRunning = (number: number) => this.#running.has(number);
    this.newUploads = new NewUploads({ profile, random, now, isRunning });
    this.#uploads = new Uploads(profile, transport);
    const notes = this.#notes = new TransferNotes(profile);
    this.#downloads = new Downloads(profile, transport, notes);
    this.#settling = new Settling(options, this.#uploads, this.#downloads);
  }

  /**
   * Brings an upload to its end; returns the numbers of the message that announces it.
   * @throws {ClientError} `queued` if it, or its message, goes on later by itself; `changed`,
   * `file`, `interrupted`, and what the network may do
   */
  async send(
    transfer: Transfer,
    to: Peer,
    identity: Identity,
    options: TransferOptions = {},
  ): Promise<SentNumbers> {
    const { profile } = this.#options;
    try {
      await this.#bringUp(transfer, to, identity, options);
      const { spooled, path } = transfer;
      const isNew = !spooled && path !== null && readsNewContents(profile, to);
      return await this.#announce(transfer, identity, isNew ? await attributesOf(path) : undefined);
    } finally {
      this.#untold.delete(transfer.number);
    }
  }

  /**
   * Brings several small uploads to their ends, side by side. They are announced together, in their
   * order, so that they share what waits for a disk. If one fails the others are sent all the same,
   * before that is thrown. Errors as {@link send}.
   */
  async *sendSmall(
    transfers: readonly Transfer[],
    to: Peer,
    identity: Identity,
    { onProgress, signal }: TransferOptions = {},
  ): AsyncGenerator<SentNumbers> {
    const { profile, starter } = this.#options;
    const isNew = readsNewContents(profile, to);
    try {
      const steps = await Promise.allSettled(transfers.map(async (transfer) => {
        await this.#bringUp(transfer, to, identity, { signal });
        return isNew ? await attributesOf(transfer.path ?? "") : undefined;
      }));
      // Some may have waited for others, in which time this profile was found to be an old copy.
      if (steps.some(({ status }) => status === "fulfilled")) {
        await starter.ensure(identity, to.name);
      }
      const sent = transfers.map(async (transfer, at) => {
        const step = steps[at];
        if (step.status === "rejected") throw step.reason;
        const numbers = await this.#announce(transfer, identity, step.value);
        return { transfer, numbers };
      });
      for await (const { transfer, numbers } of inOrder(sent)) {
        tellWhole(transfer, onProgress);
        yield numbers;
      }
    } finally {
      for (const { number } of transfers) this.#untold.delete(number);
    }
  }

  async #bringUp(
    transfer: Transfer,
    to: Peer,
    identity: Identity,
    options: TransferOptions,
  ): Promise<void> {
    const { starter } = this.#options;
    await this.#watched(transfer, options, async (options) => {
      await starter.ensure(identity, to.name);
      await this.#uploads.upload(transfer, options);
      // It may have taken hours, in which this profile was found to be an old copy.
      await starter.ensure(identity, to.name);
      this.#untold.add(transfer.number);
    });
  }

  /**
   * Sends the message that announces an upload, of those that are sent now in their order.
   * @throws {ClientError} `interrupted` if the upload was cancelled meanwhile
   */
  async #announce(
    transfer: Transfer,
    to: Identity,
    attributes: FileAttributes | undefined,
  ): Promise<SentNumbers> {
    const { number, name, size, path, blob, key, spooled } = transfer;
    const { profile, sender, now } = this.#options;
    if (this.#get(number).state === "cancelled") throw cancelled();
    const type = MessageType.file;
    const expires = profile.contacts.timer(to.clientId)?.seconds || undefined;
    const id = sender.newContentId();
    const content = { id, at: now(), file: { name, size, blob, key }, expires, attributes };
    const body = { file: { name, size, blob, key, path: spooled ? null : path } };
    let entry = 0;
    const sent = sender.send({ to, type, content, body }, (kept) => {
      entry = kept;
      const chunks = fileChunkCount(size);
      profile.transfers.change(number, { state: "done", chunks, ended: now() });
    });
    // Kept or sent: the copy has served its purpose.
    const message = await sent.finally(() => this.#settling.dropCopy(this.#get(number)));
    return { message, entry };
  }

  /**
   * Brings an upload to a classic client to its end, as one message; returns its numbers. Errors as
   * {@link send}.
   */
  async sendClassic(
    transfer: Transfer,
    to: Peer,
    options: TransferOptions = {},
  ): Promise<SentNumbers> {
    const { number, name, size, path, spooled } = transfer;
    const { profile: { history, transfers }, classic, now } = this.#options;
    const body = { file: { name, size, path: spooled ? null : path } };
    let [message, entry] = [0, 0];
    await this.#watched(transfer, options, async (options) => {
      message = await classic.sendTransfer(to, transfer, options);
      const at = now();
      this.#options.profile.transaction(() => {
        entry = history.addSent({ peer: to.id, at, stored: at, contentId: null, body });
        history.markSent(entry, message);
        transfers.change(number, { state: "done", settled: true, ended: at });
      });
    });
    await this.#settling.dropCopy(this.#get(number));
    return { message, entry };
  }

  /**
   * Fetches a file into its folder.
   * @throws {ClientError} `gone`, `bad-key`, `damaged`, `file`, `interrupted`, and what the network
   * may do
   */
  async fetch(transfer: Transfer, options: TransferOptions = {}): Promise<void> {
    const { number, history } = transfer;
    const { profile, now } = this.#options;
    await this.#watched(transfer, options, async (options) => {
      const path = await this.#downloads.download(transfer, options);
      await this.#notes.note(() => {
        profile.transfers.change(number, { state: "done", path, ended: now() });
        if (history !== null) profile.history.markSaved(history, path);
      });
    });
    await this.#settling.settle(this.#get(number)).catch(ignoreNetwork);
  }

  /**
   * Makes a file that waits, or that has begun, one to fetch into `folder`. Without that, one that
   * has begun stays where it is, and others go to the current folder.
   * @throws {ClientError} `unknown-transfer` if none waits under this number, `file` if the folder
   * cannot be made; then it stays as it was
   */
  async want(number: number, folder?: string): Promise<Transfer> {
    const { transfers } = this.#options.profile;
    const transfer = transfers.get(number);
    if (
      !transfer || transfer.direction === "up" ||
      transfer.state !== "waiting" && transfer.state !== "active"
    ) {
      throw unknownTransfer(number);
    }
    if (transfer.path === null || folder !== undefined) {
      const path = absolutePath(folder ?? ".");
      await this.#downloads.move(transfer, path);
      transfers.change(number, { state: "active", path });
    }
    return this.#get(number);
  }

  /**
   * Goes on with all interrupted transfers until the network fails: one after the other, but for
   * small files that come down, which do so side by side. Skips those in `tried`, and adds each
   * that it tries; skips those with blocked clients.
   * @throws {ClientError} `interrupted`, and what the network may do
   */
  async *resume(
    { maxSize, folder, ...options }: ResumeOptions = {},
    tried = new Set<number>(),
  ): AsyncGenerator<TransferOutcome> {
    const { onProgress, signal } = options;
    for (let next; (next = this.#next(tried, maxSize)).length > 0;) {
      for (const { number } of next) tried.add(number);
      if (next.length === 1) yield await this.#goOn(next[0], folder, options);
      else {
        for await (const outcome of inOrder(next.map((it) => this.#goOn(it, folder, { signal })))) {
          if (outcome.kind === "saved") tellWhole(outcome.transfer, onProgress);
          yield outcome;
        }
      }
    }
  }

  /** Reports whether there is one to go on with that is not in `tried`, nor too large. */
  mayGoOn(tried: ReadonlySet<number>, maxSize?: number): boolean {
    return this.#next(tried, maxSize).length > 0;
  }

  /** Returns the next one, or as many small ones to fetch as go on together. */
  #next(tried: ReadonlySet<number>, maxSize = Infinity): Transfer[] {
    const next: Transfer[] = [];
    const { profile: { transfers, contacts }, now } = this.#options;
    // Opens no more than it must: there may be thousands, and each asks for its next.
    for (const number of transfers.active()) {
      if (tried.has(number) || this.#running.has(number) || this.#untold.has(number)) continue;
      const transfer = this.#get(number);
      const { wait, direction, size, peer } = transfer;
      const fits = direction === "up" || size <= maxSize;
      if (!fits || stillWaits(wait, now()) || contacts.byId(peer)?.blocked) continue;
      if (direction === "up" || size > SMALL_SIZE) return next.length > 0 ? next : [transfer];
      next.push(transfer);
      if (next.length === MOST_SMALL) break;
    }
    return next;
  }

  /** See {@link Settling.settleAll}. */
  async *settle(options: TransferOptions = {}): AsyncGenerator<TransferOutcome> {
    for await (const lost of this.#settling.settleAll(options)) yield { kind: "lost", ...lost };
  }

  /**
   * Cancels a transfer, and removes what there is of it.
   * @throws {ClientError} `unknown-transfer` if there is none, or it is over
   */
  async cancel(number: number): Promise<void> {
    const { profile: { transfers }, now } = this.#options;
    const transfer = transfers.get(number);
    if (transfer?.state !== "waiting" && transfer?.state !== "active") {
      throw unknownTransfer(number);
    }
    transfers.change(number, { state: "cancelled", ended: now() });
    this.#running.get(number)?.abort();
    await this.#settling.drop(transfer);
    await this.#settling.settle(this.#get(number)).catch(ignoreNetwork);
  }

  /**
   * Leaves nothing of the file of a message, but what the server has to be told, and what was saved
   * for its user.
   */
  async eraseOf({ number: entry, sent, peer, body }: HistoryEntry): Promise<void> {
    const { profile: { transfers } } = this.#options;
    const blob = sent && "file" in body ? body.file.blob : undefined;
    const all = blob
      ? transfers.all().filter((it) => equalBytes(it.peer, peer) && equalBytes(it.blob, blob))
      : [transfers.ofHistory(entry) ?? []].flat();
    for (const transfer of all) {
      this.#running.get(transfer.number)?.abort();
      transfers.erase(transfer.number);
      if (transfer.state !== "done") await this.#settling.drop({ ...transfer, state: "cancelled" });
    }
  }

  async #goOn(
    transfer: Transfer,
    folder: string | undefined,
    options: TransferOptions,
  ): Promise<TransferOutcome> {
    const { peers } = this.#options;
    const { number, direction } = transfer;
    try {
      if (direction === "down") {
        await this.fetch(
          transfer.path === null ? await this.want(number, folder) : transfer,
          options,
        );
        return { kind: "saved", transfer: this.#get(number) };
      }
      const to = peers.withId(transfer.peer);
      const identity = await peers.identityOf(to);
      if (identity ? transfer.classic : !transfer.classic) {
        const text = `${to.name} is ${identity ? "a" : "no"} secure client`;
        throw new ClientError("wrong-identity", text);
      }
      const { message: messageId } = identity
        ? await this.send(transfer, to, identity, options)
        : await this.sendClassic(transfer, to, options);
      return { kind: "sent", transfer: this.#get(number), to, messageId };
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (error.code === "interrupted" || stopsOthers(error)) throw error;
      return { kind: "problem", transfer: this.#get(number), error };
    }
  }

  /** Runs a transfer, and notes how it failed. */
  async #watched(
    transfer: Transfer,
    options: TransferOptions,
    run: (options: TransferOptions) => Promise<void>,
  ): Promise<void> {
    const { number } = transfer;
    const { profile: { transfers }, peers, now } = this.#options;
    const peer = peers.known(transfer.peer)?.name ?? toHex(transfer.peer);
    const { wait } = transfer;
    if (wait && stillWaits(wait, now())) throw tooEarly(wait, now(), transfer, peer);
    const controller = new AbortController();
    this.#running.set(number, controller);
    const signals = options.signal ? [options.signal, controller.signal] : [controller.signal];
    try {
      await run({ ...options, signal: AbortSignal.any(signals) });
      if (wait) transfers.change(number, { wait: null });
    } catch (error) {
      if (controller.signal.aborted) throw cancelled();
      if (!(error instanceof ClientError)) throw error;
      if (!isFinal(error)) {
        if (error.code === "file") await this.#leaveFolder(transfer);
        const next = waitAfter(error, now());
        if (next || wait) transfers.change(number, { wait: next });
        throw next ? tooEarly(next, now(), transfer, peer) : resumable(error, transfer, peer);
      }
      transfers.change(number, { state: "failed", reason: error.message, ended: now() });
      await this.#settling.drop(transfer);
      throw failed(error, transfer, peer);
    } finally {
      this.#running.delete(number);
    }
  }

  /** Lets a file that could not be written go to another folder, unless a part of it is there. */
  async #leaveFolder(transfer: Transfer): Promise<void> {
    if (transfer.direction === "up" || await this.#downloads.hasBegun(transfer)) return;
    this.#options.profile.transfers.change(transfer.number, { path: null });
    await this.#settling.drop(transfer);
  }

  #get(number: number): Transfer {
    const transfer = this.#options.profile.transfers.get(number);
    if (!transfer) throw unknownTransfer(number);
    return transfer;
  }
}

/** Tells the progress of a file that has moved beside others, as if it had moved alone. */
function tellWhole(
  { number, name, direction, size }: Transfer,
  onProgress: OnProgress | undefined,
): void {
  for (const done of [0, size]) onProgress?.(done, size, { number, name, direction });
}

function cancelled(): ClientError {
  return new ClientError("interrupted", "cancelled");
}

function unknownTransfer(number: number): ClientError {
  return new ClientError("unknown-transfer", `no transfer ${number} waits or is under way`);
}

/** Entries among which the last received one is looked for. */
const LOOK_BACK = 32;

/** Reports whether the client of `peer` is known to take what earlier versions refuse. */
function readsNewContents({ history }: Profile, { id }: Peer): boolean {
  const last = history.page(id, LOOK_BACK).findLast(({ sent }) => !sent);
  return last?.contentId ? asksForReceipt(last.contentId) : false;
}
