import { ClientError } from "../../../client/errors.ts";
import type { Received } from "../../../client/inbox/received.ts";
import { type Bytes, toHex, utf8 } from "../../../shared/bytes.ts";
import { decryptCbc, encryptCbc } from "../../../shared/crypto/classic/aes_cbc.ts";
import { generateSymmetricKey } from "../../../shared/crypto/classic/classic.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { Mailbox } from "../../support/client/mailbox.ts";

const [KEY, OTHER_KEY] = [generateSymmetricKey(), generateSymmetricKey()];

function problem(received: Received | undefined): ClientError {
  if (received?.type !== "problem") throw new Error(`a problem expected, not ${received?.type}`);
  return received.error;
}

Deno.test("unreadable: told once, kept, and opened as soon as the key comes", async () => {
  await using bob = await Mailbox.open();
  await bob.putText(KEY, "early text");
  await bob.putFile(KEY, utf8("early file"));
  const [text, file] = await bob.receive();
  assertEquals(problem(text).code, "cannot-decrypt");
  assert(problem(text).message.includes("message 1 from alice, a text,"), problem(text).message);
  assert(problem(file).message.includes("message 2 from alice, a file,"), problem(file).message);
  assertEquals(await bob.told(), []);
  await bob.reopen();
  await bob.putKey(KEY);
  await bob.putText(KEY, "late text");
  assertEquals(await bob.told(), ["key", "text early text", "file", "text late text"]);
  assertEquals(await bob.told(), []);
});

Deno.test("unreadable: what nobody has been told of yet is told by the next run", async () => {
  await using bob = await Mailbox.open();
  await bob.putText(KEY, "waits");
  // As if the process was killed while it prints the problem.
  const received = bob.client.receive(bob.out, () => {});
  assertEquals((await received.next()).value?.type, "problem");
  await received.return(undefined);
  await bob.reopen();
  assertEquals(await bob.told(), ["problem cannot-decrypt"]);
  assertEquals(await bob.told(), []);
});

Deno.test("unreadable: an unusable private key is reported and loses nothing", async () => {
  await using bob = await Mailbox.open();
  const { identity } = bob.profile;
  assert("privateKey" in identity);
  const damaged = identity.privateKey.slice();
  damaged.fill(0, 30, 60); // behind the outermost header
  await bob.profile.register({ ...identity, privateKey: damaged });
  await bob.putKey(KEY);
  await bob.putText(KEY, "waits");
  const error = await assertRejects(() => bob.receive(), ClientError, "me.info");
  assertEquals(error.code, "bad-profile");
  await bob.profile.register(identity);
  assertEquals(await bob.told(), ["key", "text waits"]);
});

Deno.test("unreadable: another key does not open it, and it waits on", async () => {
  await using bob = await Mailbox.open();
  await bob.putText(KEY, "waits");
  assertEquals(await bob.told(), ["problem cannot-decrypt"]);
  await bob.putKey(OTHER_KEY);
  assertEquals(await bob.told(), ["key", "problem cannot-decrypt"]);
  await bob.putKey(KEY);
  assertEquals(await bob.told(), ["key", "text waits"]);
});

Deno.test("unreadable: poison of every kind does not hold up what comes behind it", async () => {
  await using bob = await Mailbox.open();
  await bob.putKey(KEY);
  const bytes = sampleBytes(5000, 9);
  const poison: [type: MessageType, content: Bytes][] = [
    [MessageType.text, new Uint8Array(0)],
    [MessageType.text, bytes.slice(0, 15)],
    [MessageType.text, bytes.slice(0, 16)],
    [MessageType.text, await encryptCbc(KEY, utf8("no zero at its end"))],
    [MessageType.text, await encryptCbc(KEY, utf8("two\0zeros\0"))],
    [MessageType.text, await encryptCbc(KEY, new Uint8Array([0xff, 0xfe, 0]))],
    [MessageType.file, new Uint8Array(0)],
    [MessageType.file, bytes.slice(0, 15)],
    [MessageType.file, bytes.slice(0, 33)],
    [MessageType.file, bytes.slice(0, 4096)],
    [MessageType.key, new Uint8Array(0)],
    [MessageType.key, bytes.slice(0, 127)],
    [MessageType.key, bytes.slice(0, 128)],
    [MessageType.key, bytes],
  ];
  for (const [type, content] of poison) bob.put(type, content);
  await bob.putText(KEY, "behind");
  const told = await bob.told();
  assertEquals(told.slice(0, 1), ["key"]);
  assertEquals(told.slice(1, -1), poison.map(() => "problem cannot-decrypt"));
  assertEquals(told.slice(-1), ["text behind"]);
  assertEquals(await bob.told(), []);
});

Deno.test("unreadable: contents too large for their type are kept out of memory", async () => {
  await using bob = await Mailbox.open();
  await bob.putKey(KEY);
  bob.put(MessageType.keyRequest, new Uint8Array(5_000_000));
  bob.put(MessageType.key, new Uint8Array(5_000_000));
  bob.put(MessageType.text, new Uint8Array(65 * 1024 * 1024));
  await bob.putText(KEY, "x".repeat(5_000_000));
  const told = await bob.told();
  assertEquals(told.slice(0, -1), [
    "key",
    "key-request",
    "problem cannot-decrypt",
    "problem cannot-decrypt",
  ]);
  assertEquals(told.at(-1)?.length, "text ".length + 5_000_000);
  // Those that are done leave nothing behind.
  assertEquals([...Deno.readDirSync(`${bob.folder}/incoming`)].length, 2);
});

/** A key that is not `key` and under which the last block of `ciphertext` seems to be padded. */
async function seeminglyFitting(ciphertext: Bytes): Promise<Bytes> {
  for (let attempt = 0; attempt < 20_000; attempt++) {
    const key = generateSymmetricKey();
    const rest = await decryptCbc(key, ciphertext.slice(-16), ciphertext.slice(-32, -16))
      .catch(() => undefined);
    if (rest) return key;
  }
  throw new Error("no key seems to fit");
}

Deno.test("unreadable: a wrong key whose padding seems right does not spoil a file", async () => {
  await using bob = await Mailbox.open();
  const content = sampleBytes(1000);
  const wrong = await seeminglyFitting(await encryptCbc(KEY, content));
  await bob.putKey(KEY);
  await bob.putKey(wrong);
  await bob.putText(wrong, "the wrong key was used last, and is tried first");
  await bob.putFile(KEY, content);
  const file = (await bob.receive()).at(-1);
  assert(file?.type === "file", file?.type);
  assertEquals(toHex(await Deno.readFile(file.path)), toHex(content));
});

Deno.test("unreadable: one who sends many keys does not make the others wait", async () => {
  await using bob = await Mailbox.open();
  for (let count = 0; count < 100; count++) {
    await bob.putText(generateSymmetricKey(), `unreadable ${count}`);
    await bob.putKey(generateSymmetricKey());
  }
  await bob.putText(KEY, "waits for its key");
  await bob.putKey(KEY);
  const told = await bob.told();
  const count = (word: string) => told.filter((line) => line.startsWith(word)).length;
  assertEquals([count("key"), count("text waits for its key")], [101, 1]);
  // Each is tried when it comes, once more at once, and once more at the end.
  assert(count("problem") <= 3 * 101, `${count("problem")} attempts`);
});
