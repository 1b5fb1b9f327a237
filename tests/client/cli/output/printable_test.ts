import {
  harmlessLine,
  isoTime,
  localTime,
  printable,
  printableLine,
  shownName,
  shownPeer,
} from "../../../../client/cli/output/printable.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

const id = new Uint8Array(16);

/** What a terminal would obey, or what turns the direction of writing around. */
const STEERING = [..."\0\x07\b\v\f\r\x1b\x7f\x80\x9b\x9f\u2028\u202a\u202e\u2066\u2069"];

Deno.test("printable: what could steer a terminal is shown as a replacement", () => {
  for (const character of STEERING) {
    assertEquals(printable(`a${character}[2Jb`), "a\ufffd[2Jb");
  }
  assertEquals(printable("\x1b]0;title\x07"), "\ufffd]0;title\ufffd");
});

Deno.test("printable: ordinary text of any script stays as it is", () => {
  for (const text of ["tab\there", "你好 👋", "Zażółć", "👩‍👩‍👧", "a\u0301", "\ufeff"]) {
    assertEquals(printable(text), text);
  }
});

Deno.test("printable: what is written from right to left turns nothing around beside it", () => {
  assertEquals(printable("one\nשלום 1\n"), "one\n    \u2068שלום 1\u2069\n    ");
  assertEquals(printableLine("a\nعلي"), "\u2068a\ufffdعلي\u2069");
  assertEquals(printable("\u200f1"), "\u2068\u200f1\u2069");
  // Its own marks cannot end ours.
  assertEquals(printable("ש\u2069 (verified)"), "\u2068ש\ufffd (verified)\u2069");
  assertEquals(shownPeer({ id, name: "דוד", verified: true }), "\u2068דוד\u2069 (verified)");
  assertEquals(shownName({ id, name: "ד (x)" }), '\u2068"ד (x)"\u2069');
  assertEquals(harmlessLine("ד\n"), "ד\ufffd"); // to be copied into a command
});

Deno.test("printable: on one line there is neither a line end nor a tab", () => {
  assertEquals(printableLine("a\nb\tc\x1b"), "a\ufffdb\ufffdc\ufffd");
});

Deno.test("printable: a client is shown by its alias, and marked", () => {
  const bob = { id, name: "bob", authenticated: true };
  assertEquals(shownPeer({ id, name: "bob" }), "bob");
  assertEquals(shownPeer(bob), "bob");
  assertEquals(shownPeer({ ...bob, verified: true }), "bob (verified)");
  const known = { ...bob, alias: "Bobby", authenticated: false, verified: false, blocked: true };
  assertEquals(shownPeer(known), "bob, alias Bobby (unauthenticated) (blocked)");
  assertEquals(shownName(known), "Bobby (unauthenticated)");
  assertEquals(shownName({ ...bob, verified: true }), "bob");
});

Deno.test("printable: no name can pass for a name and a mark of ours", () => {
  const cases: [name: string, shown: string][] = [
    ["bob (verified)", '"bob (verified)"'],
    ["carol, alias bob", '"carol, alias bob"'],
    ['bob" (verified)', '"bob\\" (verified)"'],
    ["bob\n(verified)", '"bob\ufffd(verified)"'],
    ["bob \u2714", '"bob \u2714"'],
    ["\u2705bob", '"\u2705bob"'],
    ["O'Neil-Smith_2", "O'Neil-Smith_2"],
  ];
  for (const [name, shown] of cases) {
    assertEquals(shownPeer({ id, name }), shown);
    assertEquals(shownName({ id, name: "x", alias: name }), shown);
  }
});

Deno.test("printable: times are local for people, UTC for scripts", () => {
  const at = new Date(2026, 0, 2, 3, 4, 5).getTime();
  assertEquals(localTime(at), "2026-01-02 03:04");
  assertEquals(isoTime(1e12), "2001-09-09T01:46:40.000Z");
});

Deno.test("printable: any time that a peer may send is shown", () => {
  for (const at of [0, 8.64e15, 8.64e15 + 1, Number.MAX_SAFE_INTEGER]) {
    assertEquals(isoTime(at) === undefined, at > 8.64e15);
    assert(/ \S\S:\S\S$/.test(localTime(at)), localTime(at));
  }
});
