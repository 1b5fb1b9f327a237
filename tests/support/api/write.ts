/** `deno task api`: writes the documents that are made from the table of methods. */
import { documents } from "./documents.ts";

for (const [path, text] of await documents()) {
  await Deno.writeTextFile(new URL(`../../../${path}`, import.meta.url), text);
}
