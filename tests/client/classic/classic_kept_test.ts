/** Messages that a classic profile keeps until their receiver has sent a key. */
import { ClientError } from "../../../client/errors.ts";
import { openClient } from "../../../client/open_client.ts";
import { Profile } from "../../../client/profile/profile.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { sleep } from "../../../shared/sleep.ts";
import {
  generateIdentity,
  publicIdentity,
  secureClientId,
} from "../../../shared/crypto/identity.ts";
import { decryptText } from "../../../shared/crypto/classic/classic.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import { assertEquals, assertRejects } from "../../support/assert.ts";
import { Mailbox } from "../../support/client/mailbox.ts";
import { sampleBytes } from "../../support/pieces.ts";

const publicKey = await publicIdentity(generateIdentity());
const carol = { id: secureClientId(publicKey), name: "carol", publicKey };
const KEY = sampleBytes(16);

/** Bob's profile, which is classic, on a server that also has Carol, who is secure. */
async function withCarol(): Promise<Mailbox> {
  const bob = await Mailbox.open();
  bob.state.clients.push(carol);
  return bob;
}

async function code(act: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(act, ClientError)).code;
}

/** The types of what was sent, with the texts. */
async function sent({ state }: Mailbox): Promise<string[]> {
  return await Promise.all(state.sent.map(async ({ type, content }) => {
    return type === MessageType.text ? await decryptText(KEY, content) : `type ${type}`;
  }));
}

/** A server that delivers what waits, and breaks the connection of each message to it. */
function withoutSending(bob: Mailbox): Mailbox["script"] {
  return async (conn) => {
    for (let request; (request = await conn.request());) {
      if (request.kind === "send") return;
      await conn.respond(
        request.kind === "get-messages"
          ? { kind: "messages", messages: bob.state.inbox.splice(0) }
          : { kind: "public-key", clientId: carol.id, publicKey },
      );
    }
  };
}

Deno.test("kept: before the key comes nothing is sent, and no key asked for again", async () => {
  await using bob = await withCarol();
  assertEquals(await code(() => bob.client.sendText("carol", "one")), "queued");
  assertEquals(await code(() => bob.client.sendText("carol", "two")), "queued");
  bob.meetAll();
  assertEquals(await bob.told(), []);
  assertEquals(await sent(bob), ["type 1"]);
  await bob.putKey(KEY, { from: carol.id });
  assertEquals(await bob.told(), ["key", "notice", "notice"]);
  assertEquals(await sent(bob), ["type 1", "one", "two"]);
  await bob.client.sendText("carol", "three");
  assertEquals(await sent(bob), ["type 1", "one", "two", "three"]);
});

Deno.test("kept: of several files each is kept", async () => {
  await using bob = await withCarol();
  const files = ["a", "b", "c"].map((name) => {
    return { name, content: ReadableStream.from([sampleBytes(1_000)]) };
  });
  const sending = () => Array.fromAsync(bob.client.sendFiles("carol", files));
  assertEquals(await code(sending), "queued");
  assertEquals(bob.profile.outbox.first().length, 3);
  await bob.putKey(KEY, { from: carol.id });
  assertEquals(await bob.told(), ["key", "notice", "notice", "notice"]);
  assertEquals(await sent(bob), ["type 1", "type 4", "type 4", "type 4"]);
});

Deno.test("kept: if nobody can be asked for a key, nothing is kept", async () => {
  await using bob = await withCarol();
  bob.meetAll();
  const { script } = bob;
  bob.script = async (conn) => {
    const request = await conn.request();
    if (request?.kind === "public-key") await conn.respond({ ...request, ...asked });
  };
  const asked = { kind: "public-key", clientId: carol.id, publicKey } as const;
  assertEquals(await code(() => bob.client.sendText("carol", "one")), "unreachable");
  const notes = { name: "notes", content: ReadableStream.from([sampleBytes(1_000)]) };
  assertEquals(await code(() => bob.client.sendFile("carol", notes)), "unreachable");
  assertEquals(bob.profile.outbox.first(), []);
  assertEquals([...Deno.readDirSync(bob.profile.outgoingFolder)], [], "no copy is left");
  bob.script = script;
  assertEquals(await code(() => bob.client.sendText("carol", "two")), "queued");
  assertEquals(await sent(bob), ["type 1"]);
});

Deno.test("kept: what cannot be sent when the key comes goes out later, in its order", async () => {
  await using bob = await withCarol();
  for (const text of ["one", "two"]) {
    assertEquals(await code(() => bob.client.sendText("carol", text)), "queued");
  }
  await bob.putKey(KEY, { from: carol.id });
  const { script } = bob;
  bob.script = withoutSending(bob);
  assertEquals(await code(() => bob.receive()), "unreachable");
  assertEquals(await sent(bob), ["type 1"]);
  bob.script = script;
  await bob.reopen();
  // The next message does not overtake those before it.
  await bob.client.sendText("carol", "three");
  assertEquals(await sent(bob), ["type 1", "one", "two", "three"]);
  assertEquals(bob.profile.outbox.first(), []);
});

Deno.test("kept: no message overtakes those that could not be sent just now", async () => {
  await using bob = await withCarol();
  assertEquals(await code(() => bob.client.sendText("carol", "one")), "queued");
  await bob.putKey(KEY, { from: carol.id });
  const { script } = bob;
  bob.script = withoutSending(bob);
  assertEquals(await code(() => bob.receive()), "unreachable");
  // The server fails once, and answers right afterwards.
  bob.script = async (conn) => {
    bob.script = script;
    await conn.request();
  };
  assertEquals(await code(() => bob.client.sendText("carol", "two")), "queued");
  assertEquals(await sent(bob), ["type 1"]);
  await Array.fromAsync(bob.client.list());
  assertEquals(await sent(bob), ["type 1", "one", "two"]);
});

Deno.test("kept: what the server refuses is tried for a week, then marked as failed", async () => {
  await using bob = await withCarol();
  for (const text of ["one", "two"]) {
    assertEquals(await code(() => bob.client.sendText("carol", text)), "queued");
  }
  await bob.putKey(KEY, { from: carol.id });
  const { script } = bob;
  bob.script = async (conn) => {
    for (let request; (request = await conn.request());) {
      if (request.kind === "get-messages") {
        await conn.respond({ kind: "messages", messages: bob.state.inbox.splice(0) });
      } else if (request.kind === "send") await conn.respond({ kind: "failure" });
      else await conn.respond({ kind: "public-key", clientId: carol.id, publicKey });
    }
  };
  // The first is refused, and the second does not overtake it.
  assertEquals(await bob.told(), ["key", "notice"]);
  assertEquals(bob.profile.outbox.first().length, 2);
  const refusing = bob.script;
  bob.script = script;
  assertEquals(await bob.told(), ["notice", "notice"]);
  assertEquals(await sent(bob), ["type 1", "one", "two"]);

  bob.profile.keys.retireAll();
  assertEquals(await code(() => bob.client.sendText("carol", "three")), "queued");
  await bob.putKey(KEY, { from: carol.id });
  bob.script = refusing;
  const start = Date.now();
  bob.now = () => start + 8 * 24 * 60 * 60 * 1000;
  assertEquals(await bob.told(), ["key", "notice"]);
  assertEquals(bob.profile.outbox.first(), []);
  assertEquals([...bob.profile.history.list(carol.id)].map(({ state }) => state), [
    "sent",
    "sent",
    "failed",
  ]);
});

Deno.test("kept: whoever owns the profile next does not send it", async () => {
  for (const classic of [true, false]) {
    await using bob = await withCarol();
    assertEquals(await code(() => bob.client.sendText("carol", "one")), "queued");
    assertEquals(bob.profile.outbox.first().length, 1);
    if (classic) {
      const { privateKey } = bob.profile.identity as { privateKey: Uint8Array<ArrayBuffer> };
      await bob.profile.register({ id: sampleBytes(16), name: "bert", privateKey });
    } else {
      await bob.profile.prepareSecure("bert");
      bob.profile.registerSecure();
    }
    assertEquals(bob.profile.outbox.first(), []);
  }
});

Deno.test("kept: an export takes the copies along that wait for a key", async () => {
  await using bob = await withCarol();
  const content = sampleBytes(100_000);
  const notes = { name: "notes", content: ReadableStream.from([content.slice()]) };
  assertEquals(await code(() => bob.client.sendFile("carol", notes)), "queued");
  const file = `${bob.folder}/export`;
  await bob.profile.exportTo(file, "a passphrase for it");
  const other = `${bob.folder}/other`;
  await Profile.importFrom(file, other, "a passphrase for it");
  using imported = await Profile.open(other, {
    passphrase: () => Promise.resolve("a passphrase for it"),
  });
  const [name] = imported.outbox.copies();
  assertEquals(await Deno.readFile(`${imported.outgoingFolder}/${name}`), content);
});

Deno.test("kept: a copy that nobody needs any more is removed at the next start", async () => {
  await using bob = await withCarol();
  const notes = () => ({ name: "notes", content: ReadableStream.from([sampleBytes(1_000)]) });
  assertEquals(await code(() => bob.client.sendFile("carol", notes())), "queued");
  const left = `${bob.profile.outgoingFolder}/${"0".repeat(32)}`;
  await Deno.writeFile(left, sampleBytes(10));
  const [needed] = bob.profile.outbox.copies();
  const { outgoingFolder } = bob.profile;
  const names = () => [...Deno.readDirSync(outgoingFolder)].map(({ name }) => name);
  const start = async () => {
    bob.profile[Symbol.dispose]();
    const runtime = { now: () => Date.now(), random: randomBytes, sleep };
    await using _opened = await openClient({ folder: bob.folder, ...runtime });
  };
  await start();
  assertEquals(names(), [needed]);
  await bob.reopen();
  const { privateKey } = bob.profile.identity as { privateKey: Uint8Array<ArrayBuffer> };
  await bob.profile.register({ id: sampleBytes(16), name: "bert", privateKey });
  await start();
  assertEquals(names(), []);
  await bob.reopen();
});
