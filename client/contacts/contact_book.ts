import { type Bytes, equalBytes, fromHex, toHex } from "../../shared/bytes.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { ProtocolError } from "../../shared/errors.ts";
import { checkNewName, encodeName } from "../../shared/protocol/name.ts";
import { groupsOf, safetyNumber } from "../../shared/session/safety_number.ts";
import { ClientError } from "../errors.ts";
import { OWN_NAME } from "./own_name.ts";
import { idOf, type Peer, type Peers } from "./peers.ts";
import { isStranger } from "./strangers.ts";
import type { HistoryEntry } from "../profile/tables/history_entry.ts";
import type { Profile } from "../profile/profile.ts";
import type { SecureIdentity } from "../profile/tables/identities.ts";

/** A client with what a secure profile notes about it. */
export interface MarkedPeer extends Peer {
  /** What the profile's owner calls it. */
  alias?: string;
  /** Whether its safety number was compared. */
  verified?: boolean;
  blocked?: boolean;
  /** Whether its name is the alias of another contact, so that it could pass for that one. */
  namesake?: true;
}

/** What two people compare. */
export interface Trust {
  /** 60 digits in 12 groups, joined by spaces. */
  safetyNumber: string;
  /** Whether they compared it. */
  verified: boolean;
}

/** What is wanted of a history; without anything, all of it. */
export interface Wanted {
  /** Holds this, in upper or lower case. */
  readonly search?: string;
  /** So many at most, and of all that are wanted the last. */
  readonly last?: number;
  /** Stands before the entry with this number. */
  readonly before?: number;
  /** Came to be here at this time or later, in milliseconds since 1970. */
  readonly since?: number;
}

/** Entries that are in memory at a time. */
const PAGE = 64;

const CARD = /^(?<name>.+)#(?<id>[0-9a-f]{32})$/is;

/** What the owner of a profile decides about others: whom to trust, and what to call them. */
export class ContactBook {
  constructor(private readonly profile: Profile, private readonly peers: Peers) {}

  /** Returns `peer` with what is noted about it here. */
  marked<P extends Peer>(peer: P): P & MarkedPeer {
    const { contacts, secureIdentity } = this.profile;
    if (!secureIdentity) return peer;
    const { alias, verified = false, blocked = false } = contacts.byId(peer.id) ?? {};
    const owner = alias === undefined ? contacts.byName(peer.name) : undefined;
    const isNamesake = owner !== undefined && !equalBytes(owner.id, peer.id);
    return { ...peer, alias, verified, blocked, ...isNamesake && { namesake: true } };
  }

  /** Returns what is known of the client with this ID, without asking the server. */
  withId(id: Bytes): MarkedPeer {
    return this.marked(this.peers.withId(id));
  }

  /** Returns all contacts in the order of their names, without asking the server. */
  all(): MarkedPeer[] {
    return this.profile.contacts.all().map(({ id }) => this.withId(id));
  }

  /**
   * Returns the safety number of the profile's owner and a contact.
   * @throws {ClientError} `unauthenticated` if either is classic, `unknown-name`
   */
  async verify(name: string): Promise<Trust> {
    return await this.#trustIn(await this.peers.named(name));
  }

  /** Notes that both see the same safety number. Errors as {@link verify}. */
  async markVerified(name: string): Promise<Trust> {
    const peer = await this.peers.named(name);
    const trust = await this.#trustIn(peer);
    this.profile.contacts.setVerified(peer.id, true);
    return { ...trust, verified: true };
  }

  async #trustIn(peer: Peer): Promise<Trust> {
    const own = this.#ownIdentity();
    const identity = await this.#secureIdentityOf(peer);
    const number = safetyNumber({ publicKey: own.publicKey, clientId: own.id }, identity);
    const { verified = false } = this.marked(peer);
    return { safetyNumber: groupsOf(number).join(" "), verified };
  }

  /**
   * Calls a contact `alias` here from now on; without one, by its name.
   * @throws {ClientError} `bad-name` if it is no name, or someone else's; `unknown-name`
   */
  async setAlias(name: string, alias: string | undefined): Promise<MarkedPeer> {
    const peer = await this.peers.named(name);
    if (alias !== undefined) checkName(alias);
    this.profile.contacts.setAlias(peer.id, alias);
    return this.marked(peer);
  }

  /** Stops receiving from a contact. */
  async block(name: string): Promise<MarkedPeer> {
    return await this.#setBlocked(name, true);
  }

  async unblock(name: string): Promise<MarkedPeer> {
    return await this.#setBlocked(name, false);
  }

  async #setBlocked(name: string, blocked: boolean): Promise<MarkedPeer> {
    const peer = await this.peers.named(name);
    this.profile.contacts.setBlocked(peer.id, blocked);
    return this.marked(peer);
  }

  /**
   * Returns the owner's card, NAME#ID.
   * @throws {ClientError} `unauthenticated` for a classic identity
   */
  card(): string {
    const { name, id } = this.#ownIdentity();
    return `${name}#${toHex(id)}`;
  }

  /**
   * Adds the contact that a card names; its ID is demanded from then on.
   * @throws {ClientError} `bad-card`, `unauthenticated`, `wrong-identity` if someone else has that
   * name here, or the server returns other keys
   */
  async add(card: string): Promise<MarkedPeer> {
    const own = this.#ownIdentity();
    const { name, id } = parseCard(card);
    const { contacts } = this.profile;
    if (equalBytes(id, own.id)) throw new ClientError("bad-card", "that is your own card");
    const known = contacts.byName(name);
    if (known && !equalBytes(known.id, id)) {
      throw new ClientError(
        "wrong-identity",
        `another client, ${toHex(known.id)}, is called "${name}" here; if the card is right, add ` +
          "it under a name of your choice: put that before the # of the card",
      );
    }
    const peer = { id, name };
    const { publicKey } = await this.#secureIdentityOf(peer);
    // Together: a contact added by a card always has the keys that belong to the card.
    this.profile.transaction(() => {
      contacts.add(id, name);
      contacts.putPublicKey(id, publicKey);
    });
    return this.marked({ ...peer, authenticated: true });
  }

  /**
   * Returns the messages to and from a contact that are wanted, the oldest first.
   * @throws {ClientError} `unknown-name`
   */
  history(name: string, wanted: Wanted = {}): Iterable<HistoryEntry> {
    const { id } = this.contact(name);
    const { history } = this.profile;
    return Object.values(wanted).every((value) => value === undefined)
      ? history.list(id)
      : [...this.#newestFirst(id, wanted)].reverse();
  }

  /**
   * Yields the entries of a contact that are wanted, the newest first. After many that are older
   * than `since` it ends; a few may be so because a clock was wrong.
   */
  *#newestFirst(id: Bytes, { search, last = Infinity, before, since = 0 }: Wanted) {
    let older = 0;
    for (const entry of this.#backwards(id, search, before)) {
      if (entry.stored < since) {
        if (++older > PAGE) return;
        continue;
      }
      older = 0;
      yield entry;
      if (--last <= 0) return;
    }
  }

  *#backwards(id: Bytes, search = "", before = Infinity): Generator<HistoryEntry> {
    const { history } = this.profile;
    if (search !== "") {
      for (const number of [...history.search([search], id)]) {
        const entry = number < before ? history.entry(number) : undefined;
        if (entry) yield entry;
      }
      return;
    }
    for (let end = Math.min(before, Number.MAX_SAFE_INTEGER);;) {
      const entries = history.page(id, PAGE, end);
      yield* entries.toReversed();
      if (entries.length < PAGE) return;
      end = entries[0].number;
    }
  }

  /** Deletes the history with a contact; returns the number of its entries. */
  forget(name: string): number {
    const { id } = this.contact(name);
    const { history, contacts } = this.profile;
    const count = this.profile.transaction(() => {
      if (history.wroteTo(id)) contacts.accept(id); // who is no stranger does not become one
      this.profile.transfers.forget(id);
      this.profile.conversations.forget(id);
      return this.profile.history.forget(id);
    });
    this.profile.shrink();
    return count;
  }

  /** Returns the message that this one answers, if it is here. */
  answered({ peer, reply }: HistoryEntry): HistoryEntry | undefined {
    const { history } = this.profile;
    return reply && (history.sentWith(peer, reply) ?? history.receivedAs(peer, reply));
  }

  /**
   * Reports whether who is called `name` is new here: nobody whom the owner has ever written to,
   * added, verified or given an alias. In a classic profile, whoever is no contact is.
   */
  isNew(name: string): boolean {
    const { contacts, identity } = this.profile;
    const id = idOf(name);
    if (id) {
      const known = this.peers.known(id);
      return known === undefined || !this.peers.isOwn(id) && isStranger(this.profile, id);
    }
    const names = [name, name.normalize("NFC")];
    if (name === OWN_NAME || names.includes(identity.name)) return false;
    const known = names.map((each) => contacts.byName(each)).find((contact) => contact);
    return known === undefined || isStranger(this.profile, known.id);
  }

  /**
   * Returns the contact with this name or alias, without asking the server. `#` and an ID stand for
   * the client with that: a contact, or one with whom there is a history.
   * @throws {ClientError} `unknown-name`
   */
  contact(name: string): MarkedPeer {
    const { contacts, identity, history } = this.profile;
    const given = idOf(name);
    const id = this.peers.isOwnName(name) ? identity.id : given ?? contacts.byName(name)?.id;
    const peer = id && this.peers.known(id);
    if (peer) return this.marked(peer);
    if (given && history.page(given, 1).length > 0) return this.withId(given);
    throw new ClientError(
      "unknown-name",
      `no contact is named "${name}"; see: messaging-client list --contacts`,
    );
  }

  #ownIdentity(): SecureIdentity {
    const { secureIdentity, identity } = this.profile;
    if (secureIdentity) return secureIdentity;
    throw new ClientError(
      "unauthenticated",
      `"${identity.name}" is a classic identity, whose ID proves nothing; this needs a secure one`,
    );
  }

  async #secureIdentityOf(peer: Peer): Promise<Identity> {
    const identity = await this.peers.identityOf(peer);
    if (identity) return identity;
    throw new ClientError(
      "unauthenticated",
      `${peer.name} is a classic client: nothing proves whose key it is`,
    );
  }
}

function parseCard(card: string): { name: string; id: Uint8Array<ArrayBuffer> } {
  const { name, id } = CARD.exec(card.trim())?.groups ?? {};
  if (name === undefined) {
    throw new ClientError("bad-card", "a card is NAME#ID, with an ID of 32 hex digits");
  }
  checkName(name);
  return { name, id: fromHex(id) };
}

/**
 * Checks that `name` can be one, or even that of a client that registers now.
 * @throws {ClientError} `bad-name`; the message says why
 */
export function checkName(name: string, { isNew = false } = {}): void {
  if (name === OWN_NAME) {
    throw new ClientError("bad-name", `"${OWN_NAME}" means yourself here, and is nobody's name`);
  }
  if (idOf(name)) throw new ClientError("bad-name", `"${name}" stands for an ID, and is no name`);
  try {
    encodeName(name);
    if (isNew) checkNewName(name);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new ClientError("bad-name", `"${name}" cannot be a name: ${error.message}`);
  }
  // A line break would also break me.info.
  if (/\p{Cc}/u.test(name)) {
    throw new ClientError("bad-name", "a name cannot hold line breaks or control characters");
  }
}
