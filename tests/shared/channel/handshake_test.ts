import { concat, fromHex, toHex, utf8 } from "../../../shared/bytes.ts";
import {
  Handshake,
  type HandshakeOptions,
  type HandshakeResult,
} from "../../../shared/channel/handshake.ts";
import { NX } from "../../../shared/channel/patterns.ts";
import { X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { CryptoError, ProtocolError } from "../../../shared/errors.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { readNoiseVector } from "../../support/vectors.ts";

Deno.test("every message and the handshake hash (noise/nx.json)", () => {
  const vector = readNoiseVector();
  const initiator = new Handshake({
    pattern: NX,
    initiator: true,
    prologue: fromHex(vector.init_prologue),
    ephemeralKey: pair(vector.init_ephemeral),
  });
  const responder = new Handshake({
    pattern: NX,
    initiator: false,
    prologue: fromHex(vector.resp_prologue),
    staticKey: pair(vector.resp_static),
    ephemeralKey: pair(vector.resp_ephemeral),
  });
  let results: [HandshakeResult, HandshakeResult] | null = null;
  vector.messages.forEach(({ payload, ciphertext }, i) => {
    const turn = i % 2;
    if (!initiator.complete) {
      const [from, to] = turn === 0 ? [initiator, responder] : [responder, initiator];
      assertEquals(toHex(from.writeMessage(fromHex(payload))), ciphertext);
      assertEquals(toHex(to.readMessage(fromHex(ciphertext))), payload);
      assertEquals(from.complete, to.complete);
      return;
    }
    results ??= [initiator.finish(), responder.finish()];
    const [from, to] = [results[turn], results[1 - turn]];
    assertEquals(toHex(from.send.encrypt(fromHex(payload))), ciphertext);
    assertEquals(toHex(to.receive.decrypt(fromHex(ciphertext))), payload);
  });
  assert(results !== null);
  const [first, second] = results as [HandshakeResult, HandshakeResult];
  for (const { hash } of [first, second]) assertEquals(toHex(hash), vector.handshake_hash);
  assertEquals(first.remoteStatic, pair(vector.resp_static).publicKey);
  assertEquals(second.remoteStatic, null);
});

function pair(secret: string): X25519KeyPair {
  return new X25519KeyPair(fromHex(secret));
}

const prologue = utf8("messaging-system/3");
const serverKey = X25519KeyPair.generate();

function both(changes: Partial<HandshakeOptions> = {}): [Handshake, Handshake] {
  return [
    new Handshake({ pattern: NX, initiator: true, prologue }),
    new Handshake({ pattern: NX, initiator: false, prologue, staticKey: serverKey, ...changes }),
  ];
}

Deno.test("NX: the client learns the server's key, the server learns none", () => {
  const [client, server] = both();
  assertEquals(server.readMessage(client.writeMessage(utf8("open"))), utf8("open"));
  assertEquals(client.remoteStatic, null);
  assertEquals(client.readMessage(server.writeMessage(utf8("secret"))), utf8("secret"));
  assert(client.complete && server.complete);
  assertEquals(client.remoteStatic, serverKey.publicKey);
  const [a, b] = [client.finish(), server.finish()];
  assertEquals(a.hash, b.hash);
  assertEquals(b.remoteStatic, null);
});

Deno.test("no two handshakes are alike", () => {
  const messages = new Set<string>();
  const hashes = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const [client, server] = both();
    const first = client.writeMessage();
    server.readMessage(first);
    const second = server.writeMessage();
    client.readMessage(second);
    messages.add(toHex(first)).add(toHex(second));
    hashes.add(toHex(client.finish().hash));
  }
  assertEquals([messages.size, hashes.size], [40, 20]);
});

Deno.test("each bit of the server's message counts, and each byte", () => {
  const { length } = answer().message;
  for (let bit = 0; bit < length * 8; bit++) {
    const { client, message } = answer();
    message[bit >> 3] ^= 1 << (bit & 7);
    // So does the last bit of an X25519 key, which the agreement ignores: the hash covers it.
    assertThrows(() => client.readMessage(message), CryptoError);
    assertPoisoned(client);
  }
  for (let size = 0; size < length; size++) {
    const { client, message } = answer();
    const error = assertThrows(() => client.readMessage(message.subarray(0, size)), Error);
    assert(error instanceof CryptoError || error instanceof ProtocolError);
    assertPoisoned(client);
  }
  const { client, message } = answer();
  assertThrows(() => client.readMessage(concat(message, new Uint8Array(1))), CryptoError);
  assertPoisoned(client);
});

function answer() {
  const [client, server] = both();
  server.readMessage(client.writeMessage());
  return { client, message: server.writeMessage(utf8("payload")) };
}

function assertPoisoned(handshake: Handshake): void {
  assertEquals(handshake.remoteStatic, null);
  assertThrows(() => handshake.readMessage(new Uint8Array(64)), TypeError);
  assertThrows(() => handshake.writeMessage(), TypeError);
  assertThrows(() => handshake.finish(), TypeError);
}

Deno.test("a changed first message or prologue, or another's answer, fails", () => {
  {
    const [client, server] = both();
    const message = client.writeMessage(utf8("hello"));
    message[message.length - 1] ^= 1;
    server.readMessage(message);
    assertThrows(() => client.readMessage(server.writeMessage()), CryptoError);
  }
  {
    const [client, server] = both({ prologue: utf8("messaging-system/2") });
    server.readMessage(client.writeMessage());
    assertThrows(() => client.readMessage(server.writeMessage()), CryptoError);
  }
  {
    const [client] = both();
    client.writeMessage();
    assertEquals(
      assertThrows(() => client.readMessage(answer().message), CryptoError).code,
      "decrypt-failed",
    );
  }
});

Deno.test("keys of small order are refused", () => {
  const smallOrder = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ];
  for (const key of smallOrder) {
    const [, server] = both();
    server.readMessage(fromHex(key));
    assertEquals(assertThrows(() => server.writeMessage(), CryptoError).code, "bad-key");
    assertThrows(() => server.writeMessage(), TypeError);
  }
});

Deno.test("handshake messages hold at most 65,535 bytes", () => {
  const [client, server] = both();
  const message = client.writeMessage(new Uint8Array(65_535 - 32));
  assertEquals(message.length, 65_535);
  assertEquals(server.readMessage(message).length, 65_535 - 32);
  const large = () => both()[0].writeMessage(new Uint8Array(65_536 - 32));
  assertEquals(assertThrows(large, ProtocolError).code, "too-large");
  const reading = () => both()[1].readMessage(new Uint8Array(65_536));
  assertEquals(assertThrows(reading, ProtocolError).code, "too-large");
  const short = () => both()[1].readMessage(new Uint8Array(31));
  assertEquals(assertThrows(short, ProtocolError).code, "malformed");
});

Deno.test("turns are kept", () => {
  const [client, server] = both();
  assertThrows(() => client.readMessage(new Uint8Array(32)), TypeError);
  assertThrows(() => server.writeMessage(), TypeError);
  assertThrows(() => client.finish(), TypeError);
  server.readMessage(client.writeMessage()); // a call out of turn changes nothing
  assertThrows(() => client.writeMessage(), TypeError);
  client.readMessage(server.writeMessage());
  assertThrows(() => client.writeMessage(), TypeError);
  client.finish();
  assertThrows(() => client.finish(), TypeError);
});

Deno.test("a pattern's keys must be given", () => {
  const make = (options: Partial<HandshakeOptions>) => () =>
    new Handshake({ pattern: NX, initiator: false, prologue, ...options });
  assertThrows(make({}), TypeError);
});
