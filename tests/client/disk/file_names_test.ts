import fc from "fast-check";
import { cleanFileName, MAX_FILE_NAME_SIZE } from "../../../client/disk/file_names.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { character, runs } from "../../support/fuzz.ts";

const sizeOf = (text: string) => new TextEncoder().encode(text).length;

Deno.test("file names: what is harmless stays", () => {
  for (
    const name of [
      "report.pdf",
      "a b (1).tar.gz",
      "größe ß 語 أ.txt",
      "no extension",
      "-rf",
      "~",
      "a..b",
      "console.log",
      "com10",
      "👋🏽.png",
    ]
  ) {
    assertEquals(cleanFileName(name), name);
  }
});

Deno.test("file names: only the last part of a path counts", () => {
  for (
    const name of ["/etc/x", "../../x", "a\\b\\x", "C:\\dir\\x", "dir/x/", "./x", "\\\\host\\x"]
  ) {
    assertEquals(cleanFileName(name), "x");
  }
});

Deno.test("file names: what a system stumbles over is taken out", () => {
  const cases: [string, string][] = [
    ["", "file"],
    [".", "file"],
    ["..", "file"],
    ["///", "file"],
    ["   ", "file"],
    [".bashrc", "bashrc"],
    ["...x", "x"],
    [". .x", "x"],
    ["x. . ", "x"],
    ["a\nb\tc\0d", "a_b_c_d"],
    ["photo\u202egnp.exe", "photo_gnp.exe"],
    ["a\u200bb", "a_b"],
    ['<a>:"b"|c?*', "_a___b__c__"],
    ["CON", "_CON"],
    ["con.txt", "_con.txt"],
    ["Nul .tar.gz", "_Nul .tar.gz"],
    ["COM1", "_COM1"],
    ["lpt9.x", "_lpt9.x"],
    ["COM¹", "_COM¹"],
    ["e\u0301.txt", "é.txt"],
  ];
  for (const [name, expected] of cases) assertEquals(cleanFileName(name), expected, name);
});

Deno.test("file names: a long one is cut at a character, and keeps its extension", () => {
  for (const character of ["x", "ß", "語", "𝒜"]) {
    const name = cleanFileName(`${character.repeat(300)}.jpeg`);
    assert(name.endsWith(".jpeg") && name.isWellFormed(), name);
    assert(sizeOf(name) <= MAX_FILE_NAME_SIZE && sizeOf(name) > MAX_FILE_NAME_SIZE - 4, name);
  }
  assertEquals(cleanFileName(`a.${"x".repeat(300)}`), `a.${"x".repeat(198)}`);
  assertEquals(cleanFileName(`a${" ".repeat(300)}b`), "a");
});

Deno.test("file names: any text becomes a name, and cleaning that again changes nothing", () => {
  const tricky = fc.constantFrom(
    ...["/", "\\", ".", " ", "\0", "\n", "\u202e", ":", "*", "CON", "nul", "com1", "é", "e\u0301"],
    ...["x".repeat(150), "語".repeat(70), ".tar.gz", "\ud800", "👩‍👩‍👧", "\u2028", "\u3000"],
  );
  const anything = fc.oneof(
    fc.string({ unit: character }),
    fc.string({ unit: "grapheme" }),
    tricky,
  );
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 6 }), (parts) => {
      const name = cleanFileName(parts.join(""));
      assert(name.length > 0 && sizeOf(name) <= MAX_FILE_NAME_SIZE, "its size");
      assert(name.isWellFormed() && name === name.normalize("NFC"), "its form");
      assert(!/[\p{Cc}\p{Cf}<>:"/\\|?*]/u.test(name), "its characters");
      assert(!/^[\s.]|[\s.]$/u.test(name), "its ends");
      assert(!/^(con|prn|aux|nul|com\d|lpt\d)\s*(\.|$)/i.test(name), "a device");
      assertEquals(cleanFileName(name), name);
    }),
    runs(5_000),
  );
});
