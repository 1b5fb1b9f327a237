/** The commands of the server that documents and packages name are there. */
import { COMMANDS } from "../../server/commands.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { readDocument } from "../support/documents.ts";

const NAMES = COMMANDS.map(({ name }) => name);

/** Returns what stands in code: in blocks, and between backticks. */
function codeOf(markdown: string): string {
  return [...markdown.matchAll(/```[\s\S]*?```|`[^`]+`/g)].map(([code]) => code).join("\n");
}

const TEXTS: Record<string, string> = {
  "README.md": codeOf(readDocument("README.md")),
  "messaging-server.service": readDocument("server/packaging/messaging-server.service"),
  "Dockerfile": readDocument("server/packaging/Dockerfile"),
};

for (const [document, text] of Object.entries(TEXTS)) {
  Deno.test(`${document}: every command of the server that it names is one`, () => {
    const named = [...text.matchAll(/(?:^|[` ])messaging-server ([a-z]+(?:-[a-z]+)*)/gm)]
      .map(([, name]) => name);
    assert(named.length > 0);
    assertEquals(named.filter((name) => !NAMES.includes(name)), []);
  });
}
