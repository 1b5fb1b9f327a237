import { assert, assertEquals } from "../../support/assert.ts";
import { ChatHere } from "../../support/chat/chat_here.ts";
import { MemoryLink } from "../../support/chat/memory_link.ts";
import { until } from "../../support/until.ts";
import { dialogRows, ruleRows } from "../../../client/tui/drawing/rows.ts";
import { type ChatState, faceOf } from "../../../client/tui/state/state.ts";
import { windowLines } from "../../../client/tui/lines/window.ts";

const UP = "\x1b[A";
const ESC = "\x1b";
const ALT_DOWN = "\x1b[1;3B";
const PAGE_UP = "\x1b[5~";

/** Alice with 500 messages, Bob with one that is unread. */
function twoPeers() {
  const link = new MemoryLink();
  const [alice, bob] = ["alice", "bob"].map((name) => link.peer(name));
  for (let number = 1; number <= 500; number++) link.put(alice, `text ${number}`, number % 2 === 0);
  link.receive(bob, "unread");
  return { link, alice, bob };
}

const textsOf = ({ messages }: ChatState) => messages.map(({ text }) => text);
const askedOf = ({ asked }: MemoryLink, wanted: string) =>
  asked.flatMap(({ method, params }) => method === wanted ? [params] : []);

Deno.test("chat: opens the newest conversation with a page of its messages", async () => {
  const { link, alice } = twoPeers();
  await using chat = new ChatHere(link);
  const state = await chat.until("alice is open", ({ messages }) => messages.length > 0);
  assertEquals(textsOf(state).slice(-2), ["text 499", "text 500"]);
  assertEquals(state.messages.length, 100);
  assertEquals(askedOf(link, "history"), [{ peer: `#${alice.id}`, last: 100 }]);
});

Deno.test("chat: what is typed is sent, and shown when the engine tells of it", async () => {
  const { link, alice } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ open }) => open !== null);
  await chat.type("hello\\\rthere\r");
  await chat.until("it is shown", (state) => textsOf(state).at(-1) === "hello\nthere");
  assertEquals(askedOf(link, "send"), [{ peer: `#${alice.id}`, text: "hello\nthere" }]);
  assertEquals(chat.state.draft.text, "");
});

Deno.test("chat: a text that cannot be sent is in the input again", async () => {
  const { link } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ open }) => open !== null);
  link.refuses = "send";
  await chat.type("hello\r");
  const state = await chat.until("it says so", ({ notice }) => notice !== null);
  assertEquals(state.notice, { text: "send is refused", failed: true });
  await chat.until("the text is back", ({ draft }) => draft.text === "hello");
});

Deno.test("chat: a text that is kept for the server is not in the input again", async () => {
  const { link } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ open }) => open !== null);
  link.offline = true;
  await chat.type("hello\r");
  const { notice } = await chat.until("it says so", ({ notice }) => notice !== null);
  const text = "Kept here; it is sent as soon as the server can be reached.";
  assertEquals(notice, { text, failed: false });
  assertEquals(chat.state.draft.text, "");
  assertEquals(textsOf(chat.state).at(-1), "hello");
});

Deno.test("chat: scrolling up reads earlier messages, to the first and in order", async () => {
  const { link } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ open }) => open !== null);
  while (!chat.state.first || chat.state.messages.length < 500) {
    await chat.type(PAGE_UP);
    await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals(textsOf(chat.state), Array.from({ length: 500 }, (_, at) => `text ${at + 1}`));
  // What arrives does not move the window.
  const { anchor } = chat.state;
  link.receive(link.peers[0], "new");
  const state = await chat.until("it is there", (state) => textsOf(state).at(-1) === "new");
  assertEquals(state.anchor, anchor);
});

Deno.test("chat: what is seen is read, what is elsewhere counts as unread", async () => {
  const { link, alice, bob } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ open }) => open !== null);
  link.receive(alice, "seen");
  link.receive(bob, "not seen");
  await chat.until("bob has two", ({ conversations }) => conversations[1]?.unread === 2);
  await chat.until("alice has none", ({ conversations }) => conversations[0]?.unread === 0);
  await chat.type(`${ESC}a`);
  await chat.until("bob is open", ({ open }) => open === bob.id);
  await chat.until("bob has none", ({ conversations }) => conversations[1]?.unread === 0);
  const read = askedOf(link, "mark-read").map(({ peer }) => peer);
  assertEquals(read, [`#${alice.id}`, `#${bob.id}`]);
});

Deno.test("chat: to note what was read takes one request, and no list", async () => {
  const { link, alice } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ open }) => open !== null);
  link.receive(alice, "seen");
  await until("it is noted", () => askedOf(link, "mark-read").length === 1);
  await chat.until("nothing is unread", ({ conversations }) => conversations[0]?.unread === 0);
  await chat.until("it is shown", (state) => textsOf(state).at(-1) === "seen");
  // Two for the start, and two because something came.
  assertEquals(askedOf(link, "conversations").length, 4);
  assertEquals(askedOf(link, "mark-read").length, 1);
});

Deno.test("chat: goes to the first message that was new, however far up it is", async () => {
  const { link, bob } = twoPeers();
  for (let number = 1; number <= 400; number++) link.receive(bob, `new ${number}`);
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ open }) => open !== null);
  await chat.type("\x1bn");
  await chat.until("nothing was new", ({ notice }) => notice?.text === "Nothing was new here.");
  await chat.type(ALT_DOWN);
  await chat.until("bob's are read", ({ conversations }) => conversations[1]?.unread === 0);
  await chat.type("\x1bn");
  const state = await chat.until("one is selected", ({ selected }) => selected !== null);
  assertEquals(state.messages.find(({ number }) => number === state.selected)?.text, "unread");
  const lines = windowLines(state.messages, state.anchor, 10_000, faceOf(state));
  const at = lines.findIndex(({ number }) => number === state.selected);
  assert(lines[at - 1].spans[0].text.startsWith("── New messages ─"));
});

Deno.test("chat: of files that are called alike, the one that is meant is fetched", async () => {
  const { link, alice } = twoPeers();
  const file = { name: "a.txt", size: 8, path: null };
  for (const transfer of [71, 72]) {
    const message = link.put(alice, "");
    alice.messages.splice(-1, 1, { ...message, text: undefined, file });
    link.files.push({ transfer, entry: message.number, name: "a.txt", size: 8 });
  }
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ messages }) => messages.length > 0);
  await chat.type(`${UP}s`);
  await until("it is asked for", () => askedOf(link, "fetch").length === 1);
  assertEquals(askedOf(link, "fetch"), [{ number: 72, out: "." }]);
});

Deno.test("chat: a file on its way has a bar", async () => {
  const { link, alice } = twoPeers();
  const message = link.put(alice, "", true);
  const file = { name: "a.txt", size: 8 };
  alice.messages.splice(-1, 1, { ...message, text: undefined, file });
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ messages }) => messages.length > 0);
  const tell = (state: string, done: number) =>
    link.tell({ kind: "transfer", item: { entry: message.number, state, done, size: 8 } });
  const shows = (text: string) => (state: ChatState) =>
    windowLines(state.messages, null, 1, faceOf(state))[0].spans.some((span) =>
      span.text.includes(text)
    );
  tell("active", 2);
  await chat.until("there is a bar", shows("a.txt, 8 bytes ██░░░░░░░░ 25%"));
  tell("done", 8);
  const state = await chat.until("it is gone", (state) => !shows("█")(state));
  assert(shows("a.txt, 8 bytes")(state));
});

Deno.test("chat: a file has a bar before it is a message", async () => {
  const { link } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ messages }) => messages.length > 0);
  const bar = (state: ChatState) => ruleRows(state, 57)[0].spans[0].text;
  const tell = (state: string, done: number, more = {}) => {
    const item = { transfer: 7, direction: "up", name: "a.txt", state, done, size: 8 };
    link.tell({ kind: "transfer", item: { ...item, ...more } });
  };
  tell("active", 2);
  await chat.until("there is one", (state) => bar(state) === "── Sending a.txt ██░░░░░░░░ 25% ");
  tell("done", 8, { entry: 501 });
  await chat.until("it is gone", (state) => bar(state) === "");
});

Deno.test("chat: an answer, a change and a reaction name the message", async () => {
  const { link, alice } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ messages }) => messages.length > 0);
  await chat.type(`${UP}${UP}ranswer\r`);
  await until("it is sent", () => askedOf(link, "send").length === 1);
  assertEquals(askedOf(link, "send"), [{ peer: `#${alice.id}`, text: "answer", reply: 499 }]);
  await chat.until("the answer is shown", (state) => textsOf(state).at(-1) === "answer");
  await chat.type(`${UP}e, changed\r`);
  await until("it is changed", () => askedOf(link, "edit").length === 1);
  const number = chat.state.messages.at(-1)?.number;
  assertEquals(askedOf(link, "edit"), [{ message: number, text: "answer, changed" }]);
  await chat.type(`${UP}${UP}${UP}+🎉\r`);
  await until("it is there", () => askedOf(link, "react").length === 1);
  assertEquals(askedOf(link, "react"), [{ message: 499, emoji: "🎉" }]);
});

Deno.test("chat: deletes only after a question; one's own for both", async () => {
  const { link } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ messages }) => messages.length > 0);
  await chat.type(`${UP}d`);
  await chat.until("it asks", ({ dialog }) => dialog?.kind === "question");
  await chat.type("n");
  await chat.until("it is closed", ({ dialog }) => dialog === null);
  assertEquals(askedOf(link, "delete"), []);
  await chat.type(`${UP}dy`);
  await chat.type(`${UP}${UP}dy`);
  await until("both are deleted", () => askedOf(link, "delete").length === 2);
  const expected = [{ message: 500, "for-both": true }, { message: 499 }];
  assertEquals(askedOf(link, "delete"), expected);
});

Deno.test("chat: goes to what a search has found, and back to the newest", async () => {
  const { link } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ messages }) => messages.length > 0);
  await chat.type("\x0625\r");
  const { dialog } = await chat.until("it has found", ({ dialog }) => dialog?.kind === "found");
  assert(dialog?.kind === "found");
  assertEquals(dialog.found.map(({ text }) => text).at(-1), "text 25");
  const [_, first] = dialogRows(chat.state, 24).map(({ spans }) => spans.map(({ text }) => text));
  assert(/^▸ 2026-11-2\d \d\d:\d\d /.test(first.join("")), first.join(""));
  for (let at = 1; at < dialog.found.length; at++) await chat.type("\x1b[B");
  await chat.type("\r");
  const there = await chat.until("it is there", ({ selected }) => selected === 25);
  assertEquals(there.last, false);
  await chat.type(`\x1b[1;5F`);
  await chat.until("the newest are there", (state) => textsOf(state).at(-1) === "text 500");
});

Deno.test("chat: what is not sent is kept for each conversation", async () => {
  const { link, bob } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ open }) => open !== null);
  await chat.type(`half a${ALT_DOWN}`);
  await chat.until("bob is open", ({ open, draft }) => open === bob.id && draft.text === "");
  await chat.type("\x1b[1;3A");
  await chat.until("the draft is back", ({ draft }) => draft.text === "half a");
  await chat.type("\x11");
  await until("it ends", () => chat.ended);
  assertEquals(link.peers.map(({ draft }) => draft), ["half a", ""]);
});

Deno.test("chat: it ends when the engine has what was typed, or when told so twice", async () => {
  for (const isTwice of [false, true]) {
    const { link, alice } = twoPeers();
    const taken = Promise.withResolvers<void>();
    link.held = taken.promise;
    await using chat = new ChatHere(link);
    await chat.until("alice is open", ({ open }) => open !== null);
    await chat.type("one\r");
    await chat.type("two\r\x11");
    await chat.until("it says so", ({ notice }) => notice?.text.startsWith("Sends") ?? false);
    assert(!chat.ended);
    if (isTwice) await chat.type("\x11");
    else taken.resolve();
    await until("it ends", () => chat.ended);
    assertEquals(alice.messages.slice(500).map(({ text }) => text), isTwice ? [] : ["one", "two"]);
    taken.resolve();
  }
});

Deno.test("chat: a burst of messages is drawn in a few frames, and drops no key", async () => {
  const { link, alice } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ open }) => open !== null);
  const before = chat.frames;
  for (let number = 0; number < 2_000; number++) {
    link.receive(alice, `burst ${number}`);
    if (number % 100 === 0) await chat.type("k");
  }
  await chat.until("all is there", (state) => textsOf(state).at(-1) === "burst 1999");
  await chat.until("all keys are there", ({ draft }) => draft.text === "k".repeat(20));
  assert(chat.frames - before < 100, `${chat.frames - before} frames`);
  assert(chat.state.messages.length <= 300);
});

Deno.test("chat: completes commands, names and paths", async () => {
  const { link, bob } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ open }) => open !== null);
  await chat.type("/fil\t");
  await chat.until("two begin so", ({ offers }) => offers.length === 2);
  await chat.type(" a\t");
  await chat.until("files are offered", ({ offers }) => offers[0] === "/file a1");
  await chat.type("\x15/op\tb\t\r");
  await chat.until("bob is open", ({ open }) => open === bob.id);
});

Deno.test("chat: the keys of vim move without being written", async () => {
  const { link, bob } = twoPeers();
  await using chat = new ChatHere(link, { vim: true });
  await chat.until("alice is open", ({ messages }) => messages.length > 0);
  await chat.type(ESC);
  await chat.until("normal mode", ({ vim }) => vim === "normal");
  await chat.type("kk");
  await chat.until("a message is selected", ({ selected }) => selected === 499);
  await chat.type(ESC);
  await chat.until("none is selected", ({ selected }) => selected === null);
  await chat.type("J");
  await chat.until("bob is open", ({ open }) => open === bob.id);
  await chat.type("ijk");
  await chat.until("it is written", ({ draft }) => draft.text === "jk");
});

Deno.test("chat: /open finds a client by name whom nobody here has written to", async () => {
  const { link } = twoPeers();
  link.others.push({ id: "c".repeat(32), name: "carol", publicKey: "00" });
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ open }) => open !== null);
  await chat.type("/open carol\r");
  await chat.until("carol is open", ({ open }) => open === "c".repeat(32));
  await chat.type("hello\r");
  await chat.until("it is shown", (state) => textsOf(state).at(-1) === "hello");
  assertEquals(askedOf(link, "send"), [{ peer: `#${"c".repeat(32)}`, text: "hello" }]);
  await chat.type("/open nobody\r");
  const { notice } = await chat.until("it says so", ({ notice }) => notice !== null);
  assertEquals(notice, { text: 'no contact is named "nobody"', failed: true });
});

Deno.test("chat: begins with a client by name whom nobody here has written to", async () => {
  const { link } = twoPeers();
  link.others.push({ id: "c".repeat(32), name: "carol", publicKey: "00" });
  await using chat = new ChatHere(link, { name: "carol" });
  await chat.until("carol is open", ({ open }) => open === "c".repeat(32));
});

Deno.test("chat: a command that is typed while a message is selected is no text", async () => {
  const { link } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ messages }) => messages.length > 0);
  await chat.type(`${UP}/card`);
  await chat.until("it is written", ({ draft }) => draft.text === "/card");
  await chat.type("\r");
  await until("it is asked for", () => askedOf(link, "card").length === 1);
  assertEquals(askedOf(link, "send"), []);
});

Deno.test("chat: what is typed after a key that does not fit is not written", async () => {
  const { link } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ messages }) => messages.length > 0);
  // The newest message is one's own, the one above it is not; neither is a file.
  for (const [keys, said] of [[`${UP}${UP}e`, "only texts of yours"], [`${UP}s`, "is no file"]]) {
    await chat.type(keys);
    const told = await chat.until("it is refused", ({ notice }) => notice?.failed === true);
    assert(told.notice?.text.includes(said), told.notice?.text);
    await chat.type("renewed\r");
    await chat.type(`${ESC}[1;1A`);
    const moved = await chat.until("another is selected", ({ notice, selected }) => {
      return notice === null && selected !== told.selected;
    });
    assertEquals([moved.draft.text, moved.purpose], ["", { kind: "send" }]);
    await chat.type(ESC);
    await chat.until("none is", ({ selected }) => selected === null);
  }
  await chat.type("on purpose");
  await chat.until("it is written", ({ draft }) => draft.text === "on purpose");
  assertEquals(askedOf(link, "send"), []);
});

Deno.test("chat: Escape and a key right behind it are both, where Alt means nothing", async () => {
  const { link } = twoPeers();
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ messages }) => messages.length > 0);
  await chat.type(`${UP}${ESC}/card\r`);
  await chat.until("it is answered", ({ notice }) => notice !== null);
  await chat.type(`${ESC}${ESC}one two${ESC}bthe ${ESC}\x08`);
  const { draft } = await chat.until(
    "a word is deleted",
    ({ draft }) => draft.text.includes("the"),
  );
  assertEquals(draft.text, "one thetwo");
  assertEquals(askedOf(link, "send"), []);
});

Deno.test("chat: the window's title says how many messages are unread in all", async () => {
  const { link, bob } = twoPeers();
  await using chat = new ChatHere(link);
  await until("one is unread", () => chat.title === "(1) messaging");
  link.receive(bob, "another");
  await until("two are unread", () => chat.title === "(2) messaging");
  await chat.type(ALT_DOWN);
  await until("all are read", () => chat.title === "messaging");
});

Deno.test("chat: a message alone is shown as a whole, and steers no terminal", async () => {
  const { link, alice } = twoPeers();
  const words = "word ".repeat(40).trim();
  link.put(alice, `${words}\n\x1b[31mred\x1b]8;;http://a\x07link \u202eturned`);
  await using chat = new ChatHere(link);
  await chat.until("alice is open", ({ messages }) => messages.length > 0);
  await chat.type(`${UP}v`);
  const state = await chat.until("it is shown", ({ dialog }) => dialog !== null);
  const rows = dialogRows(state, 20).map(({ spans }) => spans.map(({ text }) => text).join(""));
  const shown = rows.slice(1, -1);
  assertEquals(shown.slice(0, 3).join(" "), words);
  assertEquals(shown[3], "\ufffd[31mred\ufffd]8;;http://a\ufffdlink \ufffdturned");
  assert(rows.every((row) => row.length <= 80));
});
