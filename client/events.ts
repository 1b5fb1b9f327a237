/** What happens in a client while it is open, for the front ends that show it. */
import { type Bytes, toHex } from "../shared/bytes.ts";
import { sleep } from "../shared/sleep.ts";

export type ConnectionState = "connected" | "waiting" | "offline";

/** Something is new or has changed; what it is now stands in the profile. */
export type ClientEvent =
  /** An entry of the history, by its number. */
  | { readonly kind: "entry"; readonly number: number }
  /** A file on its way, by its number. */
  | { readonly kind: "transfer"; readonly number: number }
  /** What is known of another client, by its ID. */
  | { readonly kind: "contact"; readonly id: Bytes }
  /** A conversation as a whole, by the other client's ID. */
  | { readonly kind: "conversation"; readonly peer: Bytes }
  /** `text` says, for people, with which server, or why not and what is done about it. */
  | { readonly kind: "connection"; readonly state: ConnectionState; readonly text: string };

type Listener = (event: ClientEvent) => void;

/** The shortest time between two events of one transfer, in milliseconds: it changes often. */
const TRANSFER_PAUSE = 250;

/**
 * Tells listeners of changes, once these are committed: an event is told of in a task of its own,
 * and transactions do not span tasks. What happens several times before that is told once.
 */
export class Events {
  readonly #listeners = new Set<Listener>();
  /** What is to be told, by its subject. */
  readonly #due = new Map<string, ClientEvent>();
  /** The subjects of transfers that were told of just now. */
  readonly #resting = new Set<string>();
  #scheduled = false;

  constructor(private readonly wait: (milliseconds: number) => Promise<void> = sleep) {}

  /** Calls `listener`, which must not throw, with each event until the result is disposed of. */
  on(listener: Listener): Disposable {
    const own: Listener = (event) => listener(event);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  emit(event: ClientEvent): void {
    if (this.#listeners.size === 0) return;
    const subject = subjectOf(event);
    this.#due.delete(subject); // the last one counts, in its place
    this.#due.set(subject, event);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#tell());
  }

  #tell(): void {
    this.#scheduled = false;
    for (const [subject, event] of [...this.#due]) {
      if (this.#resting.has(subject)) continue;
      this.#due.delete(subject);
      for (const listener of [...this.#listeners]) listener(event);
      if (event.kind === "transfer") void this.#rest(subject);
    }
  }

  async #rest(subject: string): Promise<void> {
    this.#resting.add(subject);
    await this.wait(TRANSFER_PAUSE);
    this.#resting.delete(subject);
    if (this.#due.has(subject)) this.#schedule();
  }
}

function subjectOf(event: ClientEvent): string {
  switch (event.kind) {
    case "entry":
    case "transfer":
      return `${event.kind} ${event.number}`;
    case "contact":
      return `contact ${toHex(event.id)}`;
    case "conversation":
      return `conversation ${toHex(event.peer)}`;
    case "connection":
      return event.kind;
  }
}
