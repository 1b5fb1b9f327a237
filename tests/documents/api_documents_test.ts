/** API.md and JSON.md say what the table of methods says. */
import { documents } from "../support/api/documents.ts";
import { assertEquals } from "../support/assert.ts";
import { readDocument } from "../support/documents.ts";

Deno.test("documents of the API: as made from the table of methods (deno task api)", async () => {
  for (const [path, text] of await documents()) {
    assertEquals(readDocument(path), text, `run: deno task api, as ${path} is not up to date`);
  }
});
