/** Files in chunks as an honest server keeps them, in memory. */
import { type Bytes, equalBytes, toHex } from "../../../shared/bytes.ts";
import type { FileRequest, FileResponse } from "../protocol/frames.ts";
import { chunkCount } from "../../../shared/protocol/secure/files.ts";
import type { SecureError } from "../../../shared/protocol/secure/responses.ts";

interface Blob {
  owner: Bytes;
  size: number;
  chunks: Bytes[];
  receivers: Bytes[];
}

export class BlobShelf {
  /** By the ID in hex. */
  readonly blobs = new Map<string, Blob>();

  answer(request: FileRequest, asker: Bytes): FileResponse | SecureError {
    const id = toHex(request.blob);
    const found = this.blobs.get(id);
    const blob = found && equalBytes(found.owner, asker) ? found : undefined;
    switch (request.kind) {
      case "open-upload": {
        const { size } = request;
        const opened = blob ?? { owner: asker, size, chunks: [], receivers: [] };
        this.blobs.set(id, opened);
        return { kind: "upload", next: opened.chunks.length };
      }
      case "put-chunk":
        if (!blob) return GONE;
        blob.chunks[request.chunk] ??= request.bytes;
        return { kind: "chunk-stored", chunk: request.chunk };
      case "share":
        if (!blob) return GONE;
        blob.receivers.push(...request.receivers);
        return { kind: "shared" };
      case "get-chunk": {
        const isFor = found?.receivers.some((receiver) => equalBytes(receiver, asker));
        const bytes = isFor && found?.chunks[request.chunk];
        return bytes ? { kind: "chunk", bytes } : GONE;
      }
      case "release": {
        const left = found?.receivers.filter((receiver) => !equalBytes(receiver, asker)) ?? [];
        if (found) found.receivers = left;
        if (blob || left.length === 0) this.blobs.delete(id);
        return { kind: "released" };
      }
      case "file-state":
        if (!blob) return GONE;
        return { kind: "file-state", next: chunkCount(blob.size), waiting: blob.receivers.length };
    }
  }
}

const GONE: SecureError = {
  kind: "error",
  error: "not-found",
  retryAfter: 0,
  text: "no file has this ID",
};
