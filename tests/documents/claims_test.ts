/** README and SECURITY: what is claimed names the tests that show it, and these exist. */
import { assert, assertEquals } from "../support/assert.ts";
import { partUnder, readDocument } from "../support/documents.ts";

const README = readDocument("README.md");

/** A link to a file, perhaps with the name of what is meant in it. */
const LINK = /\]\(\s*([^)#"\s]+)(?:\s+"([^"]*)")?\)/g;

/** The claims of the list that shows them, each with what shows it. */
const SHOWN = partUnder(README, "What shows it").split(/^- /m).slice(1)
  .map((item) => [item.slice(0, item.indexOf(":")), item]);

Deno.test("README: each claim of what it protects has its tests, and none is missing", () => {
  const part = partUnder(README, "What it protects, and what it does not");
  const [protects, doesNot] = part.split("It does not protect against the following:");
  assert(doesNot !== undefined, "what it does not protect against has moved");
  const claims = [...protects.matchAll(/^- \*\*(.+?)\.\*\*/gm)].map(([, claim]) => claim);
  assertEquals(SHOWN.map(([claim]) => claim), claims);
  for (const [claim, item] of SHOWN) {
    assert(/\]\(\s*tests\//.test(item), `nothing shows "${claim}"`);
  }
});

Deno.test("SECURITY: each finding of the lists has an answer and tests", () => {
  const security = readDocument("SECURITY.md");
  const rows = (heading: string) =>
    partUnder(security, heading).split("\n").filter((line) => line.startsWith("| ")).slice(2);
  for (
    const [heading, count] of [
      ["What the old system was open to", 9],
      ["What strangers may try", 11],
      ["What the engine of a profile may be asked", 3],
    ] as const
  ) {
    assertEquals(rows(heading).length, count, heading);
    for (const row of rows(heading)) assert(/\]\(tests\//.test(row), `nothing shows "${row}"`);
  }
});

for (const document of ["README.md", "SECURITY.md"]) {
  Deno.test(`${document}: every test, proof and document that it names exists`, () => {
    const links = [...readDocument(document).matchAll(LINK)];
    const files = links.filter(([, path]) => !path.startsWith("http"));
    assert(files.length > 0, "links have another form");
    for (const [, path, name] of files) {
      const text = readDocument(path);
      assert(
        name === undefined || text.includes(name.replaceAll(/\s+/g, " ")),
        `${path} has nothing called "${name}"`,
      );
    }
  });
}
