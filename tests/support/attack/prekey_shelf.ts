/** The prekeys and the mark of one client, as an honest server keeps them. */
import type { Bytes } from "../../../shared/bytes.ts";
import { COPY_MARK_SIZE } from "../../../shared/limits.ts";
import { type Prekey, PrekeyKind } from "../../../shared/protocol/prekey.ts";
import type { CheckedIn } from "../../../shared/protocol/secure/prekeys.ts";

export class PrekeyShelf {
  /** All that are there, in the order of their IDs. */
  prekeys: Prekey[] = [];
  #mark: Bytes = new Uint8Array(COPY_MARK_SIZE);
  #largest = 0;

  publish(prekeys: readonly Prekey[], replace: boolean): void {
    const smallest = Math.min(...prekeys.map(({ id }) => id));
    if (replace) this.prekeys = this.prekeys.filter(({ id }) => id >= smallest);
    this.prekeys.push(...prekeys.filter(({ id }) => id > this.#largest));
    this.#largest = Math.max(this.#largest, ...prekeys.map(({ id }) => id));
  }

  checkIn(mark: Bytes): CheckedIn {
    const before = this.#mark;
    this.#mark = mark;
    const left = (kind: PrekeyKind) => this.prekeys.filter((each) => each.kind === kind).length;
    return {
      mark: before,
      prekeyId: this.#largest,
      oneTimeLeft: left(PrekeyKind.oneTime),
      oneTimeKemLeft: left(PrekeyKind.oneTimeKem),
    };
  }

  /** A bundle whose one-time prekeys nobody else gets, if there are prekeys. */
  draw(): Prekey[] | undefined {
    const last = (kind: PrekeyKind) => this.prekeys.findLast((each) => each.kind === kind);
    const signed = last(PrekeyKind.signed);
    const kem = this.#take(PrekeyKind.oneTimeKem) ?? last(PrekeyKind.lastResort);
    if (!signed || !kem) return undefined;
    const oneTime = this.#take(PrekeyKind.oneTime);
    return [signed, kem, ...oneTime ? [oneTime] : []];
  }

  #take(kind: PrekeyKind): Prekey | undefined {
    const found = this.prekeys.find((each) => each.kind === kind);
    this.prekeys = this.prekeys.filter((each) => each !== found);
    return found;
  }
}
