import { conversationOf } from "../../../client/tui/model.ts";
import { listRows, titleRow } from "../../../client/tui/rows.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { ChatHere } from "../../support/chat/chat_here.ts";
import { MemoryLink } from "../../support/chat/memory_link.ts";

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
