/** One person of the model: a real profile in a folder, and what a secure client does with it. */
import { Database, type Statement } from "@db/sqlite";
import type { Received } from "../../../client/inbox/received.ts";
import { Classic } from "../../../client/classic/classic.ts";
import { Inbox } from "../../../client/inbox/inbox.ts";
import { Peers } from "../../../client/contacts/peers.ts";
import { Profile } from "../../../client/profile/profile.ts";
import { SecureMessaging } from "../../../client/sessions/secure_messaging.ts";
import { type Bytes, equalBytes } from "../../../shared/bytes.ts";
import { hmacSha256 } from "../../../shared/crypto/hash.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { type KemPart, openHeader } from "../../../shared/session/ratchet_header.ts";
import { decodeSession } from "../../../shared/session/session_state.ts";
import type { Faults } from "./faults.ts";
import { type Account, networkOf, type PostOffice } from "./post_office.ts";

const SEALED_ROWS = `
  SELECT sealed FROM sessions UNION ALL SELECT sealed FROM prekeys
  UNION ALL SELECT sealed FROM outbox
  UNION ALL SELECT content FROM envelopes WHERE content IS NOT NULL`;
/** Bytes of a sealed row that are looked for in a file. */
const SAMPLE = 40;
/** One-time prekeys of each kind: few, so that they are used up. */
export const ONE_TIME_TARGET = 4;

/** An envelope that was made, whether or not it was kept. */
export interface Sealed {
  /** What it says; null if it only starts a session. */
  readonly text: string | null;
  readonly envelope: Bytes;
  /** Its message key, if its session was in the profile before. */
  readonly messageKey: Bytes | null;
  /** The KEM part of its header, likewise. */
  readonly part: KemPart;
}

export interface PartyOptions {
  readonly folder: string;
  readonly account: Account;
  readonly office: PostOffice;
  readonly faults: Faults;
  readonly now: () => number;
  readonly onSealed: (sealed: Sealed) => void;
}

/** Bytes as a text of as many characters, in which a search is fast. */
export function asText(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

export class Party {
  readonly account: Account;
  readonly folder: string;
  readonly #options: PartyOptions;
  #open: { profile: Profile; peers: Peers; side: SecureMessaging; inbox: Inbox } | null = null;
  /** Sees what is in the database beside the profile. */
  #reader: { database: Database; rows: Statement } | null = null;
  /** Sealed rows that were seen in the database; see {@link asText}. */
  readonly seen = new Set<string>();

  /** Alice has one, and so evidence when she restores a copy; a new one for each sequence. */
  readonly #stateDirectory: string | undefined;

  constructor(options: PartyOptions) {
    this.#options = options;
    const isFirst = options.account.name === "alice";
    this.#stateDirectory = isFirst ? `${options.folder}/state ${crypto.randomUUID()}` : undefined;
    this.account = options.account;
    this.folder = options.folder;
  }

  /** Whether something beside the server can tell that the profile is an old copy. */
  get hasEvidence(): boolean {
    return this.#stateDirectory !== undefined;
  }

  get path(): string {
    return `${this.folder}/profile.db`;
  }

  /** What is open of it; opens it if it is not. */
  async opened() {
    if (this.#open) return this.#open;
    const { office, account, faults, now, onSealed } = this.#options;
    const profile = await Profile.open(this.folder);
    const network = networkOf(office, account, faults);
    const peers = new Peers(profile, network);
    const { secureIdentity } = profile;
    if (!secureIdentity) throw new TypeError("not registered");
    const outbox = () => Promise.resolve(side.sender);
    const classic = new Classic({ profile, network, peers, now, outbox });
    const options = {
      ...{ profile, transport: network.secure, peers, random: randomBytes, now },
      classic: classic.sender,
    };
    const side: SecureMessaging = await SecureMessaging.of(
      { ...options, oneTimeTarget: ONE_TIME_TARGET, stateDirectory: this.#stateDirectory },
      secureIdentity,
    );
    watchSealing(side, profile, onSealed);
    const secure = () => Promise.resolve(side);
    const inbox = new Inbox({ profile, network, peers, classic, secure });
    return this.#open = { profile, peers, side, inbox };
  }

  close(): void {
    // The last one that closes the database leaves no log behind.
    this.#reader?.database.close();
    this.#reader = null;
    this.#open?.profile[Symbol.dispose]();
    this.#open = null;
  }

  /** Sends texts as `Client.sendText` does, all at once. */
  async send(to: string, texts: readonly string[]): Promise<void> {
    const { peers, side } = await this.opened();
    const peer = await peers.named(to);
    const identity = await peers.identityOf(peer);
    if (!identity) throw new TypeError("not secure");
    await side.prepare();
    await side.starter.ensure(identity, peer.name);
    const { sender } = side;
    const at = this.#options.now();
    await Promise.all(texts.map((text) => {
      const content = { id: sender.newContentId(), at, text };
      return sender.send({ to: identity, type: MessageType.text, content, body: { text } });
    }));
  }

  async *receive(): AsyncGenerator<Received> {
    const { inbox } = await this.opened();
    yield* inbox.receive(`${this.folder}/out`, () => {});
  }

  /** The states of all sessions with `peer`, as they are kept. */
  async states(peer: Bytes): Promise<Bytes[]> {
    const { profile } = await this.opened();
    return profile.sessions.load(peer).map(({ state }) => state);
  }

  /** Notes which sealed rows there are. Returns them. */
  rows(): Set<string> {
    const rows = this.#sealedRows().all<{ sealed: Bytes }>();
    const now = new Set(rows.map(({ sealed }) => asText(sealed.slice(0, SAMPLE))));
    for (const row of now) this.seen.add(row);
    return now;
  }

  #sealedRows(): Statement {
    if (!this.#reader) {
      const database = new Database(this.path, { int64: true });
      this.#reader = { database, rows: database.prepare(SEALED_ROWS) };
    }
    return this.#reader.rows;
  }
}

/** Tells of each envelope that is sealed, with what only its session knows. */
function watchSealing(
  { sessions }: SecureMessaging,
  profile: Profile,
  onSealed: (sealed: Sealed) => void,
): void {
  const seal = sessions.seal.bind(sessions);
  sessions.seal = (peer, type, content) => {
    const before = profile.sessions.load(peer.clientId);
    const envelope = seal(peer, type, content);
    const text = content.text ?? null;
    onSealed({ text, envelope, ...insideOf(before, envelope, peer, type, profile) });
    return envelope;
  };
}

function insideOf(
  before: readonly { state: Bytes }[],
  envelope: Bytes,
  peer: { publicKey: Bytes },
  type: MessageType,
  profile: Profile,
): Pick<Sealed, "messageKey" | "part"> {
  const unknown = { messageKey: null, part: null };
  const own = profile.secureIdentity;
  if (!own) return unknown;
  const start = envelope[0] === 2 ? 1133 : 1;
  const label = new TextEncoder().encode("messaging-system/3 envelope");
  const associated = new Uint8Array([
    ...label,
    ...own.publicKey,
    ...peer.publicKey,
    type,
    ...envelope.subarray(0, start + 2),
  ]);
  const nonce = envelope.slice(start + 2, start + 14);
  const sealed = envelope.subarray(
    start + 14,
    start + 14 + envelope[start] + 256 * envelope[start + 1],
  );
  for (const { state } of before) {
    const { sending, own } = decodeSession(state).ratchet;
    if (!sending) continue;
    const header = openHeader(sending.headerKey, nonce, associated, sealed);
    if (!header || !equalBytes(header.ratchetKey, own.publicKey)) continue; // another session
    let chain = sending.key;
    for (let i = sending.number; i < header.number; i++) {
      chain = hmacSha256(chain, new Uint8Array([2]));
    }
    return { messageKey: hmacSha256(chain, new Uint8Array([1])), part: header.part };
  }
  return unknown;
}
