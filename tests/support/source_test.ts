import { assertEquals, assertThrows } from "./assert.ts";
import { parseSource } from "./source.ts";

function words(text: string): string[] {
  return parseSource(text).code.match(/\w+/g) ?? [];
}

Deno.test("source: comments and the insides of strings are no code", () => {
  assertEquals(words("a // b\nc /* d\n e */ f"), ["a", "c", "f"]);
  assertEquals(words(`a = "b 'c' \\" d" + 'e "f" \\' g'`), ["a"]);
  assertEquals(words("a = `b \\` // c` // d"), ["a"]);
  assertEquals(words("/** a \\*/ b // c \\\nd"), ["b", "d"]);
});

Deno.test("source: what stands in a template's braces is code", () => {
  assertEquals(words("`a ${b} c ${`d ${e} f`} g` + h"), ["b", "e", "h"]);
  assertEquals(words("`a ${{ b: { c: `${d}` } }.e} f $g` + h"), ["b", "c", "d", "e", "h"]);
});

Deno.test("source: regular expressions are no code, divisions are", () => {
  assertEquals(words("a = /b[/\"]'\\/c/g.test(d)"), ["a", "g", "test", "d"]);
  assertEquals(words("a = b / c / d; e = (f) / g; h = i[0] / j"), [..."abcdefghi0j"]);
  assertEquals(words("return /a'b/"), ["return"]);
  assertEquals(words("call(/'/, b) // c"), ["call", "b"]);
});

Deno.test("source: everything stays at its place", () => {
  const text = "a /* b\n */ c `d\n${e}` /f/ 'g' // h\ni";
  const { code } = parseSource(text);
  assertEquals(code.length, text.length);
  for (const [at, character] of [...text].entries()) {
    if (character === "\n" || /[acei]/.test(character)) assertEquals(code[at], character);
  }
});

Deno.test("source: finds imports and re-exports of every form", () => {
  const { specifiers } = parseSource(`
    import "./effect.ts";
    import one from './one.ts';
    import * as two from "./two.ts";
    import three, { type A, b as c } from "./three.ts";
    import type { D } from "./four.ts";
    import {
      e, // a comment; "with" a string
      f,
    } from "./five.ts";
    export * from "./six.ts";
    export * as seven from "./seven.ts";
    export type { G } from "./eight.ts";
    import config from "./nine.json" with { type: "json" };
    const later = await import("./ten.ts");
    type H = import("./eleven.ts").H;
  `);
  const found = ["effect", "one", "two", "three", "four", "five", "six", "seven", "eight"];
  const expected = [...found.map((name) => `./${name}.ts`), "./nine.json", null, null];
  assertEquals<unknown>(specifiers, expected);
});

Deno.test("source: takes nothing else for an import", () => {
  const { specifiers } = parseSource(`
    // import "./a.ts";
    const text = 'import "./b.ts"';
    const more = \`export * from "./c.ts"\`;
    export const from = "./d.ts";
    export default "./e.ts";
    export { from };
    const url = import.meta.url + "./f.ts";
    reimport("./g.ts");
    object.import("./h.ts");
  `);
  assertEquals(specifiers, []);
});

Deno.test("source: fails loudly where it does not understand", () => {
  for (const text of ["'a\n'", '"', "`a", "`${a", "a /* b", "= /a\n"]) {
    assertThrows(() => parseSource(text), SyntaxError, "cannot be read");
  }
});
