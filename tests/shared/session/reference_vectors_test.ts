/** The reference and the published vectors: it makes them, reads them, and refuses what it must. */
import { concat, fromHex, toHex } from "../../../shared/bytes.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../support/assert.ts";
import { agreeAsA } from "./reference/agreement.ts";
import { castOf } from "./reference/agreement_vectors.ts";
import { ByteSource, pairOf, Refused } from "./reference/basics.ts";
import { Cipher, finish, openRecords } from "./reference/channel.ts";
import { decodeContent, encodeContent, newerName, unpad } from "./reference/content.ts";
import { openChunk, openFile, sealFile } from "./reference/file_chunks.ts";
import { sampleFile } from "./reference/file_vectors.ts";
import { checkIdentity, readReset } from "./reference/identity.ts";
import { makeVectors } from "./reference/make_vectors.ts";
import { readBundle } from "./reference/prekeys.ts";
import { openEnvelope, type Session } from "./reference/session.ts";
import { type EnvelopesFile, readVectors, readVectorText } from "./reference/vector_files.ts";
import { ratchetOf } from "./reference/vector_states.ts";

const vectors = readVectors();

/** After all that happens in the envelopes, in milliseconds since 1970. */
const LATER = 1_800_100_000_000;

Deno.test("reference: the published vectors are what it makes", async () => {
  for (const [name, text] of await makeVectors()) {
    assert(readVectorText(name) === text, `${name} differs`);
  }
});

Deno.test("reference: what the vectors call refused is refused", async () => {
  const { identities, prekeys, contents, padding, resets } = vectors;
  for (const { identity } of identities.refused) {
    await assertRejects(() => checkIdentity(fromHex(identity)), Refused);
  }
  const { A, B } = await castOf(new ByteSource("prekeys"));
  assertEquals(toHex(B.identity), prekeys.owner.identity);
  const source = new ByteSource("refused");
  for (const { name, bundle } of prekeys["refused bundles"]) {
    const agree = async () =>
      await agreeAsA(
        A,
        B.identity,
        await readBundle(B.identity, fromHex(bundle)),
        source.pair(),
        source.bytes(32),
      );
    const error = await assertRejects(agree, Error, "");
    assert(error instanceof Refused, `${name}: ${error}`);
  }
  for (const { name, "message type": type, content } of contents.refused) {
    const error = assertThrows(() => decodeContent(type, fromHex(content)), Error);
    assert(error instanceof Refused, `${name}: ${error}`);
  }
  for (const { padded } of [...padding.refused, ...padding["padded to another length"]]) {
    assertThrows(() => unpad(fromHex(padded)), Refused);
  }
  const [sender, receiver] = [resets.sender.identity, resets.receiver.identity].map(fromHex);
  for (const { reset } of resets.refused) {
    await assertRejects(() => readReset(sender, receiver, fromHex(reset)), Refused);
  }
});

Deno.test("reference: what the vectors hold can be read", async () => {
  for (const { "message type": type, value, content, padded } of vectors.contents.contents) {
    const decoded = decodeContent(type, unpad(fromHex(padded)));
    assertEquals(toHex(encodeContent(decoded)), content);
    assertEquals([toHex(decoded.id), decoded.at], [value.id, value.at]);
    assertEquals([decoded.text, decoded.file?.name], [value.text, value.file?.name]);
  }
  for (const { "message type": type, unknown, content } of vectors.contents.newer) {
    assertEquals(newerName(type, fromHex(content)), unknown);
  }
  const { sender, receiver, resets } = vectors.resets;
  for (const { time, "message IDs": messageIds, reset } of resets) {
    const [from, to] = [sender.identity, receiver.identity].map(fromHex);
    assertEquals(await readReset(from, to, fromHex(reset)), { time, messageIds });
  }
});

/** The session of `side` in `file`, in the state `state`. */
function sessionOf(
  file: EnvelopesFile,
  side: "A" | "B",
  state: EnvelopesFile["state of A"],
): Session {
  const other = side === "A" ? "B" : "A";
  const [own, peer] = [file[side], file[other]].map(({ identity }) => fromHex(identity));
  return { own, other: peer, ratchet: ratchetOf(state) };
}

Deno.test("reference: envelopes are opened or refused in the state that the vectors give", () => {
  const file = vectors.envelopes;
  const random = new ByteSource("envelopes are opened");
  const open = (session: Session, type: 2 | 3 | 4, envelope: string) => {
    return openEnvelope(session, type, fromHex(envelope), (size) => random.bytes(size), LATER);
  };
  for (const { name, envelope, to, "message type": type, ...vector } of file.envelopes) {
    const state = vector["state of the receiver"];
    if (state === undefined) continue;
    const { padded } = open(sessionOf(file, to, state), type, envelope);
    assertEquals(toHex(padded), vector["padded content"], name);
  }
  for (const { name, envelope } of file["refused by A"]) {
    const session = sessionOf(file, "A", file["state of A"]);
    const error = assertThrows(() => open(session, 3, envelope), Error);
    assert(error instanceof Refused, `${name}: ${error}`);
  }
});

Deno.test("reference: file chunks", () => {
  const { key: hex, chunks, refused, files } = vectors.fileChunks;
  const key = fromHex(hex);
  for (const { name, number, last, plaintext, chunk } of chunks) {
    assertEquals(toHex(openChunk(key, number, last, fromHex(chunk))), plaintext, name);
  }
  for (const { number, last, chunk } of refused) {
    assertThrows(() => openChunk(key, number, last, fromHex(chunk)), Refused);
  }
  for (const { size } of files) {
    const file = sampleFile(size);
    const sealed = sealFile(key, file);
    assertEquals(openFile(key, sealed), file);
    assertThrows(() => openFile(key, sealed.slice(0, -1)), Refused);
    assertThrows(() => openFile(key, [...sealed, sealed[0]]), Refused);
  }
});

Deno.test("reference: the channel", () => {
  const { channel } = vectors;
  const ephemeral = pairOf(fromHex(channel["client ephemeral"].secret));
  const second = (response: string) => fromHex(response).slice(7);
  const { serverKey, keys } = finish(ephemeral, second(channel["response 1110"]));
  assertEquals(toHex(serverKey), channel["server static"]["public key"]);
  assertEquals(toHex(keys.hash), channel["handshake hash"]);
  for (const { response } of channel["refused responses 1110"]) {
    assertThrows(() => finish(ephemeral, second(response)), Refused);
  }
  const ways = [[keys.toServer, "to the server"], [keys.toClient, "to the client"]] as const;
  for (const [key, way] of ways) {
    const stream = concat(...channel[way].map(({ record }) => fromHex(record)));
    const content = channel[way].map(({ content }) => content).join("");
    assertEquals(toHex(openRecords(new Cipher(key), stream)), content);
  }
  for (const { stream } of channel["refused streams to the server"]) {
    assertThrows(() => openRecords(new Cipher(keys.toServer), fromHex(stream)), Refused);
  }
});
