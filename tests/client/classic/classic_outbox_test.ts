/** Texts of a secure profile to a classic client that the server does not take yet. */
import { generateClassicKeyPair } from "../../../shared/crypto/classic/classic.ts";
import { decryptText, unwrapSymmetricKey } from "../../../shared/crypto/classic/classic.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { EvilServer } from "../../support/attack/evil_server.ts";
import { failure, Party } from "../../support/attack/parties.ts";
import { idOf } from "../../support/profile/database.ts";

const OLD = idOf(0x01d);
const HOUR = 3_600_000;

/** Alice, Bob, and Old, who is classic and whose mailbox can be full. */
async function open() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(new EvilServer());
  const { publicKey, privateKey } = await generateClassicKeyPair();
  const alice = stack.use(await Party.registered("alice", server.address));
  const bob = stack.use(await Party.registered("bob", server.address));
  server.clients.push({ id: OLD, name: "old", publicKey });
  let time = Date.now();
  alice.now = () => time;
  const fill = (retryAfter: number) =>
    server.lie = (request) =>
      request.kind === "send" && String(request.to) === String(OLD)
        ? { kind: "error", error: "over-quota", retryAfter, text: "the mailbox is full" }
        : undefined;
  const send = (text: string) => alice.send(server.address, "old", text);
  /** What Old reads, as an original client does: with the first key that came. */
  const read = async () => {
    const [first, ...others] = server.mailbox(OLD);
    assertEquals(first.type, MessageType.key);
    const key = await unwrapSymmetricKey(privateKey, first.content);
    return await Promise.all(others.map(({ content }) => decryptText(key, content)));
  };
  const waiting = () => alice.with(server.address, (client) => Promise.resolve(client.waiting()));
  return {
    ...{ server, alice, bob, fill, send, read, waiting },
    later: (milliseconds: number) => time += milliseconds,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

Deno.test("classic outbox: a text for a full mailbox waits with its key, goes later", async () => {
  await using world = await open();
  const { server, alice, bob, fill, send, read, waiting, later } = world;
  fill(HOUR);
  assertEquals(await failure(send("one")), "queued");
  assertEquals(await failure(send("two")), "queued");
  await alice.send(server.address, "bob", "others are not held up");
  assertEquals(await bob.receive(server.address), ["alice: others are not held up"]);
  const shown = await waiting();
  assertEquals(shown.map(({ to, what }) => [to.name, what]), [["old", "text"], ["old", "text"]]);
  assert(shown.every(({ reason, retryAt }) => reason.includes("is full") && retryAt !== null));
  const states = () => [...alice.profile.history.list(OLD)].map(({ state }) => state);
  assertEquals(states(), ["pending", "pending"]);

  const sends = () => server.requests.filter(({ kind }) => kind === "send").length;
  const before = sends();
  server.lie = () => undefined;
  await alice.receive(server.address);
  assertEquals(sends(), before, "it is too early");
  later(HOUR);
  await alice.receive(server.address);
  assertEquals([await read(), states(), await waiting()], [["one", "two"], ["sent", "sent"], []]);
  await send("three");
  assertEquals(await read(), ["one", "two", "three"]);
});

function isReadable(content: Uint8Array): boolean {
  return new TextDecoder().decode(content).includes("secret");
}

Deno.test("classic outbox: nothing in it can be read, and nothing readable leaves it", async () => {
  await using world = await open();
  const { server, alice, fill, send } = world;
  fill(HOUR);
  assertEquals(await failure(send("a secret")), "queued");
  for (const { content, token } of alice.profile.outbox.first()) {
    assert(!isReadable(content));
    assertEquals(token.length, 16);
  }
  // As a classic profile keeps it.
  const [to, type] = [OLD, MessageType.text];
  const content = new TextEncoder().encode("a secret");
  const number = alice.profile.outbox.put({
    to,
    type,
    content,
    token: new Uint8Array(0),
    history: null,
  });
  server.lie = () => undefined;
  world.later(HOUR);
  await alice.receive(server.address);
  assertEquals(alice.profile.outbox.first().map((item) => item.number), [number]);
  const sent = server.requests.filter((request) => request.kind === "send");
  assert(sent.length >= 2 && sent.every((each) => !isReadable(each.content)));
});

Deno.test("classic outbox: a text waits for a server that is gone, and arrives once", async () => {
  await using world = await open();
  const { server, send, read } = world;
  await send("one");
  server.lie = (request) => {
    if (request.kind !== "send") return undefined;
    return (link) => {
      server.answer(request, link); // it arrives, and nobody hears of it
      link.cut();
    };
  };
  assertEquals(await failure(send("two")), "queued");
  server.lie = () => undefined;
  await send("three");
  assertEquals(await read(), ["one", "two", "three"]);
});
