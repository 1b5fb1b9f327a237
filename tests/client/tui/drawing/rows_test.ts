import { conversationOf } from "../../../../client/tui/link/model.ts";
import { helpLines } from "../../../../client/tui/lines/help_lines.ts";
import {
  inputRows,
  listRows,
  type Row,
  ruleRows,
  titleRow,
} from "../../../../client/tui/drawing/rows.ts";
import { SLASH_COMMANDS } from "../../../../client/tui/input/slash_commands.ts";
import { initialState, layoutOf, withNotice } from "../../../../client/tui/state/state.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { ChatHere } from "../../../support/chat/chat_here.ts";
import { MemoryLink } from "../../../support/chat/memory_link.ts";

Deno.test("chat: no name can pass for one with the mark of who is verified", async () => {
  const link = new MemoryLink();
  const name = "bob \u2714 verified";
  link.put(link.peer(name), "hello");
  await using chat = new ChatHere(link);
  const state = await chat.until("it is open", ({ messages }) => messages.length > 0);
  const rows = [...listRows(state, 60, 10), titleRow(state, 60)];
  const shown = rows.map(({ spans }) => spans.map(({ text }) => text).join(""))
    .filter((row) => row.includes("bob"));
  assertEquals(shown.length, 2);
  for (const row of shown) assert(row.includes(`"${name}"`), row);
});

Deno.test("chat: who is called as a contact is called here does not stand in its place", () => {
  const peer = { id: "1", name: "boss" };
  assertEquals(conversationOf({ peer, namesake: true }).name.startsWith("boss (not"), true);
  assertEquals(conversationOf({ peer }).name, "boss");
  assertEquals(conversationOf({ peer, alias: "Boss" }).name, "Boss");
});

Deno.test("chat: one's own notes are told apart from a contact that is called Notes", async () => {
  const link = new MemoryLink();
  for (const name of ["Notes", "Notes (only you)", "me"]) link.put(link.peer(name), "hello");
  await using chat = new ChatHere(link, { name: "me" });
  const { id } = link.owner;
  const own = await chat.until("the notes are open", ({ open }) => open === id);
  const shownOf = (rows: readonly Row[]) =>
    rows.map(({ spans }) => spans.map(({ text }) => text).join("").trim());
  assertEquals(shownOf([titleRow(own, 60)]), ["Notes  only you see them"]);
  const names = shownOf(listRows(own, 30, 10)).slice(1);
  assertEquals(names, ["Notes", '"Notes (only you)"', "me", "▸ Notes (only you)"]);
  await chat.type("/open Notes\r");
  const other = await chat.until("the contact is open", ({ open }) => open === link.peers[0].id);
  assertEquals(shownOf([titleRow(other, 60)]), ["Notes  not verified: /verify"]);
  await chat.type("/open me\r");
  await chat.until("the notes are open again", ({ open }) => open === id);
});

Deno.test("chat: what is told stands above the input as a whole", () => {
  const text = "the file cannot be sent, as it has changed since its transfer began: " +
    "to give that up, transfers cancel 7, and then send it again";
  for (const [columns, rows] of [[80, 24], [60, 20], [40, 10]]) {
    const state = withNotice(initialState(columns, rows), text, true);
    const { width, height } = layoutOf(state);
    const lines = ruleRows(state, width).map(({ spans }) => spans.map(({ text }) => text).join(""));
    assertEquals(lines.join(" "), `── ${text}`);
    assert(lines.every((line) => line.length <= width));
    assertEquals(1 + height + lines.length + inputRows(state).length + 1, rows);
  }
});

Deno.test("chat: its help is there as a whole, however narrow the screen", () => {
  const lines = (columns: number) => helpLines(SLASH_COMMANDS, columns);
  assert(lines(60).every((line) => line.length <= 60));
  const words = (columns: number) => lines(columns).join(" ").split(/\s+/).join(" ");
  assertEquals(words(60), words(200));
});
