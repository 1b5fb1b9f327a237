import { type Bytes, toHex } from "../../shared/bytes.ts";
import { sleep } from "../../shared/sleep.ts";
import type { Profile } from "../profile/profile.ts";
import { FOREVER, type Settings } from "../profile/tables/conversations.ts";
import type { HistoryEntry } from "../profile/tables/history_entry.ts";
import type { ContactBook, MarkedPeer } from "./contact_book.ts";
import type { Peers } from "./peers.ts";

/** So many steps of a first search take a second or so. */
const MANY_STEPS = 10;

/** What there is between the owner and another client. */
export interface Conversation {
  readonly peer: MarkedPeer;
  /** Whether it is with the owner: notes, which go to nobody. */
  readonly own: boolean;
  /** Undefined if there is only a draft, or nothing. */
  readonly last: HistoryEntry | undefined;
  /** How many of its entries the owner has not read, and the number of the first. */
  readonly unread: number;
  readonly firstUnread: number | null;
  /** In milliseconds since 1970; `FOREVER`; undefined if it is not muted. */
  readonly mutedUntil: number | undefined;
  readonly archived: boolean;
  readonly draft: string | null;
}

/** An entry that a search has found. */
export interface Found {
  readonly entry: HistoryEntry;
  readonly peer: MarkedPeer;
}

/** The conversations with other clients: what is unread, muted, archived, or not sent yet. */
export class Conversations {
  constructor(
    private readonly profile: Profile,
    private readonly peers: Peers,
    private readonly book: ContactBook,
    private readonly now: () => number,
  ) {}

  /**
   * Returns the conversations in which there is something, those with the newest entries first;
   * those that are archived, or those that are not.
   */
  list({ archived = false } = {}): Conversation[] {
    const { history, conversations } = this.profile;
    const all = new Map<string, [Bytes, HistoryEntry | undefined]>();
    for (const entry of history.lastEntries()) all.set(toHex(entry.peer), [entry.peer, entry]);
    for (const peer of conversations.withDraft()) {
      if (!all.has(toHex(peer))) all.set(toHex(peer), [peer, undefined]);
    }
    return [...all.values()]
      .map(([peer, last]) => this.#conversation(this.book.marked(this.peers.withId(peer)), last))
      .filter((conversation) => conversation.archived === archived);
  }

  /** @throws {ClientError} `unknown-name` */
  get(name: string): Conversation {
    return this.#with(this.book.contact(name));
  }

  /** Returns the conversation with the client with this ID. */
  withId(id: Bytes): Conversation {
    return this.#with(this.book.marked(this.peers.withId(id)));
  }

  /**
   * Notes that the owner has read what came from a contact, up to the entry `last`, at most `limit`
   * entries at once. Returns the numbers of what was not read before.
   * @throws {ClientError} `unknown-name`
   */
  markRead(name: string, last?: number, limit?: number): number[] {
    return this.profile.history.markRead(this.book.contact(name).id, last, limit);
  }

  /** Makes nothing of a conversation until `until`: it calls for nobody's attention. */
  mute(name: string, until: number): Conversation {
    return this.#change(name, () => ({ mutedUntil: Math.min(until, FOREVER) }));
  }

  /** Puts a conversation away until something new comes, as long as it is not muted. */
  archive(name: string, archived: boolean): Conversation {
    return this.#change(name, ({ id }) => {
      const [last] = this.profile.history.page(id, 1);
      return { archivedAt: archived ? last?.number ?? 0 : null };
    });
  }

  /** Keeps what was begun to be written to a contact; nothing with an empty text. */
  setDraft(name: string, text: string): Conversation {
    return this.#change(name, () => ({ draft: text === "" ? null : text }));
  }

  /** Reports whether what comes from a client is to call for nobody's attention. */
  isMuted(peer: Bytes): boolean {
    return this.now() < this.profile.conversations.get(peer).mutedUntil;
  }

  /**
   * Does what a first search has to do, bit by bit, so that all else goes on; `note` is told if
   * that is much.
   */
  async prepareSearch(note: (text: string) => void): Promise<void> {
    for (let steps = 1; this.profile.history.prepareSearch(); steps++) {
      if (steps === MANY_STEPS) {
        note("The first search reads the whole history; later ones are fast.");
      }
      await sleep(0);
    }
  }

  /**
   * Returns the last `limit` entries, of the contact called `name` or of all, that hold all
   * `words`, the newest first.
   * @throws {ClientError} `unknown-name`
   */
  search(words: readonly string[], limit: number, name?: string): Found[] {
    const { history } = this.profile;
    const peer = name === undefined ? undefined : this.book.contact(name).id;
    const found: Found[] = [];
    for (const number of history.search(words, peer)) {
      const entry = history.entry(number);
      if (!entry) continue;
      found.push({ entry, peer: this.book.marked(this.peers.withId(entry.peer)) });
      if (found.length >= limit) break;
    }
    return found;
  }

  #change(name: string, changes: (peer: MarkedPeer) => Partial<Settings>): Conversation {
    const peer = this.book.contact(name);
    this.profile.conversations.change(peer.id, changes(peer));
    return this.#with(peer);
  }

  #with(peer: MarkedPeer): Conversation {
    return this.#conversation(peer, this.profile.history.page(peer.id, 1)[0]);
  }

  #conversation(peer: MarkedPeer, last: HistoryEntry | undefined): Conversation {
    const { count, first } = this.profile.history.unread(peer.id);
    const { mutedUntil, archivedAt, draft } = this.profile.conversations.get(peer.id);
    const isMuted = this.now() < mutedUntil;
    return {
      peer,
      own: this.peers.isOwn(peer.id),
      last,
      unread: count,
      firstUnread: first,
      mutedUntil: isMuted ? mutedUntil : undefined,
      archived: archivedAt !== null && (isMuted || (last?.number ?? 0) <= archivedAt),
      draft,
    };
  }
}
