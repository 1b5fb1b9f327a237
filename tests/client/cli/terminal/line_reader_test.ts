import { LineReader } from "../../../../client/cli/terminal/line_reader.ts";
import { assertEquals } from "../../../support/assert.ts";

/** The lines of `pieces`, and how many pieces had been read with each. */
async function linesOf(pieces: Uint8Array[]): Promise<[string, number][]> {
  let at = 0;
  const reader = new LineReader(() => Promise.resolve(pieces[at++] ?? null));
  const lines: [string, number][] = [];
  for (let line; (line = await reader.next()) !== null;) lines.push([line, at]);
  return lines;
}

Deno.test("line reader: lines come one at a time, and nothing is read ahead", async () => {
  const pieces = ["one\n", "two\r\nthree\n", "", "fo", "ur"].map((text) =>
    new TextEncoder().encode(text)
  );
  assertEquals(await linesOf(pieces), [["one", 1], ["two", 2], ["three", 2], ["four", 6]]);
});

Deno.test("line reader: a character may come in pieces", async () => {
  const bytes = new TextEncoder().encode("a👋\n\nb\n");
  const single = await linesOf([...bytes].map((byte) => Uint8Array.of(byte)));
  assertEquals(single.map(([line]) => line), ["a👋", "", "b"]);
});
