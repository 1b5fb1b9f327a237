import { assertEquals } from "../../../support/assert.ts";
import { type Key, KeyReader } from "../../../../client/tui/terminal/keys.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const key = (name: string): Key => ({ kind: "key", name });
const text = (text: string): Key => ({ kind: "text", text });

/** What terminals send, and what it is. */
const SENT: [string, Key[]][] = [
  ["abc", [text("abc")]],
  ["żółw 👨‍👩‍👧", [text("żółw 👨‍👩‍👧")]],
  ["a\r", [text("a"), key("enter")]],
  ["\n", [key("ctrl-j")]],
  ["\x01\x7f\t", [key("ctrl-a"), key("backspace"), key("tab")]],
  ["\x1b[A\x1b[B\x1b[C\x1b[D", [key("up"), key("down"), key("right"), key("left")]],
  ["\x1bOA\x1bOP\x1bOH", [key("up"), key("f1"), key("home")]],
  ["\x1b[5~\x1b[6~\x1b[3~", [key("pageup"), key("pagedown"), key("delete")]],
  ["\x1b[1;5A\x1b[1;3B\x1b[1;5F", [key("ctrl-up"), key("alt-down"), key("ctrl-end")]],
  ["\x1b[Z", [key("shift-tab")]],
  ["\x1b\r\x1b[13;5u\x1b[27;5;13~", [key("alt-enter"), key("ctrl-enter"), key("ctrl-enter")]],
  ["\x1ba\x1b\x7f", [key("alt-a"), key("alt-backspace")]],
  ["\x1b[<0;5;3M\x1b[<0;5;3m", [{ kind: "click", column: 4, row: 2 }]],
  ["\x1b[<64;1;1M\x1b[<65;1;1M", [{ kind: "wheel", lines: -1 }, { kind: "wheel", lines: 1 }]],
  ["\x1b[200~one\r\ntwo\x1b[A\x1b[201~x", [
    { kind: "paste", text: "one\ntwo\x1b[A" },
    text("x"),
  ]],
  // An answer of the terminal that nobody asked for.
  ["\x1b[?1;2cq", [text("q")]],
];

Deno.test("keys: what terminals send is told apart, at once and byte by byte", () => {
  for (const [sent, keys] of SENT) {
    assertEquals(new KeyReader().read(bytes(sent)), keys, sent);
    const reader = new KeyReader();
    const single = [...bytes(sent)].flatMap((byte) => reader.read(Uint8Array.of(byte)));
    assertEquals(joined(single), keys, sent);
  }
});

Deno.test("keys: an escape alone is a key once nothing follows", () => {
  const reader = new KeyReader();
  assertEquals(reader.read(bytes("\x1b")), []);
  assertEquals(reader.waits, true);
  assertEquals(reader.flush(), [key("escape")]);
  assertEquals(reader.waits, false);
  assertEquals(reader.read(bytes("a")), [text("a")]);
});

Deno.test("keys: a long paste waits for its end, however long that takes", () => {
  const reader = new KeyReader();
  assertEquals(reader.read(bytes("\x1b[200~half")), []);
  assertEquals(reader.waits, false);
  assertEquals(reader.flush(), []);
  assertEquals(reader.read(bytes(" whole\x1b[201~")), [{ kind: "paste", text: "half whole" }]);
});

/** Characters that came one by one are one text. */
function joined(keys: Key[]): Key[] {
  return keys.reduce((all: Key[], key) => {
    const last = all.at(-1);
    if (key.kind !== "text" || last?.kind !== "text") return [...all, key];
    return [...all.slice(0, -1), text(last.text + key.text)];
  }, []);
}
