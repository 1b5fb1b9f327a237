import { utf8 } from "../../../shared/bytes.ts";
import { cbcSize } from "../../../shared/crypto/classic/aes_cbc.ts";
import { generateSymmetricKey } from "../../../shared/crypto/classic/classic.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { idOf } from "../../support/profile/database.ts";
import { ALICE, Mailbox } from "../../support/client/mailbox.ts";

const KEY = generateSymmetricKey();

/** Receives one file from a sender of this name. Returns its path. */
async function fileFrom(name: string): Promise<string> {
  await using bob = await Mailbox.open();
  bob.state.clients = [{ ...bob.state.clients[0], name }];
  await bob.putKey(KEY);
  await bob.putFile(KEY, utf8("content"));
  const [, file] = await bob.receive();
  if (file?.type !== "file") throw new Error(`${name}: ${JSON.stringify(file)}`);
  assertEquals(await Deno.readTextFile(file.path), "content");
  assertEquals([...Deno.readDirSync(bob.out)].length, 1);
  assert(file.path.startsWith(`${bob.out}/`), file.path);
  return file.path.slice(bob.out.length + 1);
}

Deno.test("received files: are named after their sender and the message", async () => {
  assertEquals(await fileFrom("alice"), "alice-2.bin");
  assertEquals(await fileFrom("Zażółć_gęślą-jaźń"), "Zażółć_gęślą-jaźń-2.bin");
  assertEquals(await fileFrom("אליס"), "אליס-2.bin");
});

Deno.test("received files: a hostile name leads nowhere", async () => {
  for (
    const name of [
      "../../x",
      "/etc/passwd",
      "..",
      ".bashrc",
      "a/b",
      "C:\\x",
      "a\0b".slice(0, 1) + "\n",
    ]
  ) {
    const path = await fileFrom(name);
    assert(/^[\p{L}\p{N}_][\p{L}\p{N}_-]*-2\.bin$/u.test(path), path);
  }
  assertEquals(await fileFrom("--help"), "_-help-2.bin");
  assertEquals(await fileFrom("\x1b[2J\u202e👋"), "__2J__-2.bin");
});

Deno.test("received files: the longest name is cut to what a file system takes", async () => {
  for (const name of ["x".repeat(254), "ß".repeat(127), "語".repeat(84), "𝒜".repeat(63)]) {
    const path = await fileFrom(name);
    assert(path.endsWith("-2.bin") && path.isWellFormed(), path);
    assert(name.startsWith(path.slice(0, -"-2.bin".length)), path);
  }
});

Deno.test("received files: of every size, and of two keys", async () => {
  await using bob = await Mailbox.open();
  await bob.putKey(generateSymmetricKey());
  await bob.putKey(KEY);
  const sizes = [0, 1, 15, 16, 17, 31, 32, 262_143, 262_144, 262_145, 1_000_000];
  for (const size of sizes) await bob.putFile(KEY, sampleBytes(size));
  const files = (await bob.receive()).slice(2);
  for (const [i, file] of files.entries()) {
    assert(file.type === "file", file.type);
    assertEquals(file.size, sizes[i]);
    assertEquals(await Deno.readFile(file.path), sampleBytes(sizes[i]));
  }
  assertEquals([...Deno.readDirSync(`${bob.folder}/incoming`)], []);
});

Deno.test("received files: one that cannot be saved waits and delays nothing", async () => {
  await using bob = await Mailbox.open();
  await bob.putKey(KEY);
  await bob.putFile(KEY, utf8("content"));
  await bob.putText(KEY, "behind it");
  await Deno.writeTextFile(bob.out, "in the way");
  for (const expected of [["key", "problem file", "text behind it"], ["problem file"]]) {
    assertEquals(await bob.told(), expected);
  }
  await Deno.remove(bob.out);
  assertEquals(await bob.told(), ["file"]);
  assertEquals(await Deno.readTextFile(`${bob.out}/alice-2.bin`), "content");
});

Deno.test("received files: one whose content is gone is reported, and delays nothing", async () => {
  await using bob = await Mailbox.open();
  await bob.putFile(KEY, utf8("content"));
  await bob.putFile(KEY, utf8("other content"));
  assertEquals(await bob.told(), ["problem cannot-decrypt", "problem cannot-decrypt"]);
  await Deno.remove(`${bob.folder}/incoming/1`);
  await bob.putKey(KEY);
  assertEquals(await bob.told(), ["key", "problem file", "file"]);
});

Deno.test("received files: what a crash left in the profile is cleared away", async () => {
  await using bob = await Mailbox.open();
  await bob.putFile(KEY, sampleBytes(50_000));
  assertEquals(await bob.told(), ["problem cannot-decrypt"]);
  for (const name of ["1.open", "2", "99"]) {
    await Deno.writeFile(`${bob.folder}/incoming/${name}`, sampleBytes(9));
  }
  assertEquals(await bob.told(), []);
  const left = [...Deno.readDirSync(`${bob.folder}/incoming`)].map(({ name }) => name);
  assertEquals(left, ["1"]);
  assertEquals((await Deno.stat(`${bob.folder}/incoming/1`)).size, cbcSize(50_000));
});

Deno.test("received files: progress is told up to the end, in bytes that arrived", async () => {
  await using bob = await Mailbox.open();
  await bob.putKey(KEY, { from: ALICE });
  await bob.putFile(KEY, sampleBytes(1_000_000));
  await bob.putFile(KEY, sampleBytes(10), { from: idOf(7) });
  const told: [done: number, size: number][] = [];
  await Array.fromAsync(bob.client.receive(bob.out, (done, size) => told.push([done, size])));
  const first = told.filter(([, size]) => size === cbcSize(1_000_000));
  assert(first.length > 1, `${first.length} steps`);
  assertEquals(first.map(([done]) => done), first.map(([done]) => done).sort((a, b) => a - b));
  assertEquals(first.at(-1)?.[0], cbcSize(1_000_000));
  assertEquals(told.at(-1), [16, 16]);
});
