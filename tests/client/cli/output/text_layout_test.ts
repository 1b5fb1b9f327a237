import fc from "fast-check";
import {
  columnsOf,
  graphemesOf,
  padded,
  shortened,
  wrapText,
} from "../../../../client/cli/output/text_layout.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { runs } from "../../../support/fuzz.ts";

const FAMILY = "👩‍👩‍👧";
const FLAG = "🇨🇭";
const E = "e\u0301";

Deno.test("text layout: characters are counted as people do, columns as terminals do", () => {
  const cases: [text: string, graphemes: number, columns: number][] = [
    ["", 0, 0],
    ["plain", 5, 5],
    [FAMILY, 1, 2],
    [FLAG, 1, 2],
    ["👋🏽", 1, 2],
    ["❤️", 1, 2],
    [E, 1, 1],
    ["日本語", 3, 6],
    ["한국", 2, 4],
    ["\u2068שלום\u2069", 6, 4],
    ["a\u200bb", 3, 2],
    ["Ａ", 1, 2],
  ];
  for (const [text, graphemes, columns] of cases) {
    assertEquals([graphemesOf(text).length, columnsOf(text)], [graphemes, columns], text);
  }
});

Deno.test("text layout: a line that is too long ends with an ellipsis", () => {
  assertEquals(shortened("hello", 5), "hello");
  assertEquals(shortened("hello!", 5), "hell…");
  assertEquals(shortened("日本語", 6), "日本語");
  assertEquals(shortened("日本語", 5), "日本…");
  assertEquals(shortened("日本語", 4), "日…"); // half a character does not fit
  assertEquals(shortened(`${FAMILY}${FAMILY}`, 3), `${FAMILY}…`);
  assertEquals([shortened("ab", 1), shortened("ab", 0)], ["…", ""]);
  assertEquals(padded("日本", 6) + "|", "日本  |");
  assertEquals(padded("long", 2), "long");
});

Deno.test("text layout: lines break behind blanks and wide characters, else within a word", () => {
  const cases: [text: string, columns: number, lines: string[]][] = [
    ["", 10, [""]],
    ["one two three", 20, ["one two three"]],
    ["one two three", 8, ["one two", "three"]],
    ["one two three", 7, ["one two", "three"]],
    ["one\n\n  two", 8, ["one", "", "  two"]],
    ["abcdefghij", 4, ["abcd", "efgh", "ij"]],
    ["to abcdefghij", 4, ["to", "abcd", "efgh", "ij"]],
    ["日本語日本語", 5, ["日本", "語日", "本語"]],
    [`${FAMILY}${FLAG}${E}`, 4, [`${FAMILY}${FLAG}`, E]],
    ["x abc日", 6, ["x", "abc日"]],
    ["x abcd日", 5, ["x", "abcd", "日"]],
    [" abc日", 4, ["", "abc", "日"]],
    ["a\tb", 20, ["a       b"]],
    ["a\tb", 4, ["a", "b"]],
  ];
  for (const [text, columns, lines] of cases) {
    assertEquals(wrapText(text, columns), lines, JSON.stringify([text, columns]));
  }
});

Deno.test("text layout: no line is too wide, and nothing but blanks gets lost", () => {
  const word = fc.string({ unit: "grapheme", maxLength: 12 })
    .filter((word) => !/[\p{Cc}\s]/u.test(word));
  const words = fc.array(fc.oneof(word, fc.constantFrom(FAMILY, FLAG, E, "日本", "-", "x")));
  fc.assert(
    fc.property(words, fc.integer({ min: 2, max: 30 }), (words, columns) => {
      const text = words.join(" ");
      const lines = wrapText(text, columns);
      for (const line of lines) {
        const fits = columnsOf(line) <= columns || graphemesOf(line).length === 1;
        assert(fits, JSON.stringify(line));
      }
      assertEquals(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
      assert(columnsOf(shortened(text, columns)) <= columns);
    }),
    runs(300),
  );
});
