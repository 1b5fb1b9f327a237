import { assertEquals } from "../../../support/assert.ts";
import { type Draft, draftOf, edit } from "../../../../client/tui/lines/line_editor.ts";

/** Returns the draft after some keys; "|" is the cursor. */
function after(start: string, ...keys: string[]): string | null {
  const cursor = start.indexOf("|");
  let draft: Draft | null = { text: start.replace("|", ""), cursor };
  for (const name of keys) draft = draft && edit(draft, { kind: "key", name });
  return draft && `${draft.text.slice(0, draft.cursor)}|${draft.text.slice(draft.cursor)}`;
}

Deno.test("line editor: the cursor moves by characters as people count them", () => {
  assertEquals(after("a👨‍👩‍👧e\u0301|", "left", "left"), "a|👨‍👩‍👧e\u0301");
  assertEquals(after("|a👨‍👩‍👧", "right", "right"), "a👨‍👩‍👧|");
  assertEquals(after("one\n|two", "left"), "one|\ntwo");
  assertEquals(after("|", "left", "right"), "|");
});

Deno.test("line editor: by words, and to the ends of the line", () => {
  assertEquals(after("one, two|", "ctrl-left", "alt-left"), "|one, two");
  assertEquals(after("|one, two", "ctrl-right", "alt-right"), "one, two|");
  assertEquals(after("ab\ncd|ef", "home"), "ab\n|cdef");
  assertEquals(after("ab\nc|d\nef", "end"), "ab\ncd|\nef");
});

Deno.test("line editor: deletes characters, words, and up to an end of the line", () => {
  assertEquals(after("a👨‍👩‍👧|", "backspace"), "a|");
  assertEquals(after("|ab", "delete", "backspace"), "|b");
  assertEquals(after("one two|", "ctrl-w"), "one |");
  assertEquals(after("ab\ncd|ef", "ctrl-u"), "ab\n|ef");
  assertEquals(after("ab\ncd|ef\ng", "ctrl-k"), "ab\ncd|\ng");
});

Deno.test("line editor: goes up and down in the text, and says where it ends", () => {
  assertEquals(after("long\na|", "up"), "l|ong\na");
  assertEquals(after("ab\nlo|ng\nc", "down"), "ab\nlong\nc|");
  assertEquals(after("one|", "up"), null);
  assertEquals(after("one|", "down"), null);
  assertEquals(after("one|", "alt-enter"), "one\n|");
});

Deno.test("line editor: what is pasted stays as it is", () => {
  const draft = edit(draftOf("see "), { kind: "paste", text: "a\nb" });
  assertEquals(draft, { text: "see a\nb", cursor: 7 });
});
