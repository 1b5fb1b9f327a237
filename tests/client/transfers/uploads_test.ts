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

/** Writes a file whose chunk number N holds the byte N + 1 alone. */
async function writeSource(path: string): Promise<void> {
  const content = new Uint8Array(CHUNKS * CHUNK_SIZE);
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
    const profile = { transaction: (step: () => void) => step(), transfers: { change() {} } };
    const size = CHUNKS * CHUNK_SIZE;
    const changed = (await fileFacts(path)).changed;
    await new Uploads(
      profile as unknown as Profile,
      { request: server.request } as unknown as SecureTransport,
    ).upload({
      ...{ path, size, changed, key, blob: new Uint8Array(16), number: 1 },
      ...{ peer: new Uint8Array(16), name: "source", state: "active", direction: "up" },
    } as unknown as Transfer, {});
    const cipher = new FileCipher(forReading, size);
    assertEquals(server.stored.length, CHUNKS);
    for (const [i, sealed] of server.stored.entries()) {
      const plaintext = await cipher.open(i, sealed);
      assert(plaintext.every((byte) => byte === i + 1), `chunk ${i} of run ${run}`);
    }
    assert(server.breaks > 0);
  }
});

function twice<T extends Uint8Array>(bytes: T): [T, T] {
  return [bytes, bytes.slice() as T];
}

/** Takes chunks in their order, and breaks three times, at chunks that depend on `run`. */
class BreakingServer {
  readonly stored: Uint8Array<ArrayBuffer>[] = [];
  breaks = 0;
  /** The tag under which each chunk came, whether it was stored or not. */
  readonly #tags = new Map<number, string>();

  constructor(private readonly run: number) {}

  request = (request: SecureRequest): Promise<unknown> => {
    if (request.kind === "open-upload") return Promise.resolve({ next: this.stored.length });
    if (request.kind !== "put-chunk") return Promise.resolve({});
    const { chunk, bytes } = request;
    const tag = toHex(bytes.slice(-16));
    assertEquals(this.#tags.get(chunk) ?? tag, tag, `chunk ${chunk} was sealed with other bytes`);
    this.#tags.set(chunk, tag);
    const breaks = this.breaks < 3 && (chunk + this.run) % 3 === 0;
    if (breaks) this.breaks++;
    if (breaks || chunk !== this.stored.length) {
      return Promise.reject(new ClientError("unreachable", "broken"));
    }
    this.stored.push(bytes.slice());
    return Promise.resolve({});
  };
}
