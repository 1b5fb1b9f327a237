/** The profiles that a release wrote (`tests/vectors/profiles/`), and what they hold. */
import { Database } from "@db/sqlite";
import type { Profile } from "../../../client/profile/profile.ts";
import { toHex, utf8 } from "../../../shared/bytes.ts";
import { assert, assertEquals } from "../assert.ts";
import { readVectors, readVectorText } from "../vectors.ts";
import { idOf } from "./database.ts";

export const RELEASE = "profiles/0.3.0";
/** Of those that are protected by one. */
export const PASSPHRASE = "correct horse";
export const BOB = idOf(0xb0);
const CAROL = idOf(0xca);
const SERVER = { hostname: "server.example.org", port: 4242 };
const SYMMETRIC_KEY = utf8("a key of 16 byte");

interface Owners {
  secure: { id: string; name: string; publicKey: string };
  classic: { id: string; name: string; privateKey: string };
}

export const owners = readVectors<Owners>(`${RELEASE}/owners.json`);

/** Makes the database of a release in the file `path`; then runs the SQL `change`. */
export function restore(name: string, path: string, change = ""): void {
  const database = new Database(path);
  database.exec(readVectorText(`${RELEASE}/${name}.sql`) + change);
  database.close();
}

/** All that the release had put into the profile is there, and found by its tags. */
export function assertWhole(profile: Profile): void {
  assertEquals(profile.servers.key(SERVER), new Uint8Array(32).fill(5));
  assertEquals(profile.contacts.byName("bobby"), {
    id: BOB,
    name: "bob",
    alias: "bobby",
    publicKey: new Uint8Array(160).fill(0x30),
    blocked: false,
    verified: true,
  });
  assertEquals(profile.contacts.all().map(({ name }) => name), ["bob", "carol"]);
  assertEquals(profile.contacts.byId(CAROL)?.blocked, true);
  assertEquals(profile.keys.own(CAROL), SYMMETRIC_KEY);
  assertEquals(profile.keys.sending(CAROL), SYMMETRIC_KEY);
  assertEquals(profile.envelopes.nextWaiting(0)?.content, utf8("a content that waits"));
  assertEquals(profile.sessions.first(), []);
  assertEquals(profile.prekeys.after(0), []);
  assertEquals(profile.prekeys.largestId(), 5);
  assert(!profile.prekeys.isAgreed(utf8("a base key")));
  const [item] = profile.outbox.first();
  const content = profile.secureIdentity ? new Uint8Array(0) : utf8("outgoing content");
  assertEquals([item.content, item.history], [content, 2]);
  const file = { name: "letter.txt", size: 5, path: null, blob: idOf(9) };
  assertEquals([...profile.history.list(BOB)].map(({ body, state }) => ({ body, state })), [
    { body: { text: "hello alice" }, state: "received" },
    { body: { text: "hello bob" }, state: "sent" },
    { body: { file: { ...file, key: new Uint8Array(32).fill(8) } }, state: "received" },
  ]);
  assertEquals(profile.history.sentAs(BOB, 70)?.number, 2);
  const repeated = { peer: BOB, at: 1, stored: 2, messageId: 7, contentId: idOf(3) };
  assertEquals(profile.history.addReceived({ ...repeated, body: { text: "again" } }), undefined);
  assertEquals(profile.repairs.get(BOB).wanted, [9]);
  assert(profile.copyMarks.isFresh(idOf(6)));
}

/** What is on its way, and what becomes of it when its cipher is gone. */
export function assertTransfers({ transfers }: Profile): void {
  const seen = transfers.all().map(({ direction, state, name, path, key, chunks, settled }) => {
    return { direction, state, name, path, keySize: key.length, chunks, settled };
  });
  const common = { chunks: 0, settled: false };
  assertEquals(seen, [
    // No key opens it any more.
    { ...common, direction: "down", state: "waiting", name: "letter.txt", path: null, keySize: 0 },
    // It starts anew, under another key.
    {
      ...{ ...common, direction: "up", state: "active", name: "photo.jpg" },
      ...{ path: "/home/alice/photo.jpg", keySize: 32 },
    },
    // What the server has of it is released.
    { ...common, direction: "up", state: "cancelled", name: "", path: null, keySize: 0 },
  ]);
  const [, anew, old] = transfers.all();
  assert(toHex(anew.blob) !== toHex(old.blob));
  assertEquals(old.peer.length, 0);
  assertEquals(transfers.ofHistory(3)?.number, 1);
}

export function assertSecureOwner(profile: Profile): void {
  const { id, name, publicKey } = profile.secureIdentity!;
  assertEquals({ id: toHex(id), name, publicKey: toHex(publicKey) }, owners.secure);
}
