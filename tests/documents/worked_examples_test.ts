/** The worked examples of `shared/PROTOCOL.md` hold what the published vectors hold. */
import { workedExamples } from "../support/session/worked_examples.ts";
import { assert, assertEquals } from "../support/assert.ts";

const SPECIFICATION = new URL("../../shared/PROTOCOL.md", import.meta.url);

/** The `name = value` entries under a heading. A value may go over several lines. */
function readExample(text: string, title: string): [string, string][] {
  const [, section] = text.split(`\n### ${title}\n`);
  assert(section !== undefined, `the specification has lost its example "${title}"`);
  const block = /```text\n([\s\S]*?)```/.exec(section)?.[1] ?? "";
  const entries: [string, string][] = [];
  for (const line of block.trimEnd().split("\n")) {
    const entry = /^(\S.*?) += +(\S+)$/.exec(line);
    if (entry) entries.push([entry[1], entry[2]]);
    else entries[entries.length - 1][1] += line.trim();
  }
  return entries;
}

Deno.test("PROTOCOL.md: the worked examples are those of the published vectors", () => {
  const text = Deno.readTextFileSync(SPECIFICATION);
  for (const [title, example] of Object.entries(workedExamples())) {
    const expected = Object.entries(example).map(([name, value]) => [name, `${value}`]);
    assertEquals(readExample(text, title), expected, title);
  }
});

Deno.test("PROTOCOL.md: every worked example of the secure protocol is checked", () => {
  const text = Deno.readTextFileSync(SPECIFICATION);
  const [, examples] = text.split("\n## 15. Secure: worked examples\n");
  const titles = [...examples.matchAll(/^### (.*)$/gm)].map(([, title]) => title);
  assertEquals(titles, Object.keys(workedExamples()));
});
