import { ClientError } from "../../../../client/errors.ts";
import { History } from "../../../../client/profile/tables/history.ts";
import {
  type HistoryBody,
  nameOrText,
  type ReceivedEntry,
} from "../../../../client/profile/tables/history_entry.ts";
import { CONTENT_ID_SIZE } from "../../../../shared/limits.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { emptyTables, idOf } from "../../../support/profile/database.ts";
import { randomBytes, vaultOf } from "../../../support/profile/vault_of.ts";

const ALICE = idOf(1);
const BOB = idOf(2);

function newHistory() {
  const database = emptyTables();
  return { database, history: new History(database, vaultOf(1)) };
}

function entry(text: string, more: Partial<ReceivedEntry> = {}): ReceivedEntry {
  const contentId = randomBytes(CONTENT_ID_SIZE);
  return { peer: ALICE, at: 1, stored: 2, contentId, messageId: 3, body: { text }, ...more };
}

function texts(history: History, search?: string, peer = ALICE): string[] {
  const entries = search === undefined
    ? [...history.list(peer)]
    : [...history.search([search], peer)].reverse().map((number) => history.entry(number)!);
  const bodies = entries.map(({ body }) => body);
  return bodies.map(nameOrText);
}

Deno.test("history: what came and what went comes back in order, each with its own", () => {
  const { history } = newHistory();
  const body: HistoryBody = { file: { name: "a", size: 9, path: null } };
  const received = entry("hello", { contentId: null });
  const { messageId: _, ...sent } = entry("", { body });
  const numbers = [history.addReceived(received), history.addSent(sent)];
  history.addReceived(entry("not from alice", { peer: BOB }));
  assertEquals([...history.list(ALICE)], [
    { ...received, number: numbers[0]!, sent: false, state: "received" },
    { ...sent, number: numbers[1]!, messageId: null, sent: true, state: "pending" },
  ]);
  assertEquals(texts(history, "", BOB), ["not from alice"]);
  assertEquals(texts(history, "", idOf(3)), []);
});

Deno.test("history: a content is kept once from each client; a classic one has no ID", () => {
  const { history } = newHistory();
  const first = entry("first");
  assert(history.addReceived(first));
  assertEquals(history.addReceived({ ...first, body: { text: "again" }, messageId: 9 }), undefined);
  assert(history.addReceived({ ...first, peer: BOB }));
  assert(history.addReceived(entry("classic", { contentId: null })));
  assert(history.addReceived(entry("classic", { contentId: null })));
  assertEquals(texts(history), ["first", "classic", "classic"]);
  // One who sends our own content back says something of its own.
  const own = entry("mine");
  history.addSent(own);
  assert(history.addReceived(own));
});

Deno.test("history: what was not shown is known, in order", () => {
  const { history } = newHistory();
  const numbers = ["1", "2", "3"].map((text) => history.addReceived(entry(text))!);
  history.addSent(entry("mine"));
  assertEquals(history.unshown(2).map(({ number }) => number), numbers.slice(0, 2));
  history.markShown(numbers[0]);
  assertEquals(history.unshown(9).map(({ number }) => number), numbers.slice(1));
  history.forget(ALICE);
  assertEquals(history.unshown(9), []);
});

Deno.test("history: a file that is arriving is shown when it was saved, in its order", () => {
  const { history } = newHistory();
  const body: HistoryBody = { file: { name: "a", size: 9, path: null } };
  const arriving = history.addReceived(entry("", { body }), { arriving: true })!;
  const text = history.addReceived(entry("behind it"))!;
  assertEquals(history.unshown(9).map(({ number }) => number), [text]);
  history.markSaved(arriving, "/out/a");
  assertEquals(history.unshown(9).map(({ number }) => number), [arriving, text]);
  history.markShown(arriving);
  assertEquals(history.unshown(9).map(({ number }) => number), [text]);
});

Deno.test("history: what was sent is found by the ID that it got", () => {
  const { history } = newHistory();
  const [first, second] = ["1", "2"].map((text) => history.addSent(entry(text)));
  history.addReceived(entry("not sent", { messageId: 7 }));
  assertEquals(history.sentAs(ALICE, 7), undefined);
  history.markSent(first, 7);
  const found = history.sentAs(ALICE, 7);
  assertEquals([found?.number, found?.state, found?.messageId], [first, "sent", 7]);
  assertEquals(history.sentAs(BOB, 7), undefined);
  // Sent again after a reset, or to a server that counts from 1 again.
  history.markSent(first, 8);
  assertEquals(history.sentAs(ALICE, 7), undefined);
  history.markSent(second, 8);
  assertEquals(history.sentAs(ALICE, 8)?.number, second);
  history.markFailed(second);
  assertEquals(history.sentAs(ALICE, 8)?.state, "failed");
});

Deno.test("history: each side's contents are found by their IDs, unless forgotten", () => {
  const { history } = newHistory();
  const [mine, theirs] = [entry("mine"), entry("theirs")];
  const [sent, received] = [history.addSent(mine), history.addReceived(theirs)!];
  assertEquals(history.sentWith(ALICE, mine.contentId!)?.number, sent);
  assertEquals(history.receivedAs(ALICE, theirs.contentId!)?.number, received);
  for (const [peer, contentId] of [[BOB, mine.contentId!], [ALICE, theirs.contentId!]] as const) {
    assertEquals(history.sentWith(peer, contentId), undefined);
  }
  assertEquals(history.receivedAs(ALICE, mine.contentId!), undefined);
  history.remove(sent);
  history.remove(received);
  assertEquals(history.sentWith(ALICE, mine.contentId!), undefined);
  assertEquals(history.receivedAs(ALICE, theirs.contentId!), undefined);
  assertEquals(history.addReceived(theirs), undefined, "a repeat stays one");
});

Deno.test("history: marks stay with a message, and not with a forgotten one", () => {
  const { history } = newHistory();
  const number = history.addReceived(entry("helo"))!;
  const reactions = { own: { emoji: "👍", at: 5 } };
  history.mark(number, { body: { text: "hello" }, editedAt: 9, reactions });
  const { body, editedAt, reactions: kept } = history.entry(number)!;
  assertEquals([body, editedAt, kept], [{ text: "hello" }, 9, reactions]);
  history.remove(number);
  history.mark(number, { editedAt: 10 });
  assertEquals(history.entry(number), undefined);
});

Deno.test("history: messages disappear so long after they were sent or read", () => {
  const { history } = newHistory();
  const sent = history.addSent(entry("sent", { timer: 5 }));
  const read = history.addReceived(entry("read", { timer: 60 }))!;
  history.addReceived(entry("stays"));
  assertEquals([history.nextExpiry(), history.expired(1e15, 9)], [undefined, []]);
  history.markSent(sent, 7, 10_000);
  history.noteRead([read], 20_000);
  history.noteRead([read], 99_000);
  assertEquals(history.nextExpiry(), 15_000);
  assertEquals([history.expired(14_999, 9), history.expired(15_000, 9)], [[], [sent]]);
  assertEquals(history.expired(80_000, 9), [sent, read]);
  for (const number of history.expired(80_000, 9)) history.remove(number);
  assertEquals([texts(history), history.nextExpiry()], [["stays"], undefined]);
});

Deno.test("history: noting that many were read opens and seals each once, and tells little", () => {
  const database = emptyTables();
  const vault = vaultOf(1);
  const history = new History(database, vault);
  const numbers = [60, ...Array(299)].map((timer) => history.addReceived(entry("new", { timer }))!);
  const own = history.addSent(entry("own"));
  const work = { open: 0, seal: 0 };
  const { openRow, sealRow } = vault;
  vault.openRow = (context, sealed) => (work.open++, openRow.call(vault, context, sealed) as never);
  vault.sealRow = (context, row) => (work.seal++, sealRow.call(vault, context, row));
  const told: unknown[] = [];
  history.onChange = (event) => told.push(event);
  assertEquals(history.noteRead([...numbers, own, 999], 9).map(({ number }) => number), numbers);
  assertEquals(work, { open: 301, seal: 300 });
  assertEquals(told, [{ kind: "entry", number: numbers[0] }]);
  assertEquals(numbers.map((number) => history.entry(number)?.readAt), numbers.map(() => 9));
  assertEquals(history.noteRead(numbers, 10), []);
});

Deno.test("history: what changes other messages is found by its message ID alone", () => {
  const { history } = newHistory();
  const text = history.addSent(entry("text"));
  const { contentId, ...control } = entry("", { body: { control: { edit: idOf(7) } }, stored: 2 });
  const number = history.addSent({ ...control, contentId });
  history.markSent(number, 7);
  assertEquals(history.sentAs(ALICE, 7)?.body, control.body);
  assertEquals([texts(history), history.entry(number)], [["text"], undefined]);
  assertEquals(history.sentWith(ALICE, contentId!), undefined);
  const days30 = 30 * 24 * 60 * 60 * 1000;
  assertEquals(history.expired(days30 + 2, 9), [number]);
  assertEquals(history.forget(ALICE), 1);
  assertEquals(history.sentAs(ALICE, 7), undefined);
  assert(history.addSent(entry("next")) > text);
});

Deno.test("history: what was received cannot be marked as sent", () => {
  const { history } = newHistory();
  const number = history.addReceived(entry("theirs"))!;
  history.markSent(number, 7);
  history.markFailed(number);
  const [{ state, messageId }] = history.list(ALICE);
  assertEquals([state, messageId], ["received", 3]);
});

Deno.test("history: what was forgotten is gone, and is not taken for new", () => {
  const { history } = newHistory();
  const first = entry("first");
  history.addReceived(first);
  history.addReceived(entry("classic", { contentId: null }));
  history.addReceived(entry("bob's", { peer: BOB }));
  const sent = history.addSent(entry("mine"));
  assertEquals(history.forget(ALICE), 3);
  assertEquals(history.forget(ALICE), 0);
  assertEquals(texts(history), []);
  assertEquals(texts(history, "", BOB), ["bob's"]);
  assertEquals(history.addReceived(first), undefined);
  // What is still in the outbox does not bring its entry back, nor change another.
  const next = history.addSent(entry("next"));
  assert(next > sent);
  history.markSent(sent, 7);
  assertEquals(history.sentAs(ALICE, 7), undefined);
  assertEquals(texts(history), ["next"]);
});

Deno.test("history: 5,000 entries come in pages, also while some are added and forgotten", () => {
  const { database, history } = newHistory();
  database.transaction(() => {
    for (let i = 1; i <= 5000; i++) {
      history.addReceived(entry(`text ${i}`, { contentId: i % 2 === 0 ? null : randomBytes(16) }));
      if (i % 100 === 0) history.addReceived(entry(`other ${i}`, { peer: BOB }));
    }
  })();
  assertEquals(texts(history), Array.from({ length: 5000 }, (_, i) => `text ${i + 1}`));
  assertEquals(texts(history, "TEXT 4999"), ["text 4999"]);
  const list = history.list(ALICE);
  assertEquals(list.next().value?.body, { text: "text 1" });
  history.addReceived(entry("new"));
  let last;
  for (const each of list) last = each;
  assertEquals(last?.body, { text: "new" });
  assertEquals(history.forget(ALICE), 5001);
  assertEquals(texts(history, "", BOB).length, 50);
});

Deno.test("history: a search knows neither case nor how a letter is composed", () => {
  const { history } = newHistory();
  const found = (text: string, search: string) => {
    history.forget(ALICE);
    history.addReceived(entry(text));
    return texts(history, search).length === 1;
  };
  for (
    const [text, search] of [
      ["Hello World", "o w"],
      ["hello", "HELLO"],
      ["İSTANBUL", "istanbul"],
      ["istanbul", "İstanbul"],
      ["ısı", "ISI"],
      ["Straße", "STRASSE"],
      ["strasse", "straße"],
      ["GROẞ", "groß"],
      ["ΟΔΟΣ", "οδος"],
      ["οδός", "ΟΔΌΣ"],
      ["caf\u00e9", "CAFE\u0301"],
      ["cafe\u0301", "\u00c9"],
      ["ﬁle", "FILE"],
      ["Привет, мир", "ПРИВЕТ"],
      ["한국어", "한국"],
      ["👩‍👩‍👧 family", "👩‍👩‍👧"],
      ["100% of a_b", "% of a_"],
    ]
  ) assert(found(text, search), `${text} ${search}`);
  assert(!found("hello", "help"));
  assert(!found("caf\u00e9", "cafe"));
});

Deno.test("history: a search looks into the names of files", () => {
  const { history } = newHistory();
  const body = { file: { name: "Übersicht.PDF", size: 1, path: "/elsewhere" } };
  history.addReceived(entry("", { body }));
  history.addReceived(entry("a text"));
  assertEquals(texts(history, "übersicht.pdf"), ["Übersicht.PDF"]);
  assertEquals(texts(history, "elsewhere"), []);
});

Deno.test("history: an entry cannot be moved to another client, nor to another message", () => {
  const { database, history } = newHistory();
  const numbers = [ALICE, BOB].map((peer) => history.addSent(entry("mine", { peer })));
  numbers.forEach((number, i) => history.markSent(number, i));
  for (const column of ["peer", "sent_as"]) {
    const sql =
      `UPDATE history SET ${column} = (SELECT ${column} FROM history WHERE number = ?2) ` +
      "WHERE number = ?1";
    database.exec(sql, numbers[0], numbers[1]);
  }
  database.exec("UPDATE history SET sent_as = NULL WHERE number = ?", numbers[1]);
  for (const act of [() => [...history.list(BOB)], () => history.sentAs(BOB, 1)]) {
    assertEquals(assertThrows(act, ClientError, "moved").code, "bad-profile");
  }
});

Deno.test("history: what is read is not to be shown any more, what still arrives is", () => {
  const { history } = newHistory();
  const file = { file: { name: "c", size: 9, path: null } };
  const [read, seen, other] = ["a", "b", "d"].map((text) => history.addReceived(entry(text))!);
  const arriving = history.addReceived(entry("", { body: file }), { arriving: true })!;
  const unshown = () => history.unshown(10).map(({ number }) => number);
  assertEquals(unshown(), [read, seen, other]);
  history.markSeen([seen]);
  history.markRead(ALICE, read);
  assertEquals(unshown(), [other]);
  history.markRead(ALICE);
  assertEquals(unshown(), []);
  history.markSaved(arriving, "path");
  assertEquals(unshown(), [arriving]);
});
