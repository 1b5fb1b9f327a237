/** Uploads over a connection that breaks: no chunk is ever sealed with different bytes. */
import type { Transfer } from "../../../client/profile/tables/transfers.ts";
import type { Profile } from "../../../client/profile/profile.ts";
import { ClientError } from "../../../client/errors.ts";
import type { SecureTransport } from "../../../client/network/transport.ts";
import { fileFacts, SourceFile } from "../../../client/transfers/transfer_files.ts";
import { Uploads } from "../../../client/transfers/uploads.ts";
import { toHex } from "../../../shared/bytes.ts";
import { randomBytes } from "../../../shared/crypto/random.ts";
import { CHUNK_SIZE, FileCipher } from "../../../shared/crypto/file_chunks.ts";
import type { SecureRequest } from "../../../shared/protocol/secure/requests.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const CHUNKS = 12;
const SIZE = CHUNKS * CHUNK_SIZE;

/** Writes a file whose chunk number N holds the byte N + 1 alone. */
async function writeSource(path: string): Promise<void> {
  const content = new Uint8Array(SIZE);
  for (let i = 0; i < CHUNKS; i++) content.fill(i + 1, i * CHUNK_SIZE, (i + 1) * CHUNK_SIZE);
  await Deno.writeFile(path, content);
}

Deno.test("source: reads side by side each get their own bytes", async () => {
  await using folder = await tempFolder();
  const path = `${folder.path}/source`;
  await writeSource(path);
  using source = await SourceFile.open(path);
  const chunks = Array.from({ length: CHUNKS }, () => new Uint8Array(CHUNK_SIZE));
  await Promise.all(chunks.map((chunk, i) => source.read(i * CHUNK_SIZE, chunk)));
  chunks.forEach((chunk, i) => assert(chunk.every((byte) => byte === i + 1), `chunk ${i}`));
});

Deno.test("uploads: however often it breaks, each chunk is sealed with its own bytes", async () => {
  await using folder = await tempFolder();
  const path = `${folder.path}/source`;
  await writeSource(path);
  for (let run = 0; run < 8; run++) {
    const [key, forReading] = twice(randomBytes(32));
    const server = new BreakingServer(run);
    await upload(path, key, server);
    const cipher = new FileCipher(forReading, SIZE);
    assertEquals(server.stored.length, CHUNKS);
    for (const [i, sealed] of server.stored.entries()) {
      const plaintext = cipher.open(i, sealed);
      assert(plaintext.every((byte) => byte === i + 1), `chunk ${i} of run ${run}`);
    }
    assert(server.breaks > 0);
  }
});

Deno.test("uploads: the memory of a chunk that the server has serves for another", async () => {
  await using folder = await tempFolder();
  const path = `${folder.path}/source`;
  await writeSource(path);
  const server = new BreakingServer(0, 0);
  await upload(path, randomBytes(32), server);
  assertEquals(server.stored.length, CHUNKS);
  assert(server.buffers.size <= 8, `memory for ${server.buffers.size} chunks`);
});

async function upload(path: string, key: Uint8Array, server: BreakingServer): Promise<void> {
  const profile = { transaction: (step: () => void) => step(), transfers: { change() {} } };
  const changed = (await fileFacts(path)).changed;
  await new Uploads(
    profile as unknown as Profile,
    { request: server.request } as unknown as SecureTransport,
  ).upload({
    ...{ path, size: SIZE, changed, key, blob: new Uint8Array(16), number: 1 },
    ...{ peer: new Uint8Array(16), name: "source", state: "active", direction: "up" },
  } as unknown as Transfer, {});
}

function twice<T extends Uint8Array>(bytes: T): [T, T] {
  return [bytes, bytes.slice() as T];
}

/** Takes chunks in their order, and breaks some times, at chunks that depend on `run`. */
class BreakingServer {
  readonly stored: Uint8Array<ArrayBuffer>[] = [];
  breaks = 0;
  /** The memory in which chunks came. */
  readonly buffers = new Set<ArrayBufferLike>();
  /** The tag under which each chunk came, whether it was stored or not. */
  readonly #tags = new Map<number, string>();

  constructor(private readonly run: number, private readonly times = 3) {}

  request = (request: SecureRequest): Promise<unknown> => {
    if (request.kind === "open-upload") return Promise.resolve({ next: this.stored.length });
    if (request.kind !== "put-chunk") return Promise.resolve({});
    const { chunk, bytes } = request;
    this.buffers.add(bytes.buffer);
    const tag = toHex(bytes.slice(-16));
    assertEquals(this.#tags.get(chunk) ?? tag, tag, `chunk ${chunk} was sealed with other bytes`);
    this.#tags.set(chunk, tag);
    const breaks = this.breaks < this.times && (chunk + this.run) % 3 === 0;
    if (breaks) this.breaks++;
    if (breaks || chunk !== this.stored.length) {
      return Promise.reject(new ClientError("unreachable", "broken"));
    }
    this.stored.push(bytes.slice());
    return Promise.resolve({});
  };
}
