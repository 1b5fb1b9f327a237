/** The vectors of the channel: a handshake, a login, and records. */
import { type Bytes, concat, utf8 } from "../../../../shared/bytes.ts";
import { ByteSource, integer, pairOf } from "./basics.ts";
import { answer, Cipher, finish, request, response, sealRecord } from "./channel.ts";
import { type Person, personOf } from "./identity.ts";
import { sign } from "./primitives.ts";
import { type Json, json, pairJson, personJson } from "./vector_json.ts";

/** 16 bytes that count up from `first`, twice. */
const counting = (first: number): Bytes =>
  Uint8Array.from({ length: 32 }, (_, i) => first + i % 16);

export async function channelVectors(): Promise<Json> {
  const server = { static: pairOf(counting(0x10)), ephemeral: pairOf(counting(0x30)) };
  const client = pairOf(counting(0x20));
  const person = await personOf(counting(0x40), counting(0x50));
  const { second, keys } = answer(client.publicKey, server.static, server.ephemeral);
  if (finish(client, second).keys.hash.join() !== keys.hash.join()) throw new Error("two hashes");
  const signedMessage = concat(utf8("messaging-system/3 login"), keys.hash);
  const signature = await sign(person.signing, signedMessage);
  const frames = framesOf(person, signature);
  return json({
    "server static": pairJson(server.static),
    "client ephemeral": pairJson(client),
    "server ephemeral": pairJson(server.ephemeral),
    "request 110": request(new Uint8Array(16), 110, client.publicKey),
    "response 1110": response(1110, second),
    "handshake hash": keys.hash,
    "key to the server": keys.toServer,
    "key to the client": keys.toClient,
    client: personJson(person),
    "signed message of the login": signedMessage,
    "login signature": signature,
    "to the server": recordsJson(keys.toServer, frames.up),
    "to the client": recordsJson(keys.toClient, frames.down),
    "refused streams to the server": refusedStreams(keys.toServer),
    "refused responses 1110": refusedResponses(second),
  });
}

/** What travels in records: a content with the empty one at the end. */
function framesOf(person: Person, signature: Bytes): Record<"up" | "down", Bytes[]> {
  const anybody = new Uint8Array(16);
  const login = request(anybody, 112, concat(person.identity, signature));
  const name = utf8("alice");
  const padded = concat(name, new Uint8Array(255 - name.length));
  const register = request(person.id, 100, concat(padded, person.identity));
  const list = request(anybody, 101, new Uint8Array(0));
  return {
    // The second request begins in the record of the first, and the third ends in one of its own.
    up: [
      login,
      register.slice(0, 100),
      concat(register.slice(100), list.slice(0, 1)),
      list.slice(1),
      new Uint8Array(0),
    ],
    down: [
      response(1112, new Uint8Array([0])),
      response(1000, person.id),
      response(1001, new Uint8Array(0)),
      new Uint8Array(0),
    ],
  };
}

function recordsJson(key: Bytes, contents: Bytes[]): Json {
  const cipher = new Cipher(key);
  return json(contents.map((content) => {
    const { nonce } = cipher;
    return { nonce, content, record: sealRecord(cipher, content) };
  }));
}

function refusedStreams(key: Bytes): object[] {
  const seal = (n: number, size: number) =>
    sealRecord(new Cipher(key, n), counting(1).slice(0, size));
  const [first, second, end] = [seal(0, 10), seal(1, 20), seal(2, 0)];
  const cases: [string, Bytes][] = [
    ["no end", concat(first, second)],
    ["cut off in a record", concat(first, second, end.slice(0, -1))],
    ["cut off in a length", concat(first, second, end.slice(0, 1))],
    ["two records in another order", concat(second, first, end)],
    ["a record is missing", concat(first, end)],
    ["a record twice", concat(first, first, second, end)],
    ["a changed bit", concat(first.with(2, first[2] ^ 1), second, end)],
    ["a length of 15", concat(first, new Uint8Array([0, 15]), new Uint8Array(15))],
    ["a length of 0", concat(first, new Uint8Array(2))],
    ["the key of the other direction", sealRecord(new Cipher(key.toReversed()), counting(1))],
    ["a length that is little-endian", concat(integer(first.length - 2, 2), first.slice(2))],
  ];
  return cases.map(([name, stream]) => ({ name, stream }));
}

function refusedResponses(second: Bytes): object[] {
  const source = new ByteSource("refused handshakes");
  const zero = concat(new Uint8Array(32), second.slice(32));
  const other = answer(source.pair().publicKey, source.pair(), source.pair()).second;
  const cases: [string, Bytes][] = [
    ["an ephemeral key of small order", zero],
    ["a changed static key", second.with(40, second[40] ^ 1)],
    ["a changed tag", second.with(95, second[95] ^ 1)],
    ["of another handshake", other],
    ["cut short", second.slice(0, -1)],
  ];
  return cases.map(([name, second]) => ({ name, response: response(1110, second) }));
}
