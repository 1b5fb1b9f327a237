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
  await Deno.mkdir(`${temp.path}/backup.tar.8899aabb.part`); // killed before it had a lock
  const others = ["backup.tar.old.part", "other.tar.00112233.part", "backup.tar.001122334.part"];
  // As if another user had them; root may look into them all the same.
  for (const other of others) {
    await Deno.mkdir(`${temp.path}/${other}`);
    await Deno.writeTextFile(`${temp.path}/${other}/part.tar`, "theirs");
    await Deno.chmod(`${temp.path}/${other}`, 0);
  }
  const nameOf = (folder: string) => folder.slice(temp.path.length + 1);
  {
    await using first = await openDraft(path, random);
    await using second = await openDraft(`${path}/`, random);
    await Deno.writeTextFile(`${first.folder}/server.db`, "mine");
    const expected = [...others, nameOf(first.folder), nameOf(second.folder)].sort();
    assertEquals(temp.names(), expected);
  }
  assertEquals(temp.names(), others.sort());
  for (const other of others) await Deno.remove(`${temp.path}/${other}`, { recursive: true });
});

Deno.test("draft: many that are opened in one place at a time are all held", async () => {
  await using temp = await tempFolder();
  const path = `${temp.path}/backup.tar`;
  const opened = () => openDraft(path, random);
  for (let round = 0; round < 10; round++) {
    const drafts = await Promise.all(Array.from({ length: 20 }, opened));
    assertEquals(temp.names().length, drafts.length);
    for (const { folder } of drafts) await Deno.writeTextFile(`${folder}/server.db`, "mine");
    await Promise.all(drafts.map((draft) => draft[Symbol.asyncDispose]()));
  }
  assertEquals(temp.names(), []);
});

Deno.test("draft: who is killed while it goes leaves its lock, by which it is known", async () => {
  await using temp = await tempFolder();
  const left = `${temp.path}/backup.tar.00112233.part`;
  const { remove } = Deno;
  const beside: string[][] = [];
  Deno.remove = async (path, options) => {
    const isWhole = String(path).endsWith(".part");
    if (isWhole) beside.push([...Deno.readDirSync(path)].map(({ name }) => name));
    await remove(path, options);
  };
  try {
    await Deno.mkdir(left);
    for (const name of ["lock", "server.db", "backup.tar"]) {
      await Deno.writeTextFile(`${left}/${name}`, "");
    }
    await using draft = await openDraft(`${temp.path}/backup.tar`, random);
    await Deno.writeTextFile(`${draft.folder}/server.db`, "mine");
  } finally {
    Deno.remove = remove;
  }
  assertEquals(beside, [["lock"], ["lock"]]);
  assertEquals(temp.names(), []);
});
