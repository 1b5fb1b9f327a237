/** Sessions between users: what starting one costs, and what each message costs either side. */
import { Database } from "@db/sqlite";
import { Sender } from "../../client/sessions/sender.ts";
import type { Envelope } from "../../client/profile/tables/envelopes.ts";
import { TAIL_SIZE } from "../../client/profile/tables/envelopes.ts";
import { Profile } from "../../client/profile/profile.ts";
import { Receipts } from "../../client/sessions/receipts.ts";
import { SecureOpener } from "../../client/sessions/secure_opener.ts";
import { Sessions } from "../../client/sessions/sessions.ts";
import type { SecureTransport } from "../../client/network/transport.ts";
import type { Bytes } from "../../shared/bytes.ts";
import { generateIdentity, publicIdentity, verifyIdentity } from "../../shared/crypto/identity.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { PrekeyKind } from "../../shared/protocol/prekey.ts";
import { encodeContent } from "../../shared/session/content.ts";
import { newPrekeySecret, publicPrekey } from "../../shared/session/prekeys.ts";
import {
  acceptSession,
  offerIn,
  openEnvelope,
  sealEnvelope,
  startSession,
} from "../../shared/session/session.ts";
import { perSecond, repeatedly, type Suite } from "./measure.ts";
import { MESSAGE_SIZE, randomBytes, ROUND } from "./workload.ts";

/** Messages that one transaction takes. */
const BATCH = 256;
/** Messages of a round. */
const COUNT = 8 * BATCH;
const TEXT = "x".repeat(MESSAGE_SIZE);
const type = MessageType.text;
const now = () => Date.now();

/** Rows of a message each, {@link BATCH} to a commit that waits for the disk. */
export const sqliteBatches: Suite = {
  rows: [{
    name: "sqlite-batches",
    title: `SQLite, rows in fsynced commits of ${BATCH}`,
    unit: "/s",
  }],
  open({ folder }) {
    const database = new Database(`${folder}/batches.db`);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    database.exec("CREATE TABLE messages (id INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT");
    const insert = database.prepare("INSERT INTO messages (content) VALUES (?)");
    const content = randomBytes(MESSAGE_SIZE);
    const batch = database.transaction(() => {
      for (let i = 0; i < BATCH; i++) insert.run(content);
    });
    return Promise.resolve(async () => {
      const { value } = await perSecond(() => {
        const end = performance.now() + ROUND / 2;
        let count = 0;
        for (; performance.now() < end; count += BATCH) batch.immediate();
        return count;
      });
      return [{ value }];
    });
  },
};

/** The arithmetic alone: from a bundle that was checked to a first envelope that has opened. */
export const sessionStarts: Suite = {
  rows: [
    { name: "session-starts", title: "Sessions started, with a first envelope", unit: "/s" },
    { name: "session-accepts", title: "Sessions accepted by a first envelope", unit: "/s" },
  ],
  async open() {
    const [alice, bob] = [await newParty(), await newParty()];
    const { bundle, secrets } = await newBundle(bob.signing);
    const route = { from: alice.identity, to: bob.identity, type };
    const content = newContent();
    const start = async () => {
      const session = await startSession(alice, bob.identity, bundle, now(), randomBytes);
      return sealEnvelope(session, route, content, randomBytes).envelope;
    };
    const envelope = await start();
    const accept = () => {
      const offer = offerIn(envelope);
      if (!offer) throw new Error("no offer");
      const session = acceptSession(bob, alice.identity, offer, secrets, now());
      openEnvelope(session, route, envelope, now(), randomBytes);
    };
    const load = { workers: 1, milliseconds: ROUND / 2 };
    const rateOf = async (once: () => void | Promise<unknown>) => {
      const { value } = await repeatedly(load, async () => void await once());
      return { value };
    };
    return async () => [await rateOf(start), await rateOf(accept)];
  },
};

/** Each side's whole work on its own disk: sessions, outbox and history of real profiles. */
export const sessionMessages: Suite = {
  rows: [{
    name: "messages-encrypted",
    title: `Encrypted, kept and noted as sent, ${BATCH} at a time`,
    unit: "/s",
    limits: ["sqlite-batches"],
    goal: { atLeast: 2000 },
  }, {
    name: "messages-decrypted",
    title: `Decrypted and kept, ${BATCH} at a time`,
    unit: "/s",
    limits: ["sqlite-batches"],
  }],
  async open({ folder }) {
    const [alice, bob] = [await newParty(), await newParty()];
    const { bundle, secrets } = await newBundle(bob.signing);
    const sender = await Profile.open(`${folder}/encrypting`);
    const receiver = await Profile.open(`${folder}/decrypting`);
    await registered(sender);
    await registered(receiver);
    receiver.prekeys.add([
      { id: 1, kind: PrekeyKind.signed, secret: secrets.signed },
      { id: 2, kind: PrekeyKind.lastResort, secret: secrets.kem },
    ], now());
    const sessions = new Sessions({ profile: sender, own: alice, random: randomBytes, now });
    const session = await startSession(alice, bob.identity, bundle, now(), randomBytes);
    sessions.commit(() => sessions.add(bob.identity, session));
    const sent: Bytes[] = [];
    const transport = takingInto(sent);
    const options = { now, random: randomBytes };
    const outgoing = new Sender({ profile: sender, transport, sessions, ...options });
    const own = new Sessions({ profile: receiver, own: bob, ...options });
    const back = new Sender({ profile: receiver, transport, sessions: own, ...options });
    const receipts = new Receipts({ profile: receiver, sessions: own, sender: back, now });
    const opener = new SecureOpener({ profile: receiver, sessions: own, receipts, now });
    const from = { id: alice.identity.clientId, name: "alice" };
    async function encrypt(): Promise<number> {
      const drafts = Array.from({ length: COUNT }, () => {
        const content = { id: outgoing.newContentId(), at: now(), text: TEXT };
        return { to: bob.identity, type, content, body: { text: TEXT } };
      });
      await Promise.all(drafts.map((draft) => outgoing.send(draft)));
      return COUNT;
    }
    function decrypt(envelopes: readonly Envelope[]): number {
      for (let at = 0; at < envelopes.length; at += BATCH) {
        const batch = envelopes.slice(at, at + BATCH);
        const incoming = batch.map((envelope) => ({ envelope, from, identity: alice.identity }));
        const opened = opener.openAll(incoming, { folder, maxSize: -1 });
        if (opened.some(({ kind }) => kind !== "new")) throw new Error("a message is not new");
      }
      return envelopes.length;
    }
    let messageId = 0;
    return async () => {
      const { value: encrypted } = await perSecond(encrypt);
      const first = receiver.envelopes.takeNumber();
      const envelopes = sent.splice(0).map((content, i) => ({
        number: first + i,
        messageId: ++messageId,
        from: from.id,
        type,
        size: content.length,
        content,
        tail: content.slice(-TAIL_SIZE),
      }));
      receiver.envelopes.put(envelopes);
      const { value: decrypted } = await perSecond(() => decrypt(envelopes));
      return [{ value: encrypted }, { value: decrypted }];
    };
  },
};

/** A server that takes everything at once, and passes it to `sent`. */
function takingInto(sent: Bytes[]): SecureTransport {
  const never = () => Promise.reject(new Error("nobody asks for this"));
  return {
    send: ({ content }) => Promise.resolve(sent.push(content)),
    register: never,
    list: () => {
      throw new Error("nobody asks for this");
    },
    named: never,
    withIds: never,
    publicKey: never,
    sendStream: never,
    poll: never,
    request: never,
    follow: never,
    waits: never,
  };
}

async function registered(profile: Profile): Promise<void> {
  await profile.prepareSecure("somebody");
  profile.registerSecure();
}

async function newParty() {
  const { signing, agreement } = generateIdentity();
  const identity = verifyIdentity(await publicIdentity({ signing, agreement }));
  return { identity, agreement, signing };
}

/** The prekeys of a client without one-time ones, as a server returns them, and their secrets. */
async function newBundle(signing: Bytes) {
  const signed = newPrekeySecret(PrekeyKind.signed, 1, randomBytes);
  const kem = newPrekeySecret(PrekeyKind.lastResort, 2, randomBytes);
  return {
    bundle: {
      signed: await publicPrekey(signed, signing),
      kem: await publicPrekey(kem, signing),
      oneTime: null,
    },
    secrets: {
      signed: signed.secret,
      kem: kem.secret,
      oneTime: null,
    },
  };
}

function newContent(): Bytes {
  return encodeContent({ id: randomBytes(16), at: now(), text: TEXT });
}
