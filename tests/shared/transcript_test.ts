/** What the original programs said to each other, byte for byte, and what they kept secret. */
import { type Bytes, fromHex, toHex, utf8 } from "../../shared/bytes.ts";
import {
  cbcDecryptStream,
  cbcEncryptStream,
  decryptCbc,
  encryptCbc,
} from "../../shared/crypto/classic/aes_cbc.ts";
import {
  decryptText,
  encryptText,
  trimDer,
  unwrapSymmetricKey,
  wrapSymmetricKey,
} from "../../shared/crypto/classic/classic.ts";
import { CryptoError } from "../../shared/errors.ts";
import { encodeRequest, type Request } from "../../shared/protocol/classic/requests.ts";
import { encodeResponse, type Response } from "../../shared/protocol/classic/responses.ts";
import { decodeRequestPayload, decodeResponsePayload } from "../support/protocol/frames.ts";
import { CLASSIC_VERSION, MessageType } from "../../shared/protocol/codes.ts";
import {
  decodeRequestHeader,
  decodeResponseHeader,
  REQUEST_HEADER_SIZE,
  RESPONSE_HEADER_SIZE,
} from "../../shared/protocol/frame.ts";
import { FrameReader } from "../../shared/protocol/frame_stream.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { cut, PieceSource, through } from "../support/pieces.ts";
import { readTranscript } from "../support/vectors.ts";

const transcript = readTranscript();
const exchanges = transcript.steps.flatMap((step) => step.exchanges);

/** All requests of one connection's stream. */
async function readRequests(stream: Bytes, pieceSize = stream.length): Promise<Request[]> {
  const reader = new FrameReader(new PieceSource(cut(stream, [pieceSize])));
  const requests: Request[] = [];
  while (await reader.more()) {
    const header = decodeRequestHeader(await reader.read(REQUEST_HEADER_SIZE));
    requests.push(decodeRequestPayload(header, await reader.read(header.size)));
  }
  return requests;
}

/** All responses of one connection's stream. */
async function readResponses(stream: Bytes, pieceSize = stream.length): Promise<Response[]> {
  const reader = new FrameReader(new PieceSource(cut(stream, [pieceSize])));
  const responses: Response[] = [];
  while (await reader.more()) {
    const header = decodeResponseHeader(await reader.read(RESPONSE_HEADER_SIZE));
    responses.push(decodeResponsePayload(header, await reader.read(header.size)));
  }
  return responses;
}

const requests = (await Promise.all(exchanges.map((e) => readRequests(fromHex(e.request))))).flat();
const responses = (await Promise.all(exchanges.map((e) => readResponses(fromHex(e.response)))))
  .flat();

/** A message with the two ends of its way. */
interface Message {
  from: string;
  to: string;
  type: number;
  content: Bytes;
}

const sent: Message[] = requests.flatMap((request) =>
  request.kind === "send"
    ? [{ ...request, from: toHex(request.clientId), to: toHex(request.to) }]
    : []
);

const delivered: Message[] = requests.flatMap((request, i) => {
  const response = responses[i];
  if (request.kind !== "get-messages" || response.kind !== "messages") return [];
  const to = toHex(request.clientId);
  return response.messages.map((message) => ({ ...message, from: toHex(message.from), to }));
});

/** The identities in the `me.info` files, by their ID in hex. */
const identities = new Map(
  Object.values(transcript["me.info"]).map(([name, id, key]) => {
    const padded = Uint8Array.from(atob(key), (character) => character.charCodeAt(0));
    return [id.toLowerCase(), { name, padded, privateKey: trimDer(padded) }];
  }),
);

function ofType(type: number): Message[] {
  return sent.filter((message) => message.type === type);
}

/** The symmetric key that was sent for the conversation that `message` belongs to. */
async function keyFor(message: Message): Promise<Bytes> {
  const ends = [message.from, message.to].sort().join();
  const wrapped = ofType(MessageType.key).find(({ from, to }) => [from, to].sort().join() === ends);
  const receiver = wrapped && identities.get(wrapped.to);
  assert(wrapped && receiver, "no key was sent");
  return await unwrapSymmetricKey(receiver.privateKey, wrapped.content);
}

Deno.test("transcript: every stream decodes and encodes to the same bytes", async () => {
  for (const { request, response } of exchanges) {
    for (const pieceSize of [1, 100, 10_000]) {
      const requests = await readRequests(fromHex(request), pieceSize);
      const responses = await readResponses(fromHex(response), pieceSize);
      assertEquals(requests.map((value) => toHex(encodeRequest(value))).join(""), request);
      assertEquals(responses.map((value) => toHex(encodeResponse(value))).join(""), response);
      assert(requests.length > 0 && requests.length === responses.length);
    }
  }
});

Deno.test("transcript: every kind of request and of message is there, in version 2", () => {
  const kinds = (values: { kind: string }[]) => [...new Set(values.map(({ kind }) => kind))].sort();
  const asked = ["client-list", "get-messages", "public-key", "register", "send"];
  const answered = ["client-list", "failure", "messages", "public-key", "registered", "sent"];
  assertEquals(kinds(requests), asked);
  assertEquals(kinds(responses), answered);
  assertEquals(sent.map(({ type }) => type), [1, 2, 3, 3, 4]);
  const versions = [...requests, ...responses].map(({ version }) => version);
  assertEquals(new Set(versions), new Set([CLASSIC_VERSION]));
});

Deno.test("transcript: what was sent is what was delivered", () => {
  assertEquals(delivered.length, 5);
  const shown = ({ from, to, type, content }: Message) => ({ from, to, type, content });
  assertEquals(delivered.map(shown), sent.map(shown));
  assertEquals(sent[0].content.length, 0);
});

Deno.test("transcript: me.info holds the ID and the private key in 1000 bytes", async () => {
  const names = requests.flatMap((request) => request.kind === "register" ? [request.name] : []);
  const registered = responses.flatMap((response) =>
    response.kind === "registered" ? [toHex(response.clientId)] : []
  );
  assertEquals(identities.size, 2);
  for (const [id, { name, padded, privateKey }] of identities) {
    assertEquals(padded.length, 1000);
    assert(padded.subarray(privateKey.length).every((byte) => byte === 0));
    assert(names.includes(name), name);
    assert(registered.includes(id), id);
    const published = responses.flatMap((r) =>
      r.kind === "public-key" && toHex(r.clientId) === id ? [r.publicKey] : []
    );
    assertEquals(published.length, 1);
    const key = new Uint8Array(16).fill(7);
    const wrapped = await wrapSymmetricKey(published[0], key);
    assertEquals(await unwrapSymmetricKey(privateKey, wrapped), key);
  }
});

Deno.test("transcript: keys come out for their receivers alone", async () => {
  const keys = ofType(MessageType.key);
  assertEquals(keys.length, 1);
  for (const { from, to, content } of keys) {
    const [sender, receiver] = [identities.get(from), identities.get(to)];
    assert(sender && receiver);
    assertEquals((await unwrapSymmetricKey(receiver.privateKey, content)).length, 16);
    await assertRejects(() => unwrapSymmetricKey(sender.privateKey, content), CryptoError);
  }
});

Deno.test("transcript: texts decrypt, and encrypt to the same bytes", async () => {
  const texts: string[] = [];
  for (const message of ofType(MessageType.text)) {
    const key = await keyFor(message);
    const text = await decryptText(key, message.content);
    assertEquals(toHex(await encryptText(key, text)), toHex(message.content));
    texts.push(text);
  }
  assertEquals(texts, transcript.texts);
});

Deno.test("transcript: the file decrypts, encrypts to the same bytes, streams too", async () => {
  const files = ofType(MessageType.file);
  assertEquals(files.length, 1);
  const [{ content }] = files;
  const key = await keyFor(files[0]);
  const file = utf8(transcript.file);
  assertEquals(await decryptCbc(key, content), file);
  assertEquals(await encryptCbc(key, file), content);
  for (const sizes of [[content.length], [1], [17, 3]]) {
    assertEquals(await through(cut(content, sizes), cbcDecryptStream(key)), file);
    assertEquals(await through(cut(file, sizes), cbcEncryptStream(key)), content);
  }
});
