/** README: what is claimed names the tests that show it, and these exist. */
import { assert, assertEquals } from "../support/assert.ts";
import { partUnder, readDocument } from "../support/documents.ts";

const README = readDocument("README.md");

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

Deno.test("README: every test, proof and document that it names exists", () => {
  const links = [...README.matchAll(/\]\(\s*([^)#"\s]+)(?:\s+"([^"]*)")?\)/g)];
  const files = links.filter(([, path]) => !path.startsWith("http"));
  for (const [, path, name] of files) {
    const text = readDocument(path);
    assert(
      name === undefined || text.includes(name.replaceAll(/\s+/g, " ")),
      `${path} has nothing called "${name}"`,
    );
  }
});
