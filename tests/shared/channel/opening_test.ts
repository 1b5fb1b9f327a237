import { concat, toHex } from "../../../shared/bytes.ts";
import {
  acceptHandshake,
  ChannelOpening,
  readHandshakeRequest,
} from "../../../shared/channel/opening.ts";
import { X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { CryptoError, ProtocolError } from "../../../shared/errors.ts";
import { decodeRequestHeader, decodeResponseHeader } from "../../../shared/protocol/frame.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";

const serverKey = X25519KeyPair.generate();

Deno.test("opening: the two frames, byte for byte", () => {
  const { request } = new ChannelOpening();
  assertEquals(request.length, 54);
  assertEquals(toHex(request.subarray(0, 22)), "00".repeat(16) + "036e20000000");
  const { reply } = acceptHandshake(request.subarray(22), serverKey);
  assertEquals(reply.length, 103);
  assertEquals(toHex(reply.subarray(0, 7)), "03560460000000");
});

Deno.test("opening: both sides end up with the same channel, and with the server's key", () => {
  const opening = new ChannelOpening();
  const { reply, result } = acceptHandshake(opening.request.subarray(22), serverKey);
  const mine = opening.finish(reply.subarray(7));
  assertEquals(mine.hash, result.hash);
  assertEquals(mine.remoteStatic, serverKey.publicKey);
  assertEquals(result.remoteStatic, null);
  const text = new Uint8Array([1, 2, 3]);
  assertEquals(result.receive.decrypt(mine.send.encrypt(text)), text);
  assertEquals(mine.receive.decrypt(result.send.encrypt(text)), text);
});

Deno.test("opening: no two are alike", () => {
  const hashes = new Set<string>();
  const { request } = new ChannelOpening();
  for (let i = 0; i < 10; i++) {
    hashes.add(toHex(acceptHandshake(request.subarray(22), serverKey).result.hash));
    const opening = new ChannelOpening();
    hashes.add(toHex(acceptHandshake(opening.request.subarray(22), serverKey).result.hash));
  }
  assertEquals(hashes.size, 20);
});

Deno.test("opening: every changed bit of the answer is noticed", () => {
  for (let bit = 0; bit < 8 * 96; bit++) {
    const opening = new ChannelOpening();
    const { reply } = acceptHandshake(opening.request.subarray(22), serverKey);
    const message = reply.subarray(7);
    message[bit >> 3] ^= 1 << (bit & 7);
    assertThrows(() => opening.finish(message), CryptoError);
    assertThrows(() => opening.finish(message), TypeError); // it is over
  }
});

Deno.test("opening: every changed bit of the question is noticed by who asked", () => {
  for (let bit = 0; bit < 8 * 32; bit++) {
    const opening = new ChannelOpening();
    const question = opening.request.slice(22);
    question[bit >> 3] ^= 1 << (bit & 7);
    const { reply } = acceptHandshake(question, serverKey);
    assertThrows(() => opening.finish(reply.subarray(7)), CryptoError);
  }
});

Deno.test("opening: an answer to another question, or a cut one, is refused", () => {
  const { request } = new ChannelOpening();
  const recorded = acceptHandshake(request.subarray(22), serverKey).reply.subarray(7);
  assertThrows(() => new ChannelOpening().finish(recorded), CryptoError);
  for (let size = 0; size < 96; size++) {
    const error = assertThrows(() => new ChannelOpening().finish(recorded.slice(0, size)), Error);
    assert(error instanceof ProtocolError || error instanceof CryptoError, `${size}: ${error}`);
  }
});

Deno.test("opening: keys of small order are refused by both", () => {
  for (const first of [0, 1]) {
    const small = new Uint8Array(32);
    small[0] = first;
    const error = assertThrows(() => acceptHandshake(small, serverKey), CryptoError);
    assertEquals(error.code, "bad-key");
    const answer = concat(small, new Uint8Array(64));
    assertEquals(
      assertThrows(() => new ChannelOpening().finish(answer), CryptoError).code,
      "bad-key",
    );
  }
});

Deno.test("opening: an answer's header is checked before its payload is read", () => {
  const opening = new ChannelOpening();
  assertEquals(opening.payloadSize({ version: 3, code: 1110, size: 96 }), 96);
  const others = [
    { version: 2, code: 9000, size: 0 }, // what a server that knows only classic says
    { version: 2, code: 1110, size: 96 },
    { version: 4, code: 1110, size: 96 },
    { version: 3, code: 9001, size: 96 },
    { version: 3, code: 1110, size: 95 },
    { version: 3, code: 1110, size: 0xffff_ffff },
  ];
  for (const header of others) {
    const error = assertThrows(() => opening.payloadSize(header), ProtocolError);
    assertEquals(error.code, "unsupported");
  }
  const { reply } = acceptHandshake(opening.request.subarray(22), serverKey);
  assertEquals(opening.payloadSize(decodeResponseHeader(reply.subarray(0, 7))), 96);
});

Deno.test("opening: the server reads a payload of 32 bytes and no other", async () => {
  const { request } = new ChannelOpening();
  const header = decodeRequestHeader(request.subarray(0, 22));
  const read = (size: number) => Promise.resolve(request.slice(22, 22 + size));
  assertEquals(await readHandshakeRequest(header, read), request.slice(22));
  const unread = () => Promise.reject(new TypeError("it was read"));
  for (const other of [{ code: 112 }, { code: 100 }, { size: 31 }, { size: 33 }, { size: 0 }]) {
    const error = await assertRejects(
      () => readHandshakeRequest({ ...header, ...other }, unread),
      ProtocolError,
    );
    assertEquals(error.code, "malformed");
  }
});
