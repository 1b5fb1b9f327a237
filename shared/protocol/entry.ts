/**
 * A request or a response is one entry: its kind, its code, the layout of its payload, and for a
 * request the response that answers it. Everything else is derived from the entries of a table.
 */
import type { Bytes } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { decode, encode, type Fields, fields, type Layout, type ValuesOf } from "./layout.ts";

/** A kind of message with a payload of type `T`. */
export interface Entry<K extends string = string, T = unknown> {
  readonly kind: K;
  readonly code: number;
  readonly payload: Layout<T>;
}

/** A kind of request that is answered with a response of the entry `R`. */
export interface RequestEntry<
  K extends string = string,
  T = unknown,
  R extends Entry = Entry,
> extends Entry<K, T> {
  readonly reply: R;
}

type Flat<T> = { [P in keyof T]: T[P] };

/** A message in memory: the kind of its entry with the values of its payload. */
export type BodyOf<E> = E extends Entry<infer K, infer T> ? Flat<{ kind: K } & T> : never;

/** Defines a response. */
export function response<const K extends string, F extends Fields>(
  { kind, code, payload }: { kind: K; code: number; payload: F },
): Entry<K, ValuesOf<F>> {
  return { kind, code, payload: fields(payload) };
}

/** Defines a request and the response that answers it. */
export function request<const K extends string, F extends Fields, R extends Entry>(
  { kind, code, payload, reply }: { kind: K; code: number; payload: F; reply: R },
): RequestEntry<K, ValuesOf<F>, R> {
  return { kind, code, payload: fields(payload), reply };
}

/** All messages that go in one direction of one protocol. */
export class EntryTable<E extends Entry> {
  readonly entries: readonly E[];
  /** The entry of each kind. */
  readonly of: { readonly [K in E["kind"]]: Extract<E, { kind: K }> };
  readonly #byCode: ReadonlyMap<number, E>;

  constructor(entries: readonly E[]) {
    this.entries = entries;
    this.of = Object.fromEntries(entries.map((entry) => [entry.kind, entry])) as typeof this.of;
    this.#byCode = new Map(entries.map((entry) => [entry.code, entry]));
  }

  /** Returns the entry with this code. */
  find(code: number): E | undefined {
    return this.#byCode.get(code);
  }

  /**
   * Checks what a header claims before a byte of its payload is read.
   * @throws {ProtocolError} `unsupported` for an unknown code, `malformed` for a size that the
   * message cannot have
   */
  checkSize({ code, size }: { code: number; size: number }): E {
    const entry = this.find(code);
    if (!entry) throw new ProtocolError("unsupported", `code ${code} is unknown`);
    const { min, max } = entry.payload;
    if (size >= min && size <= max) return entry;
    throw new ProtocolError("malformed", `${entry.kind} cannot have a payload of ${size} bytes`);
  }

  /** The code and the payload of `body`. */
  encode(body: BodyOf<E>): { code: number; payload: Bytes } {
    const { code, payload } = this.of[body.kind as E["kind"]];
    return { code, payload: encode(payload, body) };
  }

  /**
   * The message that a header and its whole `payload` make.
   * @throws {ProtocolError} `malformed`, `unsupported`
   */
  decode(header: { code: number; size: number }, payload: Uint8Array): BodyOf<E> {
    if (payload.length !== header.size) {
      throw new ProtocolError("malformed", "payload and its size disagree");
    }
    const entry = this.checkSize(header);
    return { kind: entry.kind, ...decode(entry.payload, payload) as object } as BodyOf<E>;
  }
}
