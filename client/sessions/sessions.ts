import { type Bytes, equalBytes, toHex } from "../../shared/bytes.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { CryptoError, ProtocolError } from "../../shared/errors.ts";
import type { MessageType } from "../../shared/protocol/codes.ts";
import { PrekeyKind } from "../../shared/protocol/prekey.ts";
import type { Offer, PrekeySecrets } from "../../shared/session/agreement.ts";
import { type Content, decodeContent, encodeContent } from "../../shared/session/content.ts";
import { wipeReplaced, withoutExpired } from "../../shared/session/ratchet.ts";
import { Untried } from "../../shared/session/ratchet_message.ts";
import {
  acceptSession,
  offerIn,
  openEnvelope,
  type Route,
  sealEnvelope,
  type Session,
} from "../../shared/session/session.ts";
import { decodeSession, encodeSession } from "../../shared/session/session_state.ts";
import type { SessionContext } from "./context.ts";

/** Sessions that are kept with one client. */
export const MAX_SESSIONS = 8;

/** Messages of one client that may fail in one transaction after keys were computed for them. */
export const MAX_COSTLY_FAILURES = 16;

/** A session in memory. */
interface Entry {
  /** Its number in the store; null for a new one. */
  number: number | null;
  session: Session;
  changed: boolean;
}

/** The sessions with one client, the one to send in first. */
interface Loaded {
  peer: Bytes;
  entries: Entry[];
  /** Whether the order has changed. */
  reordered: boolean;
  /** How many messages have failed after keys were computed for them. */
  costlyFailures: number;
}

type SessionsOptions = Pick<SessionContext, "profile" | "own" | "random" | "now">;

/**
 * The sessions of a profile with other secure clients. Changes are made in memory and kept by one
 * transaction, together with whatever else belongs to the step. If that fails, nothing was done.
 */
export class Sessions {
  readonly #loaded = new Map<string, Loaded>();

  constructor(private readonly options: SessionsOptions) {}

  /** Runs `change`, which uses the sessions and the profile, in one transaction. */
  commit<T>(change: () => T): T {
    try {
      return this.options.profile.transaction(() => {
        const result = change();
        for (const loaded of this.#loaded.values()) this.#save(loaded);
        return result;
      });
    } finally {
      this.#loaded.clear();
    }
  }

  /** Takes a new session, and sends in it from now on. Call it in {@link commit}. */
  add(peer: Identity, session: Session): void {
    this.#toFront(this.#load(peer.clientId), { number: null, session, changed: true });
  }

  /** Drops skipped keys that are too old, in all sessions. Call it in a transaction. */
  dropExpired(): void {
    const { profile: { sessions }, now } = this.options;
    for (let page, after = 0; (page = sessions.first(after)).length > 0;) {
      for (const { number, peer, state } of page) {
        after = number;
        const session = decodeSession(state);
        const ratchet = withoutExpired(session.ratchet, now());
        if (ratchet === session.ratchet) continue;
        sessions.update(number, peer, encodeSession({ ...session, ratchet }));
      }
    }
  }

  /** Seals a content for `peer`, with whom there is a session. Call it in {@link commit}. */
  seal(peer: Identity, type: MessageType, content: Content): Bytes {
    const { own, random } = this.options;
    const [entry] = this.#load(peer.clientId).entries;
    if (!entry) throw new RangeError("there is no session with this client");
    const padded = encodeContent(content);
    const route = { from: own.identity, to: peer, type };
    const { session, envelope } = sealEnvelope(entry.session, route, padded, random);
    padded.fill(0);
    replace(entry, session);
    return envelope;
  }

  /**
   * Opens an envelope from `peer`; returns null for a content that is not known here. Call it in
   * {@link commit}.
   * @throws {CryptoError} `decrypt-failed`; nothing has changed then
   */
  open(peer: Identity, type: MessageType, envelope: Bytes): Content | null {
    const route = { from: peer, to: this.options.own.identity, type };
    const padded = this.#openPadded(peer, route, envelope);
    try {
      return decodeContent(padded, type);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return null;
    } finally {
      padded.fill(0);
    }
  }

  #openPadded(peer: Identity, route: Route, envelope: Bytes): Bytes {
    const offer = offerIn(envelope);
    const loaded = this.#load(peer.clientId);
    if (loaded.costlyFailures >= MAX_COSTLY_FAILURES) {
      throw new CryptoError("decrypt-failed", "too many messages of this client have failed");
    }
    for (const entry of loaded.entries) {
      if (offer && !equalBytes(offer.ephemeral, entry.session.base)) continue;
      try {
        return this.#openIn(loaded, entry, route, envelope, offer);
      } catch (error) {
        if (!(error instanceof Untried)) loaded.costlyFailures++;
        if (!(error instanceof CryptoError) || offer) throw asUnreadable(error);
      }
    }
    if (!offer) throw new CryptoError("decrypt-failed", "the message fits no session");
    return this.#accept(peer, loaded, offer, route, envelope);
  }

  #openIn(
    loaded: Loaded,
    entry: Entry,
    route: Route,
    envelope: Bytes,
    offer: Offer | null,
  ): Bytes {
    const { random, now } = this.options;
    const opened = openEnvelope(entry.session, route, envelope, now(), random, offer);
    const { session, content } = opened;
    replace(entry, session);
    if (loaded.entries[0] !== entry) this.#toFront(loaded, entry);
    return content;
  }

  /** Takes the session that an initial envelope offers, once the envelope has opened. */
  #accept(peer: Identity, loaded: Loaded, offer: Offer, route: Route, envelope: Bytes): Bytes {
    const { profile: { prekeys }, own, now } = this.options;
    if (prekeys.isAgreed(offer.ephemeral)) {
      throw new CryptoError("decrypt-failed", "the message repeats the start of a session");
    }
    const secrets = this.#secretsFor(offer);
    try {
      const entry = {
        number: null,
        session: acceptSession(own, peer, offer, secrets, now()),
        changed: true,
      };
      const alone = { ...loaded, entries: [entry] };
      const content = this.#openIn(alone, entry, route, envelope, offer);
      this.#toFront(loaded, entry);
      prekeys.rememberAgreed(offer.ephemeral, offer.signedId);
      for (const id of [offer.kemId, offer.oneTimeId]) {
        const kind = prekeys.get(id)?.kind;
        if (kind === PrekeyKind.oneTime || kind === PrekeyKind.oneTimeKem) prekeys.remove(id);
      }
      return content;
    } catch (error) {
      loaded.costlyFailures++;
      throw error instanceof CryptoError ? asUnreadable(error) : error;
    } finally {
      for (const secret of [secrets.signed, secrets.kem, secrets.oneTime]) secret?.fill(0);
    }
  }

  #secretsFor({ signedId, kemId, oneTimeId }: Offer): PrekeySecrets {
    const { prekeys } = this.options.profile;
    const secret = (id: number, ...kinds: PrekeyKind[]): Bytes => {
      const prekey = prekeys.get(id);
      if (prekey && kinds.includes(prekey.kind)) return prekey.secret;
      throw new CryptoError("decrypt-failed", `prekey ${id} is unknown here, or no longer known`);
    };
    // Nothing is computed before all are known.
    const signed = secret(signedId, PrekeyKind.signed);
    const kem = secret(kemId, PrekeyKind.lastResort, PrekeyKind.oneTimeKem);
    const oneTime = oneTimeId === 0 ? null : secret(oneTimeId, PrekeyKind.oneTime);
    return { signed, kem, oneTime };
  }

  #toFront(loaded: Loaded, entry: Entry): void {
    loaded.entries = [entry, ...loaded.entries.filter((other) => other !== entry)];
    loaded.reordered = true;
  }

  #load(peer: Bytes): Loaded {
    const key = toHex(peer);
    let loaded = this.#loaded.get(key);
    if (!loaded) {
      const entries = this.options.profile.sessions.load(peer).map(({ number, state }) => {
        return { number, session: decodeSession(state), changed: false };
      });
      loaded = { peer, entries, reordered: false, costlyFailures: 0 };
      this.#loaded.set(key, loaded);
    }
    return loaded;
  }

  #save({ peer, entries, reordered }: Loaded): void {
    const { sessions } = this.options.profile;
    // The first one last, which makes it the most recently used.
    for (const { number, session, changed } of entries.slice(0, MAX_SESSIONS).reverse()) {
      if (number === null) {
        sessions.insert(peer, encodeSession(session));
        continue;
      }
      if (changed) sessions.update(number, peer, encodeSession(session));
      if (reordered) sessions.touch(number);
    }
    if (entries.length > MAX_SESSIONS) sessions.prune(peer, MAX_SESSIONS);
  }
}

/** Goes on with `session`; what only the one before it held is wiped. */
function replace(entry: Entry, session: Session): void {
  wipeReplaced(entry.session.ratchet, session.ratchet);
  entry.session = session;
  entry.changed = true;
}

/** What is wrong with a message says nothing about our own keys. */
function asUnreadable(error: unknown): unknown {
  if (!(error instanceof CryptoError) || error.code === "decrypt-failed") return error;
  return new CryptoError("decrypt-failed", error.message, { cause: error });
}
