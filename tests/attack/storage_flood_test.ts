/** Strangers who store as much as they can, and others who still get theirs through. */
import { DAY } from "../../server/limits/limits.ts";
import { UPLOADS_AHEAD } from "../../server/storage/file_records.ts";
import {
  FILE_OVERHEAD,
  MESSAGE_OVERHEAD,
  RECEIVER_OVERHEAD,
  TOKEN_OVERHEAD,
} from "../../server/storage/storage_options.ts";
import { FILE_CHUNK_SIZE, KiB, MiB } from "../../shared/limits.ts";
import type { SecureRequest } from "../../shared/protocol/secure/requests.ts";
import { MessageType } from "../../shared/protocol/codes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { sampleBytes } from "../support/pieces.ts";
import { requestBytes } from "../support/server/peer.ts";
import { newToken, type SecurePeer, Someone, textTo } from "../support/server/secure_peer.ts";
import { openUpload, putChunks, upload } from "../support/server/secure_uploads.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";

/** Sends texts until one is refused. Returns how many were stored, and the retry time. */
async function flood(peer: SecurePeer, to: Uint8Array<ArrayBuffer>, most: number, text = "x") {
  for (let sent = 0; sent < most; sent++) {
    await peer.send(textTo(to, text));
    const answer = await peer.next();
    if (answer.kind === "error") {
      assertEquals(answer.error, "over-quota");
      return { sent, retryAfter: answer.retryAfter };
    }
  }
  return { sent: most, retryAfter: 0 };
}

Deno.test("attack: a stranger who fills a mailbox leaves most of it to friends", async () => {
  await using server = await ServerFixture.start({ limits: { maxMessages: 1_000 } });
  const [mallory, alice, friend] = [
    await server.secure("mallory"),
    await server.secure("alice"),
    await server.secure("friend"),
  ];
  const { sent, retryAfter } = await flood(mallory, alice.who.id, 1_001);
  assert(sent >= 100 && sent <= 110 && retryAfter > 0, `${sent} messages`);
  for (let i = 0; i < 20; i++) await friend.sendText(alice.who.id, "hello");
  await alice.acknowledge(...Array.from({ length: 50 }, (_, i) => i + 1));
  assert((await flood(mallory, alice.who.id, 100)).sent > 0, "what was fetched makes room");
});

Deno.test("attack: messages count against quota and total, inline and streamed", async () => {
  const limits = { maxSenderSize: MiB, maxTotalSize: 2 * MiB };
  await using server = await ServerFixture.start({ limits });
  const stored = () => {
    const { files } = server.dump();
    return files.reduce<number>((sum, file) => sum + Number(String(file).split(" ")[1]), 0);
  };
  const [mallory, alice] = [await server.secure("mallory"), await server.secure("alice")];
  const large = textTo(alice.who.id, sampleBytes(MiB / 2));
  await mallory.request(large, "sent");
  for (let i = 0; i < 10; i++) {
    const again = textTo(alice.who.id, sampleBytes(MiB / 2), newToken());
    assertEquals(await mallory.refused(again), "over-quota");
  }
  assertEquals(stored(), MiB / 2);
  let inline = 0;
  while (inline < 100) {
    await mallory.send(textTo(alice.who.id, sampleBytes(60_000)));
    if ((await mallory.next()).kind === "error") break;
    inline++;
  }
  assertEquals(inline, 8);

  // Nobody has to log in for the classic protocol.
  const peer = await server.connect();
  const bob = await peer.register("bob");
  let sent = 0;
  for (let i = 0; i < 300; i++) {
    const content = sampleBytes(60_000);
    await peer.send(requestBytes(bob, { kind: "send", to: bob, type: 3, content }));
    if ((await peer.response()).kind === "sent") sent++;
  }
  assertEquals(sent, 17);
  const { charged } = await server.services.storage.stats();
  assert(charged <= limits.maxTotalSize, `${charged} bytes`);
});

Deno.test("attack: who claims another's ID uses up his own address's part alone", async () => {
  const limits = { maxMessages: 100 };
  await using server = await ServerFixture.start({ limits, exempt: ["127.0.0.2"] });
  const peer = await server.connect();
  const [alice, victim] = [await peer.register("alice"), await peer.register("victim")];
  const send = { kind: "send", to: alice, type: 3, content: sampleBytes(10) } as const;
  let sent = 0;
  while ((await peer.request(victim, send)).kind === "sent") sent++;
  assertEquals(sent, 10);
  assertEquals((await peer.request(alice, send)).kind, "failure");
  // What the victim sends counts for itself: here on a secure channel, there from its own address.
  const friend = await server.secure("friend");
  await friend.sendText(alice, "hello");
  const from = { from: victim, to: alice, type: MessageType.text };
  await server.services.storage.deposit({ ...from, content: { inline: sampleBytes(10) } });
  const payers = server.dump().messages.map((row) => (row as unknown[])[7]);
  assertEquals(new Set(payers).size, 2, "one address, and those who count for themselves");
});

Deno.test("attack: contents that come in side by side do not pass the quota", async () => {
  await using server = await ServerFixture.start({ limits: { maxSenderSize: 2 * MiB } });
  const alice = await server.secure("alice");
  const { id } = alice.who;
  const peers = [];
  for (let i = 0; i < 8; i++) peers.push(await server.secure(alice.who));
  const answers = await Promise.all(peers.map(async (peer) => {
    await peer.send(textTo(id, sampleBytes(MiB), newToken()));
    return (await peer.next()).kind;
  }));
  const sent = answers.filter((kind) => kind === "sent").length;
  assert(sent <= 1, `${sent} contents`);
  assertEquals([server.files().length, (await server.services.storage.stats()).messages], [
    sent,
    sent,
  ]);
  await peers[0].request(textTo(id, sampleBytes(1000), newToken()), "sent");
});

Deno.test("attack: uploads without bytes leave everybody else their room", async () => {
  const limits = { maxSenderSize: 64 * FILE_CHUNK_SIZE, maxTotalSize: 90 * FILE_CHUNK_SIZE };
  await using server = await ServerFixture.start({ limits });
  for (let i = 0; i < 16; i++) {
    const mallory = await server.secure(`mallory ${i}`);
    for (let k = 0; k < 20; k++) await openUpload(mallory, newToken(), 5 * FILE_CHUNK_SIZE);
  }
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  await upload(alice, newToken(), sampleBytes(20 * FILE_CHUNK_SIZE), bob.who.id);
  const { fileBytes } = await server.services.storage.stats();
  assertEquals(fileBytes, (16 * UPLOADS_AHEAD + 20) * FILE_CHUNK_SIZE);
});

Deno.test("attack: an upload over the quota waits, and goes on when there is room", async () => {
  const limits = { maxSenderSize: 20 * FILE_CHUNK_SIZE + 2 * FILE_OVERHEAD + RECEIVER_OVERHEAD };
  await using server = await ServerFixture.start({ limits });
  const [alice, bob] = [await server.secure("alice"), await server.secure("bob")];
  const [blob, other] = [newToken(), newToken()];
  const content = sampleBytes(15 * FILE_CHUNK_SIZE);
  await openUpload(alice, blob, content.length);
  await upload(alice, other, sampleBytes(10 * FILE_CHUNK_SIZE), bob.who.id);
  await putChunks(alice, blob, content, 0, 10);
  const bytes = content.subarray(10 * FILE_CHUNK_SIZE, 11 * FILE_CHUNK_SIZE);
  const next: SecureRequest = { kind: "put-chunk", blob, chunk: 10, bytes };
  await alice.send(next);
  const { error, retryAfter } = await alice.expect("error");
  assertEquals([error, retryAfter > 0], ["over-quota", true]);
  await bob.request({ kind: "release", blob: other }, "released");
  await upload(alice, blob, content, bob.who.id);
});

Deno.test("attack: tokens of fetched messages count until they are forgotten", async () => {
  const limits = { maxSenderSize: 256 * KiB, maxTotalSize: 256 * KiB };
  let now = Date.now();
  await using server = await ServerFixture.start({ limits, now: () => now });
  const mallory = await server.secure("mallory");
  const { id } = mallory.who;
  /** Sends messages to herself and fetches them, until one is refused or 1,000 were not. */
  const flood = async () => {
    let sent = 0;
    while (sent < 1_000) {
      await mallory.send(...Array.from({ length: 100 }, () => textTo(id, "")));
      const answers = await Array.fromAsync({ length: 100 }, () => mallory.next());
      const ids = answers.flatMap((answer) => answer.kind === "sent" ? [answer.messageId] : []);
      if (ids.length > 0) await mallory.acknowledge(...ids);
      sent += ids.length;
      if (ids.length < 100) break;
    }
    return sent;
  };
  let sum = 0;
  for (let round = 0; round < 4; round++) sum += await flood();
  const most = limits.maxTotalSize / TOKEN_OVERHEAD;
  assert(sum > most / 2 && sum < most, `${sum} messages`);
  const { tokens } = server.dump();
  assertEquals(tokens.length, sum);
  const size = await Deno.stat(`${server.folder}/server.db`);
  assert(size.size < 4 * limits.maxTotalSize, `${size.size} bytes`);

  now += 8 * DAY;
  while (await server.services.storage.forgetTokens() > 0);
  assert(await flood() >= 1_000, "what is forgotten makes room");
});

Deno.test("attack: who leaves and comes back has no more room, its name all of it", async () => {
  const each = MESSAGE_OVERHEAD + TOKEN_OVERHEAD;
  const limits = { maxSenderSize: 10 * each, registrations: { burst: 100, interval: 1 } };
  await using server = await ServerFixture.start({ limits });
  const [alice, who] = [await server.secure("alice"), await Someone.called("mallory")];
  let sent = 0;
  for (let round = 0; round < 4; round++) {
    const mallory = await server.secure(who);
    sent += (await flood(mallory, alice.who.id, 100, "")).sent;
    await mallory.request({ kind: "unregister" }, "unregistered");
    await server.services.remains.done();
  }
  assertEquals(sent, 10);
  const other = await server.secure("mallory");
  assertEquals((await flood(other, alice.who.id, 100, "")).sent, 10);
  // Her own mailbox went with her, and those who had filled it have their room again.
  const again = await server.secure(await Someone.called("mallory again"));
  assertEquals((await flood(alice, again.who.id, 100, "")).sent, 10);
  await again.request({ kind: "unregister" }, "unregistered");
  await server.services.remains.done();
  const { charged } = await server.services.storage.stats();
  assertEquals(charged, 20 * each + 10 * TOKEN_OVERHEAD);
});
