/** Files of a secure profile to a classic client that the server does not take yet. */
import { ClientError } from "../../../client/errors.ts";
import { decryptCbc } from "../../../shared/crypto/classic/aes_cbc.ts";
import {
  generateClassicKeyPair,
  unwrapSymmetricKey,
} from "../../../shared/crypto/classic/classic.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import type { Client } from "../../../client/client.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { failure, Party } from "../../support/attack/parties.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { idOf } from "../../support/profile/database.ts";

const OLD = idOf(0x01d);
const HOUR = 3_600_000;
const FILE = sampleBytes(100_000);

/** Alice, and Old, who is classic and whose mailbox can be full. */
async function open() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(new EvilServer());
  const { publicKey, privateKey } = await generateClassicKeyPair();
  const alice = stack.use(await Party.registered("alice", server.address));
  server.clients.push({ id: OLD, name: "old", publicKey });
  let time = Date.now();
  alice.now = () => time;
  const path = `${alice.folder}/photo`;
  await Deno.writeFile(path, FILE);
  const run = <T>(act: (client: Client) => Promise<T>) => alice.with(server.address, act);
  const sendFile = () => run((client) => client.sendFile("old", path));
  const fill = () =>
    server.lie = (request) =>
      request.kind === "send" && String(request.to) === String(OLD)
        ? { kind: "error", error: "over-quota", retryAfter: HOUR, text: "the mailbox is full" }
        : undefined;
  /** The types of what Old has, after it has checked that files are whole. */
  const types = async () => {
    const [first, ...others] = server.mailbox(OLD);
    const key = await unwrapSymmetricKey(privateKey, first.content);
    for (const { type, content } of others) {
      if (type === MessageType.file) assertEquals(await decryptCbc(key, content), FILE);
    }
    return [first, ...others].map(({ type }) => type);
  };
  const sends = () => server.requests.filter(({ kind }) => kind === "send").length;
  const states = () => alice.profile.transfers.all().map(({ state }) => state);
  return {
    ...{ server, alice, path, run, sendFile, fill, types, sends, states },
    receive: () => alice.receive(server.address),
    later: (milliseconds: number) => time += milliseconds,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

Deno.test("classic transfers: one for a full mailbox waits, is shown, and goes later", async () => {
  await using world = await open();
  const { server, alice, run, sendFile, fill, types, sends, states, receive, later } = world;
  fill();
  const { code, message } = await assertRejects(sendFile, ClientError);
  assertEquals(code, "queued");
  assert(message.includes("waits: the server refused: the mailbox is full"), message);
  const [shown] = await run((client) => Promise.resolve(client.transfers()));
  assertEquals([shown.state, shown.peer.name, shown.name], ["active", "old", "photo"]);
  assert(shown.reason?.includes("is full") && shown.retryAt !== null);
  server.lie = () => undefined;
  const before = sends();
  assertEquals(await receive(), []);
  assertEquals(sends(), before, "it is too early");
  later(HOUR);
  assertEquals(await receive(), ["old?: (notice)"]);
  assertEquals(await types(), [MessageType.key, MessageType.file]);
  assertEquals([states(), alice.profile.transfers.open()], [["done"], []]);
  const [entry] = [...alice.profile.history.list(OLD)];
  assertEquals([entry.state, entry.messageId], ["sent", server.mailbox(OLD)[1].messageId]);
  assertEquals(await receive(), []);
});

Deno.test("classic transfers: a copy is kept while it waits, and no longer", async () => {
  await using world = await open();
  const { server, alice, run, fill, types, receive, later } = world;
  fill();
  const copies = () => {
    return [...Deno.readDirSync(alice.profile.outgoingFolder)].length;
  };
  for (const name of ["one", "two"]) {
    const content = ReadableStream.from([FILE]);
    assertEquals(
      await failure(run((client) => client.sendFile("old", { name, content }))),
      "queued",
    );
  }
  assertEquals(copies(), 2);
  await run((client) => client.cancelTransfer(1));
  await receive();
  assertEquals(copies(), 1);
  server.lie = () => undefined;
  later(HOUR);
  await receive();
  assertEquals([copies(), await types()], [0, [MessageType.key, MessageType.file]]);
});

Deno.test("classic transfers: one whose answer is lost arrives once", async () => {
  await using world = await open();
  const { server, sendFile, types, states, receive } = world;
  server.lie = (request) => {
    if (request.kind !== "send" || request.type !== MessageType.file) return undefined;
    return (link) => {
      server.answer(request, link); // it arrives, and nobody hears of it
      link.cut();
    };
  };
  assertEquals(await failure(sendFile()), "queued");
  server.lie = () => undefined;
  assertEquals(await receive(), ["old?: (notice)"]);
  assertEquals([await types(), states()], [[MessageType.key, MessageType.file], ["done"]]);
});

Deno.test("classic transfers: no file overtakes the key and the texts that wait", async () => {
  await using world = await open();
  const { server, alice, sendFile, fill, types, receive, later } = world;
  fill();
  assertEquals(await failure(alice.send(server.address, "old", "a text")), "queued");
  server.lie = () => undefined;
  assertEquals(await failure(sendFile()), "queued");
  assertEquals(server.mailbox(OLD), []);
  later(HOUR);
  await receive();
  const { key, text, file } = MessageType;
  assertEquals(await types(), [key, text, file]);
});

Deno.test("classic transfers: the same file for a secure client goes its own way", async () => {
  await using world = await open();
  const { server, path, run, sendFile, fill, states } = world;
  await using bob = await Party.registered("bob", server.address);
  await bob.with(server.address, (client) => client.contactBook.setAlias("alice", "alice"));
  fill();
  assertEquals(await failure(sendFile()), "queued");
  await run((client) => client.sendFile("bob", path));
  assertEquals(states(), ["active", "done"]);
  assertEquals(await bob.receive(server.address), ["alice: (file)"]);
  assertEquals(server.mailbox(OLD), []);
});
