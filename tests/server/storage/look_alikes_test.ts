import { looksOf } from "../../../server/storage/look_alikes.ts";
import { assert, assertEquals } from "../../support/assert.ts";

function lookAlike(one: string, other: string): boolean {
  const [a, b] = [looksOf(one), looksOf(other)];
  return a.asWritten === b.asWritten || a.inAnyCase === b.inAnyCase;
}

Deno.test("look-alikes: names that people take for the same", () => {
  const pairs = [
    ["alice", "ALICE"],
    ["alice", "\u0430lice"], // Cyrillic а
    ["alice", "a1ice"],
    ["alice", "aIice"],
    ["bob1", "bobl"],
    ["bob1", "BOB1"],
    ["bob", "b0b"],
    ["BOB", "B0b"],
    ["martin", "rnartin"],
    ["o\u0308rs", "\u00f6rs"],
    ["p\u0430yp\u0430l", "PAYPAL"],
    ["\u0391\u0392", "AB"], // Greek
    ["\uff41lice", "alice"], // fullwidth
    ["stra\u00dfe", "STRASSE"],
    ["bob2", "bob\u00b2"],
    ["bob5", "bob\uff15"],
    ["\ufb01le", "FILE"],
  ];
  for (const [one, other] of pairs) assert(lookAlike(one, other), `${one} ${other}`);
});

Deno.test("look-alikes: ordinary names that differ do not look alike", () => {
  const names = ["alice", "alicia", "bob", "bobby", "kali", "kail", "eli", "ell", "mail", "mali"];
  const others = [
    "bob2",
    "bob3",
    "client 10",
    "client 11",
    "jörg",
    "jorg",
    "анна",
    "日本",
    "nihon",
  ];
  const all = [...names, ...others];
  for (const [i, one] of all.entries()) {
    for (const other of all.slice(i + 1)) assert(!lookAlike(one, other), `${one} ${other}`);
  }
  assertEquals(looksOf("alice"), looksOf("alice"));
});
