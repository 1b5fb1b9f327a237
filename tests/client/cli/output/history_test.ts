import { historyView } from "../../../../client/cli/output/history.ts";
import { toJson } from "../../../../client/cli/output/output.ts";
import type { MarkedPeer } from "../../../../client/contacts/contact_book.ts";
import type { HistoryEntry } from "../../../../client/profile/tables/history_entry.ts";
import { toHex } from "../../../../shared/bytes.ts";
import { assertEquals } from "../../../support/assert.ts";

const bob = { id: new Uint8Array(16).fill(0xb0), name: "bob", alias: "Bobby", authenticated: true };
const at = new Date(2026, 0, 2, 3, 4, 5).getTime();

const ENTRY: HistoryEntry = {
  number: 3,
  peer: bob.id,
  sent: true,
  at,
  stored: at + 1000,
  contentId: new Uint8Array(16),
  messageId: 7,
  state: "sent",
  body: { text: "hello" },
};

function historyText(entry: HistoryEntry, peer: MarkedPeer): string {
  return historyView(entry, peer).text;
}

function historyJson(entry: HistoryEntry, peer: MarkedPeer): string {
  return toJson({ kind: "history", entry, peer });
}

Deno.test("history: for people a line, whose arrow points to whom it went", () => {
  assertEquals(historyText(ENTRY, bob), "3  2026-01-02 03:04 → Bobby: hello ✓");
  const received: HistoryEntry = { ...ENTRY, sent: false, state: "received" };
  assertEquals(historyText(received, bob), "3  2026-01-02 03:04 ← Bobby: hello");
  const classic = { ...bob, alias: undefined, authenticated: false };
  assertEquals(
    historyText(received, classic),
    "3  2026-01-02 03:04 ← bob (unauthenticated): hello",
  );
});

Deno.test("history: what has not left says so", () => {
  const pending = historyText({ ...ENTRY, state: "pending" }, bob);
  assertEquals(pending, "3  2026-01-02 03:04 → Bobby: hello (not sent yet)");
  const failed = historyText({ ...ENTRY, state: "failed" }, bob);
  assertEquals(failed, "3  2026-01-02 03:04 → Bobby: hello (not sent)");
});

Deno.test("history: a file is told by its name, size and place", () => {
  const file = { name: "a b.txt", size: 12, path: null };
  const sent = historyText({ ...ENTRY, body: { file } }, bob);
  assertEquals(sent, "3  2026-01-02 03:04 → Bobby: file of 12 bytes, a b.txt ✓");
  const placed = historyText({ ...ENTRY, body: { file: { ...file, path: "out/a" } } }, bob);
  assertEquals(placed, "3  2026-01-02 03:04 → Bobby: file of 12 bytes, a b.txt, out/a ✓");
});

Deno.test("history: neither texts nor the names of files steer a terminal", () => {
  const body = { text: "one\n2026-01-02 03:04 ← Bobby: two\x1b[2J" };
  const text = historyText({ ...ENTRY, body }, bob);
  assertEquals(text.split("\n")[1], "    2026-01-02 03:04 ← Bobby: two\ufffd[2J ✓");
  const file = { name: "a\nb\x1b", size: 1, path: "c\r" };
  const line = historyText({ ...ENTRY, body: { file } }, bob);
  assertEquals(line, "3  2026-01-02 03:04 → Bobby: file of 1 byte, a\ufffdb\ufffd, c\ufffd ✓");
});

Deno.test("history: for scripts one object on one line", () => {
  const peer = { id: toHex(bob.id), name: "bob" };
  const common = { number: 3, message: 7, peer, at: new Date(at).toISOString() };
  assertEquals(JSON.parse(historyJson(ENTRY, bob)), {
    ...common,
    direction: "sent",
    state: "sent",
    text: "hello",
  });
  const file = { name: "a\nb", size: 12, path: null };
  const entry: HistoryEntry = { ...ENTRY, sent: false, state: "received", body: { file } };
  assertEquals(JSON.parse(historyJson(entry, bob)), {
    ...common,
    direction: "received",
    state: "received",
    file,
  });
  assertEquals(historyJson(entry, bob).includes("\n"), false);
});

Deno.test("history: a time that cannot be has a mark, and stays as its author gave it", () => {
  const minutes = (count: number) => count * 60_000;
  const days = (count: number) => minutes(count * 24 * 60);
  const marked = (late: number) => {
    const entry: HistoryEntry = { ...ENTRY, sent: false, stored: at + late };
    const isMarked = historyText(entry, bob).startsWith("3  2026-01-02 03:04? ←");
    assertEquals(JSON.parse(historyJson(entry, bob)).clock, isMarked ? "wrong" : undefined);
    assertEquals(JSON.parse(historyJson(entry, bob)).at, new Date(at).toISOString());
    return isMarked;
  };
  assertEquals([-11, -9, 0].map((late) => marked(minutes(late))), [true, false, false]);
  assertEquals([29, 89, 91, 365].map((late) => marked(days(late))), [false, false, true, true]);
});

Deno.test("history: what became of a message, and what it answers, stands beside it", () => {
  const shown = (changes: Partial<HistoryEntry>, answered?: HistoryEntry) =>
    historyView({ ...ENTRY, ...changes }, bob, { answered }).text
      .replace("3  2026-01-02 03:04 → Bobby: ", "");
  assertEquals(shown({ deliveredAt: at }), "hello ✓✓");
  assertEquals(shown({ deliveredAt: at, readAt: at }), "hello ✓✓ read");
  assertEquals(shown({ editedAt: at }), "hello (edited) ✓");
  const [own, peer] = [{ emoji: "👍", at }, { emoji: "❤\x1b", at }];
  assertEquals(shown({ reactions: { own, peer } }), "hello [❤\ufffd] [👍 by you] ✓");
  assertEquals(shown({ reactions: { own: { emoji: "", at } } }), "hello ✓");
  assertEquals(shown({ body: { text: "" }, deletedAt: at }), "deleted ✓");
  assertEquals(
    shown({ body: { timer: 86_400 } }),
    "messages disappear 24 h after they were sent or read ✓",
  );
  const newer = "a message of a newer version (poll); update to read such messages ✓";
  assertEquals(shown({ body: { unknown: "poll", content: null } }), newer);
  const reply = new Uint8Array(16);
  assertEquals(shown({ reply }), "(to a message that is not here) hello ✓");
  const answered = { ...ENTRY, number: 2, body: { text: `one\n${"x".repeat(99)}` } };
  assertEquals(shown({ reply }, answered), `(to 2, "one\ufffd${"x".repeat(56)}…") hello ✓`);
  assertEquals(shown({ reply }, { ...answered, deletedAt: at }), '(to 2, "deleted") hello ✓');
});

Deno.test("history: so it does for scripts", () => {
  const time = new Date(at).toISOString();
  const answered = { ...ENTRY, number: 2 };
  const entry = {
    ...ENTRY,
    ...{ reply: new Uint8Array(16), editedAt: at, deliveredAt: at, readAt: at },
    ...{ sentAt: at - 60_000, timer: 60, reactions: { peer: { emoji: "👍", at } } },
  };
  const json = JSON.parse(toJson({ kind: "history", entry, peer: bob, answered }));
  const { reply, edited, delivered, read, expires, timer, reactions } = json;
  assertEquals([edited, delivered, read, expires], [time, time, time, time]);
  assertEquals([reply, timer, reactions], [{ number: 2, text: "hello" }, 60, { peer: "👍" }]);
});
