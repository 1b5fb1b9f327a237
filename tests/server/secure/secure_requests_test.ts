import { concat, utf8 } from "../../../shared/bytes.ts";
import { MAX_U32, MiB } from "../../../shared/limits.ts";
import { RequestCode } from "../../support/protocol/codes.ts";
import { MessageType } from "../../../shared/protocol/codes.ts";
import {
  encodeSecureSendPrefix,
  SECURE_SEND_PREFIX_SIZE,
} from "../../../shared/protocol/secure/messages.ts";
import { encodeSecureRequest, secureHeader } from "../../../shared/protocol/secure/requests.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { sampleBytes } from "../../support/pieces.ts";
import { newToken, Someone, textOf, textTo } from "../../support/server/secure_peer.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";

Deno.test("secure requests: another version inside is refused and ends the channel", async () => {
  await using server = await ServerFixture.start();
  for (const version of [0, 1, 2, 4, 255]) {
    const peer = await server.secure(`client ${version}`);
    const request = encodeSecureRequest(textTo(peer.who.id, "text"));
    request[16] = version;
    assertEquals(await peer.refused(request), "malformed");
    assert(await peer.ended());
  }
  assertEquals(server.dump().messages, []);
});

Deno.test("secure requests: a refused one leaves the next in its place", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.secure("alice");
  const { id } = peer.who;
  const payload = (code: number, size: number) =>
    concat(secureHeader(code, size), sampleBytes(size));
  const prefix = (size: number, type = 3) =>
    encodeSecureSendPrefix({ to: id, token: newToken(), type: type as MessageType, size });
  const wrongType = prefix(4);
  wrongType[32] = 9;
  const wrong = [
    payload(0, 0),
    payload(111, 500),
    payload(RequestCode.handshake, 32),
    payload(RequestCode.clientList, 1),
    payload(RequestCode.publicKey, 15),
    payload(RequestCode.publicKey, 17),
    payload(RequestCode.send, SECURE_SEND_PREFIX_SIZE - 1),
    payload(RequestCode.getMessages, 0),
    payload(RequestCode.getMessages, 5),
    payload(RequestCode.subscribe, 1),
    payload(RequestCode.acknowledge, 3),
    payload(RequestCode.acknowledge, 4 * 1024 + 4),
    payload(RequestCode.register, 415), // a name that is none
    payload(RequestCode.register, 414),
    concat(secureHeader(RequestCode.send, 37 + 4), prefix(5), utf8("text")),
    concat(secureHeader(RequestCode.send, 37 + 4), prefix(MAX_U32), utf8("text")),
    concat(secureHeader(RequestCode.send, 37 + 4), wrongType, utf8("text")),
  ];
  await peer.send(...wrong.flatMap((bytes, i) => [bytes, textTo(id, `after ${i}`)]));
  for (const [i] of wrong.entries()) {
    assertEquals((await peer.expect("error")).error, "malformed", `${i}`);
    assertEquals((await peer.expect("sent")).messageId, i + 1);
  }
  assertEquals((await peer.poll()).map(textOf), wrong.map((_, i) => `after ${i}`));
});

Deno.test("secure requests: unread payloads are skipped up to a size", async () => {
  await using server = await ServerFixture.start({ limits: { maxDiscardSize: 10_000 } });
  const peer = await server.secure("alice");
  const unread = (size: number) => concat(secureHeader(200, size), new Uint8Array(size));
  assertEquals(await peer.refused(unread(10_000)), "malformed");
  assertEquals(await peer.sendText(peer.who.id, "in step"), 1);
  assertEquals(await peer.refused(unread(10_001)), "malformed");
  assert(await peer.ended());
});

Deno.test("secure requests: a claimed size is refused without waiting for it", async () => {
  await using server = await ServerFixture.start();
  const { id } = (await server.secure("alice")).who;
  const cases: [Uint8Array, string][] = [
    [secureHeader(200, MAX_U32), "malformed"],
    [secureHeader(RequestCode.clientList, MAX_U32), "malformed"],
    [secureHeader(RequestCode.acknowledge, MAX_U32), "malformed"],
    [
      concat(
        secureHeader(RequestCode.send, MAX_U32),
        encodeSecureSendPrefix({
          to: id,
          token: newToken(),
          type: MessageType.file,
          size: MAX_U32 - SECURE_SEND_PREFIX_SIZE,
        }),
      ),
      "too-large",
    ],
  ];
  for (const [request, reason] of cases) {
    const peer = await server.secure(`client ${reason} ${request.length} ${request[17]}`);
    assertEquals(await peer.refused(request), reason);
    assert(await peer.ended());
  }
});

Deno.test("secure requests: contents around the limit, and where nobody wants them", async () => {
  await using server = await ServerFixture.start({ limits: { maxContentSize: 200_000 } });
  const peer = await server.secure("alice");
  const { id } = peer.who;
  const file = (size: number) => ({ ...textTo(id, sampleBytes(size)), type: MessageType.file });
  assertEquals((await peer.request(file(200_000), "sent")).messageId, 1);
  assertEquals(await peer.refused(file(200_001)), "too-large");
  for (const size of [0, 100, 100_000]) {
    const lost = { ...file(size), to: new Uint8Array(16).fill(1) };
    assertEquals(await peer.refused(lost), "not-found");
  }
  assertEquals((await peer.poll()).map(({ content }) => content.length), [200_000]);
  assertEquals(server.files().length, 1);
});

Deno.test("secure requests: a full mailbox and a full server say so", async () => {
  await using server = await ServerFixture.start({
    limits: { maxClients: 2, maxMailboxSize: MiB, mailboxParts: 1 },
  });
  const peer = await server.secure("alice");
  await server.secure("bob");
  const dave = await Someone.called("dave");
  const channel = await server.open();
  await channel.login(dave);
  assertEquals(
    await channel.refused({ kind: "register", name: dave.name, publicKey: dave.publicKey }),
    "over-quota",
  );
  const half = sampleBytes(MiB / 2);
  await peer.request(textTo(peer.who.id, half), "sent");
  await peer.request(textTo(peer.who.id, half), "sent");
  assertEquals(await peer.refused(textTo(peer.who.id, half)), "over-quota");
  assertEquals(await peer.refused(textTo(peer.who.id, "x")), "over-quota");
  assertEquals(server.files().length, 2);
});

Deno.test("secure requests: a storage that has closed asks to come back later", async () => {
  await using server = await ServerFixture.start();
  const peer = await server.secure("alice");
  await server.services.storage.close();
  for (
    const request of [textTo(peer.who.id, "text"), { kind: "get-messages", after: 0 }] as const
  ) {
    await peer.send(request);
    const { error, retryAfter } = await peer.expect("error");
    assertEquals([error, retryAfter > 0], ["shutting-down", true]);
  }
});
