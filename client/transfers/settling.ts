import { equalBytes } from "../../shared/bytes.ts";
import { fileChunkCount } from "../../shared/crypto/file_chunks.ts";
import { removeFile, removeOthers } from "../disk/files.ts";
import { ClientError } from "../errors.ts";
import { refusalName } from "../network/failures.ts";
import type { SecureTransport } from "../network/transport.ts";
import type { Profile } from "../profile/profile.ts";
import type { Transfer } from "../profile/tables/transfers.ts";
import { stillWaits, type Wait } from "../profile/tables/wait.ts";
import type { Downloads } from "./downloads.ts";
import { unlessInterrupted } from "./interrupt.ts";
import { waitAfter } from "./transfer_failures.ts";
import type { TransferOptions, Uploads } from "./uploads.ts";

/** Refusals that have nothing to do with the one transfer. */
const TO_ALL = new Set<string | undefined>(["rate-limited", "shutting-down", "unauthenticated"]);

/** What is known of a transfer when nothing is left to be done: no key. */
const SETTLED = { settled: true, key: new Uint8Array(0) };

/** That the server had lost a part of an upload. */
export type Lost = {
  /** Why that is final; null if it has it again, or will have. */
  readonly reason: string | null;
  /** Why it does not take it back yet. */
  readonly wait?: Wait;
};

export interface SettlingOptions {
  profile: Profile;
  transport: SecureTransport;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Settling: what is left to be done about transfers that are over, here and with the server. */
export class Settling {
  constructor(
    private readonly options: SettlingOptions,
    private readonly uploads: Uploads,
    private readonly downloads: Downloads,
  ) {}

  /**
   * Lets the server forget what is over, and sends it again what it has lost. Yields the uploads of
   * which it had lost a part. One that the server refuses holds up no other.
   * @throws {ClientError} `interrupted`, and what the network may do; a refusal at the end
   */
  async *settleAll(options: TransferOptions): AsyncGenerator<{ transfer: Transfer } & Lost> {
    await this.#removeUnneededCopies();
    const { profile, now } = this.options;
    const over = profile.transfers.open().filter(({ state, wait }) => {
      return state !== "waiting" && state !== "active" && !stillWaits(wait, now());
    });
    let refusal: unknown;
    for (const transfer of over) {
      const settling = unlessInterrupted(options.signal, this.settle(transfer, options));
      const lost = await settling.catch((error) => {
        const stopsAll = refusalName(error) === undefined || TO_ALL.has(refusalName(error));
        if (stopsAll) throw error;
        refusal ??= error;
      });
      if (lost) yield { transfer, ...lost };
    }
    if (refusal) throw refusal;
  }

  /** Does the same for one that is over. @throws {ClientError} what the network may do */
  async settle(transfer: Transfer, options: TransferOptions = {}): Promise<Lost | undefined> {
    const { profile, transport } = this.options;
    const { transfers } = profile;
    const { number, direction, state, blob, classic } = transfer;
    if (classic) return void transfers.change(number, SETTLED); // nothing of it is on the server
    const isSent = direction === "up";
    if (isSent && state === "done") return await this.#lookAfter(transfer, options);
    const needed = isSent && transfers.open().some((other) => {
      return other.number !== number && other.direction === "up" && equalBytes(other.blob, blob);
    });
    if (!needed) await transport.request({ kind: "release", blob });
    // If that is lost the server is told once more.
    profile.transaction(() => transfers.change(number, SETTLED), { durable: false });
  }

  /** Removes what a transfer that is over leaves on this disk. */
  async drop(transfer: Transfer): Promise<void> {
    if (transfer.direction === "up") await this.dropCopy(transfer);
    else await this.downloads.discard(transfer).catch(() => {});
  }

  /** Removes the copy that an upload was made from, unless it goes on. */
  async dropCopy({ spooled, path, state }: Transfer): Promise<void> {
    if (spooled && path !== null && state !== "active") await removeFile(path);
  }

  /** Keeps an announced upload until nobody needs it; sends again what the server lost of it. */
  async #lookAfter(transfer: Transfer, options: TransferOptions): Promise<Lost | undefined> {
    const { profile: { transfers }, transport, now } = this.options;
    const { number, blob, size } = transfer;
    try {
      const state = await transport.request({ kind: "file-state", blob });
      if (state.next >= fileChunkCount(size)) return;
      await this.uploads.upload(transfer, options);
      return { reason: null };
    } catch (error) {
      const wait = error instanceof ClientError && waitAfter(error, now());
      if (wait) {
        transfers.change(number, { wait });
        return { reason: null, wait };
      }
      if (refusalName(error) === "not-found") return void transfers.change(number, SETTLED);
      if (!(error instanceof ClientError)) throw error;
      if (error.code !== "changed" && error.code !== "file") throw error;
      // Its receiver is told so when it asks for it.
      const reason = "the server has lost a part of it, and its source is not there any more";
      transfers.change(number, { state: "failed", reason, ended: now() });
      return { reason };
    }
  }

  /** Removes copies that a crash left. */
  async #removeUnneededCopies(): Promise<void> {
    const { profile } = this.options;
    const needed = profile.transfers.open().filter(({ spooled, state }) => {
      return spooled && state === "active";
    });
    const names = needed.map(({ path }) => path?.slice(path.lastIndexOf("/") + 1) ?? "");
    await removeOthers(profile.outgoingFolder, new Set(names));
  }
}

/** Swallows failures that the next run makes up for. */
export function ignoreNetwork(error: unknown): void {
  if (!(error instanceof ClientError)) throw error;
}
