import { openDraft } from "../../../server/backup/draft.ts";
import { assertEquals } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));

Deno.test("draft: what the killed left goes, what is in work or another's stays", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/backup.tar`;
  for (const left of ["backup.tar.00112233.part", "monday.tar.44556677.part"]) {
    await Deno.mkdir(`${temp.path}/${left}`);
    await Deno.writeTextFile(`${temp.path}/${left}/lock`, "");
  }
  await Deno.writeTextFile(`${temp.path}/backup.tar.00112233.part/server.db`, "secret");
  const others = ["backup.tar.old.part", "other.tar.00112233.part", "backup.tar.001122334.part"];
  // As if another user had them; root may look into them all the same.
  for (const other of others) await Deno.mkdir(`${temp.path}/${other}`, { mode: 0 });
  const nameOf = (folder: string) => folder.slice(temp.path.length + 1);
  {
    await using first = await openDraft(path, random);
    await using second = await openDraft(`${path}/`, random);
    await Deno.writeTextFile(`${first.folder}/server.db`, "mine");
    const expected = [...others, nameOf(first.folder), nameOf(second.folder)].sort();
    assertEquals(temp.names(), expected);
  }
  assertEquals(temp.names(), others.sort());
  for (const other of others) await Deno.remove(`${temp.path}/${other}`);
});
