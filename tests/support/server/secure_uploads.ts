/** What a client does to move a file in chunks. */
import { type Bytes, concatAll } from "../../../shared/bytes.ts";
import { FILE_CHUNK_SIZE } from "../../../shared/limits.ts";
import { chunkCount } from "../../../shared/protocol/secure/files.ts";
import { encodeSecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { assertEquals } from "../assert.ts";
import type { SecurePeer } from "./secure_peer.ts";

/** Chunk number `chunk` of `content`. */
export function chunkOf(content: Bytes, chunk: number): Bytes {
  return content.subarray(chunk * FILE_CHUNK_SIZE, (chunk + 1) * FILE_CHUNK_SIZE);
}

/** Opens an upload, or one again. Returns the first missing chunk. */
export async function openUpload(peer: SecurePeer, blob: Bytes, size: number): Promise<number> {
  return (await peer.request({ kind: "open-upload", blob, size }, "upload")).next;
}

/** Sends the chunks from `from` up to `to` without waiting in between, then reads the answers. */
export async function putChunks(
  peer: SecurePeer,
  blob: Bytes,
  content: Bytes,
  from = 0,
  to = chunkCount(content.length),
): Promise<void> {
  const send = async () => {
    for (let chunk = from; chunk < to; chunk++) {
      await peer.send({ kind: "put-chunk", blob, chunk, bytes: chunkOf(content, chunk) });
    }
  };
  const receive = async () => {
    for (let chunk = from; chunk < to; chunk++) {
      assertEquals((await peer.expect("chunk-stored")).chunk, chunk);
    }
  };
  await Promise.all([send(), receive()]); // a server that is killed fails both
}

export async function share(peer: SecurePeer, blob: Bytes, ...receivers: Bytes[]): Promise<void> {
  await peer.request({ kind: "share", blob, receivers }, "shared");
}

/** Uploads `content` from where it stopped and shares it. */
export async function upload(
  peer: SecurePeer,
  blob: Bytes,
  content: Bytes,
  ...receivers: Bytes[]
): Promise<void> {
  await putChunks(peer, blob, content, await openUpload(peer, blob, content.length));
  await share(peer, blob, ...receivers);
}

/** All of a file of `size` bytes, whose chunks are asked for at once. */
export async function download(peer: SecurePeer, blob: Bytes, size: number): Promise<Bytes> {
  const count = chunkCount(size);
  const asked = Array.from(
    { length: count },
    (_, chunk) => encodeSecureRequest({ kind: "get-chunk", blob, chunk }),
  );
  await peer.send(concatAll(asked));
  const chunks: Bytes[] = [];
  while (chunks.length < count) chunks.push((await peer.expect("chunk")).bytes);
  return concatAll(chunks);
}

export async function release(peer: SecurePeer, blob: Bytes): Promise<void> {
  await peer.request({ kind: "release", blob }, "released");
}
