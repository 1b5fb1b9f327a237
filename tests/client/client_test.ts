import type { Client } from "../../client/client.ts";
import { ClientError, type ClientErrorCode } from "../../client/errors.ts";
import { Profile } from "../../client/profile/profile.ts";
import { networkOf } from "../support/client/network.ts";
import { equalBytes } from "../../shared/bytes.ts";
import { decryptCbc } from "../../shared/crypto/classic/aes_cbc.ts";
import { decryptText, unwrapSymmetricKey } from "../../shared/crypto/classic/classic.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { sampleBytes } from "../support/pieces.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { FakeServer, honest } from "../support/client/fake_server.ts";
import { ALICE, BOB, keyPairs, Mailbox } from "../support/client/mailbox.ts";
import { idOf } from "../support/profile/database.ts";
import { newClient } from "../support/new_client.ts";

const quietly = () => {};

async function fails(
  code: ClientErrorCode,
  messageIncludes: string,
  operation: () => Promise<unknown>,
): Promise<void> {
  const error = await assertRejects(operation, ClientError, messageIncludes);
  assertEquals(error.code, code, error.message);
}

Deno.test("client: a text to somebody new: the list, the public key, a key, the text", async () => {
  await using bob = await Mailbox.open();
  const { message, to } = await bob.client.sendText("alice", "שלום 👋");
  assertEquals([message, to.name, to.id], [2, "alice", ALICE]);
  assertEquals(bob.server.requests.map(({ kind }) => kind), [
    "client-list",
    "public-key",
    "send",
    "send",
  ]);
  for (const { clientId } of bob.server.requests) assertEquals(clientId, BOB);
  const [key, text] = bob.state.sent;
  assertEquals([key.type, text.type], [MessageType.key, MessageType.text]);
  const unwrapped = await unwrapSymmetricKey(keyPairs.alice.privateKey, key.content);
  assertEquals(await decryptText(unwrapped, text.content), "שלום 👋");
});

Deno.test("client: what is known is not asked for again, also in the next run", async () => {
  await using bob = await Mailbox.open();
  await bob.client.sendText("alice", "one");
  await bob.reopen();
  bob.server.requests.length = 0;
  await bob.client.sendText("alice", "two");
  await bob.client.sendKey("alice");
  assertEquals(bob.server.requests.map(({ kind }) => kind), ["send", "send"]);
  const [first, , , second] = bob.state.sent;
  const keys = await Promise.all(
    [first, second].map(({ content }) => unwrapSymmetricKey(keyPairs.alice.privateKey, content)),
  );
  assert(equalBytes(keys[0], keys[1]), "a second key was made");
});

Deno.test("client: the public key of a client", async () => {
  await using bob = await Mailbox.open();
  const { id, publicKey } = await bob.client.publicKey("alice");
  assertEquals([id, publicKey], [ALICE, keyPairs.alice.publicKey]);
  await fails("unknown-name", '"Alice"', () => bob.client.publicKey("Alice"));
});

Deno.test("client: a public key that cannot be used is no key, and is not kept", async () => {
  await using bob = await Mailbox.open();
  const [alice] = bob.state.clients;
  bob.state.clients = [{ ...alice, publicKey: sampleBytes(160) }];
  await fails("bad-key", "alice", () => bob.client.sendText("alice", "hello"));
  assertEquals(bob.state.sent, []);
  bob.state.clients = [alice];
  await bob.client.sendText("alice", "hello");
  assertEquals(bob.state.sent.length, 2);
});

Deno.test("client: the public key of another client is refused, and is not kept", async () => {
  await using bob = await Mailbox.open();
  const { script } = bob;
  bob.script = async (conn) => {
    for (let request; (request = await conn.request());) {
      const { publicKey } = keyPairs.bob;
      if (request.kind === "client-list") {
        await conn.respond({ kind: request.kind, clients: bob.state.clients });
      } else await conn.respond({ kind: "public-key", clientId: idOf(9), publicKey });
    }
  };
  await fails("bad-response", "another client", () => bob.client.sendText("alice", "hello"));
  bob.script = script;
  assertEquals((await bob.client.publicKey("alice")).publicKey, keyPairs.alice.publicKey);
});

Deno.test("client: names that nobody has, or that are one's own", async () => {
  await using bob = await Mailbox.open();
  const operations = [
    () => bob.client.requestKey("carol"),
    () => bob.client.sendKey("carol"),
    () => bob.client.sendText("carol", "hello"),
    () => bob.client.sendFile("carol", import.meta.filename!, quietly),
  ];
  for (const operation of operations) await fails("unknown-name", '"carol"', operation);
  const file = () => bob.client.sendFile("bob", import.meta.filename!, quietly);
  await fails("unknown-name", "your own name", file);
  assertEquals(bob.state.sent, []);
});

Deno.test("client: texts that cannot be sent cost no request", async () => {
  await using bob = await Mailbox.open();
  await fails("bad-text", "zero character", () => bob.client.sendText("alice", "a\0b"));
  await fails(
    "bad-text",
    "1 MiB",
    () => bob.client.sendText("alice", "x".repeat(1024 * 1024 + 1)),
  );
  await fails(
    "bad-text",
    "1 MiB",
    () => bob.client.sendText("alice", "ß".repeat(600_000)),
  );
  assertEquals(bob.server.requests, []);
});

Deno.test("client: a file is sent with its bytes alone", async () => {
  await using bob = await Mailbox.open();
  for (const size of [0, 1, 300_000]) {
    const path = `${bob.folder}/file`;
    await Deno.writeFile(path, sampleBytes(size));
    await bob.client.sendFile("alice", path, quietly);
    const { type, content } = bob.state.sent.at(-1)!;
    const key = await unwrapSymmetricKey(keyPairs.alice.privateKey, bob.state.sent[0].content);
    assertEquals(type, MessageType.file);
    assertEquals(await decryptCbc(key, content), sampleBytes(size));
  }
});

Deno.test("client: a file that cannot be read or is too large costs no request", async () => {
  await using bob = await Mailbox.open();
  await fails(
    "file",
    "missing",
    () => bob.client.sendFile("alice", `${bob.folder}/missing`, quietly),
  );
  await fails(
    "file",
    "not a regular file",
    () => bob.client.sendFile("alice", "/dev/null", quietly),
  );
  const sparse = `${bob.folder}/sparse`;
  await Deno.writeFile(sparse, new Uint8Array(0));
  await Deno.truncate(sparse, 1024 * 1024 * 1024);
  await fails("file", "1 GiB", () => bob.client.sendFile("alice", sparse, quietly));
  assertEquals(bob.server.requests, []);
});

/** A client without an identity, in an empty profile. */
async function unregistered(
  use: (client: Client, folder: string) => Promise<void>,
  refuse = false,
) {
  const state = { clients: [], inbox: [], sent: [] };
  await using server = new FakeServer(
    refuse
      ? async (conn) => {
        await conn.request();
        await conn.respond({ kind: "failure" });
      }
      : honest(state),
  );
  await using temp = await tempFolder();
  using profile = await Profile.open(temp.path);
  await use(newClient(profile, networkOf(profile, server.address)), temp.path);
}

Deno.test("client: registers once", () =>
  unregistered(async (client, folder) => {
    await fails("not-registered", folder, () => Array.fromAsync(client.list()));
    const { id, name } = await client.register("carol 👋", { classic: true });
    assertEquals(client.whoami(), { id, name });
    await fails("already-registered", "carol 👋", () => client.register("dave", { classic: true }));
    const [line] = (await Deno.readTextFile(`${folder}/me.info`)).split("\n");
    assertEquals(line, "carol 👋");
  }));

Deno.test("client: a profile in use is closed to others, and registered afterwards", async () => {
  await using server = new FakeServer(honest({ clients: [], inbox: [], sent: [] }));
  await using temp = await tempFolder();
  const waits: number[] = [];
  const sleep = (milliseconds: number) => Promise.resolve(void waits.push(milliseconds));
  {
    using profile = await Profile.open(temp.path);
    const client = newClient(profile, networkOf(profile, server.address));
    await fails("in-use", temp.path, () => Profile.open(temp.path, { sleep }));
    assertEquals(waits.reduce((sum, wait) => sum + wait), 2000);
    await client.register("carol", { classic: true });
    await fails("in-use", temp.path, () => Profile.open(temp.path, { sleep }));
  }
  using profile = await Profile.open(temp.path, { sleep });
  const late = newClient(profile, networkOf(profile, server.address));
  await fails("already-registered", "carol", () => late.register("dave", { classic: true }));
  assertEquals(server.requests.map(({ kind }) => kind), ["register"]);
});

Deno.test("client: names that cannot be, or that would break me.info", () =>
  unregistered(async (client, folder) => {
    const names = ["", "x", "👋", "x".repeat(255), "ß".repeat(128), "a\0b", "\ud800x"];
    for (const name of [...names, "a\nb", "a\rb", "bob\n", "\x1b[2J", "a\x85b", "a\tb"]) {
      await fails("bad-name", "", () => client.register(name, { classic: true }));
    }
    await assertRejects(() => Deno.stat(`${folder}/me.info`), Deno.errors.NotFound);
  }));

Deno.test("client: a refused name leaves the profile unregistered", () =>
  unregistered(async (client, folder) => {
    await fails("refused", '"carol"', () => client.register("carol", { classic: true }));
    await fails("not-registered", folder, () => Array.fromAsync(client.list()));
    await assertRejects(() => Deno.stat(`${folder}/me.info`), Deno.errors.NotFound);
  }, true));
