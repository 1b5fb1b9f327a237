/** The product's channel against the published vectors, which the reference made. */
import { concat, fromHex, toHex, utf8 } from "../../../shared/bytes.ts";
import { CipherState } from "../../../shared/channel/cipher_state.ts";
import { Handshake } from "../../../shared/channel/handshake.ts";
import { NX } from "../../../shared/channel/patterns.ts";
import { MAX_RECORD_SIZE, putRecord } from "../../../shared/channel/record.ts";
import { RecordReader } from "../../../shared/channel/record_reader.ts";
import { publicIdentity, signLogin } from "../../../shared/crypto/identity.ts";
import { X25519KeyPair } from "../../../shared/crypto/x25519.ts";
import { CryptoError, ProtocolError } from "../../../shared/errors.ts";
import { REQUEST_HEADER_SIZE, RESPONSE_HEADER_SIZE } from "../../../shared/protocol/frame.ts";
import { assert, assertEquals, assertThrows } from "../../support/assert.ts";
import { readOut, source } from "../../support/channel/channel_fixture.ts";
import { readVectors, type RecordVector } from "../session/reference/vector_files.ts";

const { channel } = readVectors();

const prologue = utf8("messaging-system/3");
const pairOf = ({ secret }: { secret: string }) => new X25519KeyPair(fromHex(secret));

/** A client that has sent its message, and the message. */
function newClient(): [Handshake, Uint8Array] {
  const ephemeralKey = pairOf(channel["client ephemeral"]);
  const client = new Handshake({ pattern: NX, initiator: true, prologue, ephemeralKey });
  return [client, client.writeMessage()];
}

Deno.test("vectors: a handshake and a login", async () => {
  const [client, first] = newClient();
  assertEquals(toHex(fromHex(channel["request 110"]).slice(REQUEST_HEADER_SIZE)), toHex(first));
  const server = new Handshake({
    pattern: NX,
    initiator: false,
    prologue,
    staticKey: pairOf(channel["server static"]),
    ephemeralKey: pairOf(channel["server ephemeral"]),
  });
  server.readMessage(first);
  const second = server.writeMessage();
  const response = fromHex(channel["response 1110"]).slice(RESPONSE_HEADER_SIZE);
  assertEquals(toHex(response), toHex(second));
  client.readMessage(second);
  const { hash, remoteStatic } = client.finish();
  assertEquals(toHex(hash), channel["handshake hash"]);
  assertEquals(remoteStatic && toHex(remoteStatic), channel["server static"]["public key"]);

  const secrets = {
    signing: fromHex(channel.client["signing secret"]),
    agreement: fromHex(channel.client["agreement secret"]),
  };
  assertEquals(toHex(await publicIdentity(secrets)), channel.client.identity);
  assertEquals(toHex(await signLogin(secrets, hash)), channel["login signature"]);
});

Deno.test("vectors: responses 1110 that are refused", () => {
  for (const { name, response } of channel["refused responses 1110"]) {
    const [client] = newClient();
    const read = () => client.readMessage(fromHex(response).slice(RESPONSE_HEADER_SIZE));
    const error = assertThrows(read, Error);
    assert(error instanceof CryptoError || error instanceof ProtocolError, `${name}: ${error}`);
  }
});

const reader = (stream: Uint8Array, key: string) => {
  return new RecordReader(source(stream), cipherOf(key), new Uint8Array(0), () => {});
};
const cipherOf = (key: string) => new CipherState(fromHex(key), 0);

Deno.test("vectors: records", async () => {
  const ways: [string, RecordVector[]][] = [
    [channel["key to the server"], channel["to the server"]],
    [channel["key to the client"], channel["to the client"]],
  ];
  for (const [key, records] of ways) {
    const cipher = cipherOf(key);
    for (const { content, record } of records) {
      const into = new Uint8Array(MAX_RECORD_SIZE);
      assertEquals(toHex(into.slice(0, putRecord(cipher, fromHex(content), into, 0))), record);
    }
    const stream = concat(...records.map(({ record }) => fromHex(record)));
    const { content, failure } = await readOut(reader(stream, key), 1000);
    assertEquals(failure, null);
    assertEquals(toHex(content), records.map(({ content }) => content).join(""));
  }
});

Deno.test("vectors: streams of records that are refused", async () => {
  for (const { name, stream } of channel["refused streams to the server"]) {
    const { failure } = await readOut(reader(fromHex(stream), channel["key to the server"]), 1000);
    const expected = failure instanceof CryptoError || failure instanceof ProtocolError;
    assert(expected, `${name}: ${failure}`);
  }
});
