import { ClientError } from "../../../client/errors.ts";
import { Profile } from "../../../client/profile/profile.ts";
import { generateSymmetricKey } from "../../../shared/crypto/classic/classic.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import type { Script } from "../../support/client/fake_server.ts";
import { Mailbox, tell } from "../../support/client/mailbox.ts";
import { idOf } from "../../support/profile/database.ts";

const KEY = generateSymmetricKey();

/** Receives until it fails. Returns what came before, and the error's code. */
async function receiveAndFail(bob: Mailbox): Promise<[told: string[], code: string]> {
  const told: string[] = [];
  const error = await assertRejects(async () => {
    for await (const received of bob.client.receive(bob.out, () => {})) told.push(tell(received));
  }, ClientError);
  return [told, error.code];
}

/** Answers a poll, and closes every other connection without an answer. */
function onlyPolls(bob: Mailbox): Script {
  return async (conn) => {
    const request = await conn.request();
    if (request?.kind !== "get-messages") return;
    await conn.respond({ kind: "messages", messages: bob.state.inbox.splice(0) });
    await conn.request();
  };
}

Deno.test("inbox: when the network fails, what needs no network is opened", async () => {
  await using bob = await Mailbox.open();
  bob.meetAll(); // so that Alice is known
  const honest = bob.script;
  bob.putKeyRequest();
  await bob.putKey(KEY);
  await bob.putText(KEY, "one");
  await bob.putText(KEY, "from a stranger", { from: idOf(7) });
  await bob.putFile(KEY, new Uint8Array(9), { messageId: 5 });
  bob.script = onlyPolls(bob);
  assertEquals(await receiveAndFail(bob), [["key", "text one", "file"], "unreachable"]);

  bob.script = () => Promise.resolve();
  await bob.reopen();
  assertEquals(await receiveAndFail(bob), [[], "unreachable"]);

  bob.script = honest;
  assertEquals(await bob.told(), ["key-request", "problem cannot-decrypt"]);
});

Deno.test("inbox: what the network took away comes with the next run", async () => {
  await using bob = await Mailbox.open();
  bob.meetAll();
  await bob.putKey(KEY);
  await bob.putText(KEY, "one");
  await bob.putText(KEY, "two");
  const messages = bob.state.inbox.splice(0);
  const honest = bob.script;
  bob.script = async (conn) => {
    await conn.request();
    // The third message lacks its last byte.
    await conn.respond({ kind: "messages", messages }, -1);
  };
  assertEquals(await receiveAndFail(bob), [["key", "text one"], "unreachable"]);
  bob.script = honest;
  bob.state.inbox.push(...messages);
  assertEquals(await bob.told(), ["text two"]);
});

Deno.test("inbox: a server that refuses everything or talks nonsense changes nothing", async () => {
  await using bob = await Mailbox.open();
  const refusing: Script = async (conn) => {
    while (await conn.request()) await conn.respond({ kind: "failure" });
  };
  const nonsense: Script = async (conn) => {
    await conn.request();
    await conn.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await conn.request();
  };
  const honest = bob.script;
  for (const [script, code] of [[refusing, "refused"], [nonsense, "bad-response"]] as const) {
    bob.script = script;
    assertEquals(await receiveAndFail(bob), [[], code]);
  }
  bob.script = honest;
  await bob.putKey(KEY);
  await bob.putText(KEY, "one");
  assertEquals(await bob.told(), ["key", "text one"]);
});

Deno.test("inbox: where names are refused a sender is shown by the ID", async () => {
  await using bob = await Mailbox.open();
  await bob.putText(KEY, "one");
  await bob.putKey(KEY);
  bob.script = async (conn) => {
    for (let request; (request = await conn.request());) {
      const messages = bob.state.inbox.splice(0);
      if (request.kind === "get-messages") await conn.respond({ kind: "messages", messages });
      else await conn.respond({ kind: "failure" });
    }
  };
  const received = await bob.receive();
  assertEquals(received.map(tell), ["problem cannot-decrypt", "key", "text one"]);
  assertEquals(new Set(received.map(({ from }) => from.name)), new Set(["a1".repeat(16)]));
});

Deno.test("inbox: a request that cannot be answered is told of, and holds up nothing", async () => {
  await using bob = await Mailbox.open();
  bob.state.clients = [{ ...bob.state.clients[0], publicKey: new Uint8Array(160) }];
  bob.putKeyRequest();
  await bob.putKey(KEY);
  await bob.putText(KEY, "one");
  assertEquals((await bob.told()).filter((word) => word !== "problem bad-key"), [
    "key",
    "text one",
  ]);
  assertEquals(bob.state.sent, []);
  assertEquals(await bob.told(), []);
});

Deno.test("inbox: while one process receives, the profile is closed to every other", async () => {
  await using bob = await Mailbox.open();
  await bob.putKey(KEY);
  await bob.putText(KEY, "one");
  const first = bob.client.receive(bob.out, () => {});
  assertEquals((await first.next()).value?.type, "key");
  const sleep = () => Promise.resolve();
  const second = await assertRejects(() => Profile.open(bob.folder, { sleep }), ClientError);
  assertEquals(second.code, "in-use");
  assertEquals((await first.next()).value?.type, "text");
  assertEquals((await first.next()).done, true);
  assertEquals(await bob.told(), []);
});
