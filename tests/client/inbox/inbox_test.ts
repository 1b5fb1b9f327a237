import { ClientError } from "../../../client/errors.ts";
import { utf8 } from "../../../shared/bytes.ts";
import {
  generateSymmetricKey,
  unwrapSymmetricKey,
} from "../../../shared/crypto/classic/classic.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { ALICE, BOB, keyPairs, Mailbox, tell } from "../../support/client/mailbox.ts";
import { idOf } from "../../support/profile/database.ts";

const KEY = generateSymmetricKey();
const OTHER_KEY = generateSymmetricKey();

Deno.test("inbox: everything is opened in the order in which it came", async () => {
  await using bob = await Mailbox.open();
  await bob.putKey(KEY);
  await bob.putText(KEY, "one");
  await bob.putFile(KEY, sampleBytes(100));
  bob.putKeyRequest();
  await bob.putText(KEY, "two");
  const received = await bob.receive();
  assertEquals(received.map(({ message }) => message), [1, 2, 3, 4, 5]);
  assertEquals(received.map(({ type }) => type), ["key", "text", "file", "key-request", "text"]);
  for (const { from } of received) assertEquals({ ...from }, { id: ALICE, name: "alice" });
  assertEquals(await bob.told(), []);
});

Deno.test("inbox: what is known already is not opened again", async () => {
  await using bob = await Mailbox.open();
  await bob.putKey(KEY);
  await bob.putText(KEY, "one");
  await bob.putFile(KEY, sampleBytes(100));
  const delivered = [...bob.state.inbox];
  assertEquals(await bob.told(), ["key", "text one", "file"]);
  bob.state.inbox.push(...delivered);
  assertEquals(await bob.told(), []);
  bob.state.inbox.push(...delivered, ...delivered);
  await bob.putText(KEY, "two");
  bob.state.inbox.push(bob.state.inbox.at(-1)!); // twice in one response
  await bob.reopen();
  assertEquals(await bob.told(), ["text two"]);
  assertEquals([...Deno.readDirSync(`${bob.folder}/incoming`)], []);
});

Deno.test("inbox: a new or restored server counts from 1, and nothing is lost", async () => {
  await using bob = await Mailbox.open();
  await bob.putKey(KEY);
  await bob.putText(KEY, "aa");
  await bob.putFile(KEY, sampleBytes(100));
  assertEquals(await bob.told(), ["key", "text aa", "file"]);
  await bob.putText(KEY, "bb", { messageId: 1 });
  await bob.putText(KEY, "cc");
  await bob.putFile(KEY, sampleBytes(100, 2));
  const received = await bob.receive();
  assertEquals(received.map(({ message }) => message), [1, 2, 3]);
  assertEquals(received.map(({ type }) => type), ["text", "text", "file"]);
});

Deno.test("inbox: message IDs are the server's, from 0 to the last", async () => {
  await using bob = await Mailbox.open();
  await bob.putKey(KEY, { messageId: 0xffff_ffff });
  await bob.putText(KEY, "zero", { messageId: 0 });
  await bob.putText(KEY, "same", { messageId: 0 });
  assertEquals(await bob.told(), ["key", "text zero", "text same"]);
});

Deno.test("inbox: what nobody has seen yet is shown by the next run", async () => {
  await using bob = await Mailbox.open();
  await bob.putKey(KEY);
  await bob.putFile(KEY, utf8("a file"));
  await bob.putText(KEY, "one");
  for (const expected of ["file", "text"]) {
    // As if the process was killed while it prints a line; what is no message is gone then.
    const received = bob.client.receive(bob.out, () => {});
    if (expected === "file") assertEquals((await received.next()).value?.type, "key");
    assertEquals((await received.next()).value?.type, expected);
    await received.return(undefined);
    await bob.reopen();
    const again = bob.client.receive(bob.out, () => {});
    assertEquals((await again.next()).value?.type, expected);
    await again.next(); // it was taken, and the next one is under way
    await again.return(undefined);
    await bob.reopen();
  }
  assertEquals(await bob.told(), []);
  for (const { name } of Deno.readDirSync(bob.out)) {
    assertEquals(await Deno.readTextFile(`${bob.out}/${name}`), "a file");
  }
});

Deno.test("inbox: the next run shows once what was opened, even without the server", async () => {
  await using bob = await Mailbox.open();
  await bob.putKey(KEY);
  await bob.putText(KEY, "one");
  await bob.putText(KEY, "two");
  const received = bob.client.receive(bob.out, () => {});
  for (const expected of ["key", "text one", "text two"]) {
    const { value } = await received.next();
    assertEquals(value && tell(value), expected);
  }
  await received.return(undefined);
  await bob.reopen();
  bob.script = () => Promise.resolve();
  const told: string[] = [];
  await assertRejects(async () => {
    for await (const each of bob.client.receive(bob.out, () => {})) told.push(tell(each));
  }, ClientError);
  assertEquals(told, ["text two"]);
  const list = [...bob.profile.history.list(ALICE)];
  assertEquals(list.map(({ body }) => body), [{ text: "one" }, { text: "two" }]);
});

Deno.test("inbox: a key that was not reported yet opens what waited for it", async () => {
  await using bob = await Mailbox.open();
  await bob.putText(KEY, "waits");
  assertEquals(await bob.told(), ["problem cannot-decrypt"]);
  await bob.putKey(KEY);
  const received = bob.client.receive(bob.out, () => {});
  assertEquals((await received.next()).value?.type, "key");
  await received.return(undefined); // killed, before it came to the text
  await bob.reopen();
  assertEquals(await bob.told(), ["text waits"]);
});

Deno.test("inbox: a server that never forgets is not asked forever", async () => {
  await using bob = await Mailbox.open();
  await bob.putKey(KEY);
  await bob.putText(KEY, "one");
  const messages = [...bob.state.inbox];
  bob.script = async (conn) => {
    for (let request; (request = await conn.request());) {
      if (request.kind === "get-messages") await conn.respond({ kind: "messages", messages });
      else await conn.respond({ kind: "client-list", clients: bob.state.clients });
    }
  };
  assertEquals(await bob.told(), ["key", "text one"]);
  assertEquals(await bob.told(), []);
});

Deno.test("inbox: a request for a key is answered with one that opens the next texts", async () => {
  await using bob = await Mailbox.open();
  bob.putKeyRequest();
  assertEquals(await bob.told(), ["key-request"]);
  const [{ to, type, content }] = bob.state.sent;
  assertEquals([to, type], [ALICE, MessageType.key]);
  const key = await unwrapSymmetricKey(keyPairs.alice.privateKey, content);
  await bob.putText(key, "thanks");
  assertEquals(await bob.told(), ["text thanks"]);
});

Deno.test("inbox: many requests for a key get one answer, and always the same key", async () => {
  await using bob = await Mailbox.open();
  for (let run = 0; run < 2; run++) {
    for (let count = 0; count < 50; count++) bob.putKeyRequest();
    assertEquals(new Set(await bob.told()), new Set(["key-request"]));
  }
  assertEquals(bob.state.sent.length, 2);
  const keys = await Promise.all(
    bob.state.sent.map(({ content }) => unwrapSymmetricKey(keyPairs.alice.privateKey, content)),
  );
  assertEquals(keys[0], keys[1]);
});

Deno.test("inbox: unknown senders are asked for once, and shown by their ID at worst", async () => {
  await using bob = await Mailbox.open();
  const carol = idOf(0xc0);
  for (let count = 0; count < 20; count++) bob.putKeyRequest({ from: carol });
  await bob.putText(OTHER_KEY, "from nobody", { from: idOf(0xdd) });
  await bob.putText(OTHER_KEY, "from bob, says the server", { from: BOB });
  const received = await bob.receive();
  const names = new Set(received.map(({ from }) => from.name));
  assertEquals(names, new Set(["c0".repeat(16), "dd".repeat(16), "bob"]));
  const lists = bob.server.requests.filter(({ kind }) => kind === "client-list");
  assertEquals(lists.length, 1);
  assert(received.every(({ type }) => type === "problem"));
});
