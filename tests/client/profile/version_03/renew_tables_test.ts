/** What becomes of messages and files that were on their way. */
import { openTables, type Tables } from "../../../../client/profile/tables.ts";
import { renewTables } from "../../../../client/profile/version_03/renew_tables.ts";
import { utf8 } from "../../../../shared/bytes.ts";
import { randomBytes } from "../../../../shared/crypto/random.ts";
import { MiB } from "../../../../shared/limits.ts";
import { MessageType } from "../../../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { emptyTables, idOf, testVault } from "../../../support/profile/database.ts";

const BOB = idOf(0xb0);
const CAROL = idOf(0xca);
const KEY = new Uint8Array(32).fill(8);
const ENVELOPE = utf8("an envelope of a session that is gone");

/** Tables in memory, each time under another key. */
function tables(number: number) {
  const [database, vault] = [emptyTables(), testVault(number)];
  return { database, vault, tables: openTables(database, vault, "/incoming") };
}

/** What the tables become that `fill` has filled, of a secure client. */
function renewed(fill: (tables: Tables) => void): Tables {
  const [from, to] = [tables(1), tables(2)];
  const secrets = { signing: KEY, agreement: KEY };
  from.tables.identities.putPending({ id: idOf(1), name: "alice", publicKey: KEY, secrets });
  from.tables.identities.markRegistered();
  fill(from.tables);
  renewTables(from, 4, to, randomBytes);
  return to.tables;
}

function upload(tables: Tables, given: { peer?: typeof BOB; blob: number; spooled?: boolean }) {
  const { peer = BOB, blob, spooled = false } = given;
  const file = { blob: idOf(blob), key: KEY, name: "a.txt", size: 5, path: "/a.txt", started: 1 };
  return tables.transfers.add({ direction: "up", peer, ...file, changed: 2, spooled });
}

/** Announces a file as the last step of its upload does. */
function announce(tables: Tables, blob: number): void {
  const file = { name: "a.txt", size: 5, path: "/a.txt", blob: idOf(blob), key: KEY };
  const entry = { peer: BOB, at: 1, stored: 1, contentId: idOf(blob), body: { file } };
  const history = tables.history.addSent(entry);
  const item = { to: BOB, type: MessageType.file, token: idOf(2), content: ENVELOPE };
  tables.outbox.put({ ...item, history });
}

Deno.test("renew tables: resets stay, texts are to be sealed again, starts of sessions go", () => {
  const { outbox, history } = renewed(({ outbox, history }) => {
    const text = (contentId: number) =>
      history.addSent({
        ...{ peer: BOB, at: 1, stored: 1, contentId: idOf(contentId) },
        body: { text: `text ${contentId}` },
      });
    const item = { to: BOB, token: idOf(2), content: ENVELOPE };
    outbox.put({ ...item, type: MessageType.text, history: text(1) });
    outbox.put({ ...item, type: MessageType.keyRequest, history: null });
    outbox.put({ ...item, type: MessageType.key, history: null });
    outbox.put({ ...item, type: MessageType.text, history: text(2), token: idOf(3) });
  });
  assertEquals(outbox.first(), [
    { number: 1, ...{ to: BOB, type: 3, token: idOf(2), history: 1 }, content: utf8("") },
    { number: 2, ...{ to: BOB, type: 1, token: idOf(2), history: null }, content: ENVELOPE },
    { number: 4, ...{ to: BOB, type: 3, token: idOf(3), history: 2 }, content: utf8("") },
  ]);
  assertEquals([...history.list(BOB)].map(({ state }) => state), ["pending", "pending"]);
});

Deno.test("renew tables: an unannounced file is sent anew, unless its copy is gone", () => {
  const { outbox, history, transfers } = renewed((tables) => {
    for (const [blob, spooled] of [[7, false], [8, true]] as const) {
      const number = upload(tables, { blob, spooled });
      tables.transfers.change(number, { state: "done", chunks: 1, ended: 3 });
      announce(tables, blob);
    }
  });
  assertEquals(outbox.first(), []);
  assertEquals([...history.list(BOB)].map(({ state }) => state), ["failed", "failed"]);
  const [anew, gone, ...released] = transfers.all();
  assertEquals([anew.state, anew.settled, anew.chunks, anew.ended], ["active", false, 0, null]);
  assertEquals([anew.path, anew.changed, anew.key.length], ["/a.txt", 2, 32]);
  assertEquals([gone.state, gone.settled, gone.key.length], ["failed", true, 0]);
  assertEquals(gone.reason?.endsWith("send it again"), true);
  assertEquals(released.map(({ blob }) => blob), [idOf(7), idOf(8)]);
});

Deno.test("renew tables: uploads of one file to several start anew as one file again", () => {
  const { transfers } = renewed((tables) => {
    upload(tables, { blob: 7 });
    upload(tables, { blob: 7, peer: CAROL });
    upload(tables, { blob: 8 });
    const over = upload(tables, { blob: 9 });
    tables.transfers.change(over, { state: "cancelled" });
  });
  const [bobs, carols, other, over, ...released] = transfers.all();
  assertEquals(bobs.blob, carols.blob);
  assertEquals(bobs.key, carols.key);
  for (const { blob, key } of [bobs, other]) {
    assert(blob.toHex() !== idOf(7).toHex() && blob.toHex() !== idOf(8).toHex());
    assert(key.toHex() !== KEY.toHex());
  }
  assert(bobs.blob.toHex() !== other.blob.toHex());
  assertEquals([over.blob, over.state, over.settled], [idOf(9), "cancelled", false]);
  // Each of the old files is released once, in a row that no list shows.
  const hidden = released.map(({ blob, state, settled, peer }) => [blob, state, settled, peer]);
  assertEquals(hidden, [7, 8].map((blob) => [idOf(blob), "cancelled", false, utf8("")]));
});

Deno.test("renew tables: of what comes down, only a whole draft keeps its key", () => {
  const { transfers } = renewed(({ transfers }) => {
    const file = { peer: BOB, blob: idOf(7), key: KEY, name: "b", size: 3 * MiB, started: 1 };
    const add = (changes: Parameters<typeof transfers.change>[1], path: string | null = "/in") => {
      transfers.change(transfers.add({ direction: "down", ...file, path }), changes);
    };
    add({}, null);
    add({ chunks: 2 });
    add({ chunks: 3, draft: 12 });
    add({ state: "done", path: "/in/b" });
    add({ state: "done", settled: true, key: utf8("") });
  });
  const seen = transfers.all().map(({ state, settled, key }) => [state, settled, key.length]);
  assertEquals(seen, [
    ["waiting", false, 0],
    ["active", false, 0],
    ["active", false, 32],
    ["done", false, 32],
    ["done", true, 0],
  ]);
});
