/** Files in chunks: their cipher alone, the whole way up and down, and the memory that it takes. */
import { TAG_SIZE } from "../../shared/crypto/chacha20_poly1305.ts";
import { CHUNK_SIZE, FileCipher } from "../../shared/crypto/file_chunks.ts";
import { writeAll } from "../../shared/io.ts";
import { MiB } from "../../shared/limits.ts";
import { peakMemory, PROCESS_FACTS } from "../support/process_facts.ts";
import { startFileProcess } from "./file_process.ts";
import { type Environment, type Figure, perSecond, type Row, type Suite } from "./measure.ts";
import { FILE_SIZE, MB, randomBytes } from "./workload.ts";

/** Encryption and decryption of chunks, in memory. */
export const chunkCipher: Suite = {
  rows: [
    { name: "chunk-encrypt", title: "Chunks encrypted, in memory" },
    { name: "chunk-decrypt", title: "Chunks decrypted, in memory" },
  ].map((row) => ({ ...row, unit: "MB/s", goal: { atLeast: 400 }, includesClient: true })),
  open() {
    const cipher = new FileCipher(randomBytes(32), FILE_SIZE);
    const chunks = Array.from(
      { length: cipher.count },
      () => new Uint8Array(CHUNK_SIZE + TAG_SIZE),
    );
    const ofAll = (once: (chunk: number) => void) => () => {
      for (let chunk = 0; chunk < cipher.count; chunk++) once(chunk);
      return FILE_SIZE / MB;
    };
    // One seals what the other opens.
    const figures = [
      ofAll((chunk) => cipher.seal(chunk, chunks[chunk])),
      ofAll((chunk) => cipher.open(chunk, chunks[chunk])),
    ];
    return Promise.resolve(async () => {
      const results: Figure[] = [];
      for (const figure of figures) results.push({ value: (await perSecond(figure)).value });
      return results;
    });
  },
};

/**
 * One client sends, another receives, each in a process of its own. The way up ends with the
 * announcement's answer, when the server has fsynced the file; the way down when it is fsynced and
 * has its name. Growth is from the most memory after a file of 1 MiB to that after all since.
 */
export function fileTransfers(
  up: Pick<Row, "limits" | "goal">,
  down: Pick<Row, "limits" | "goal">,
): Suite {
  return {
    rows: [
      {
        name: "upload",
        title: "Up: encrypted, sent, fsynced by the server",
        unit: "MB/s",
        includesClient: true,
        ...up,
      },
      {
        name: "download",
        title: "Down: fetched, decrypted, fsynced",
        unit: "MB/s",
        includesClient: true,
        ...down,
      },
      ...["server", "sender", "receiver"].map((who) => ({
        name: `growth-${who}`,
        title: `Memory that the ${who} grows by`,
        unit: "MiB",
        goal: { atMost: 64 },
      })),
    ],
    open: openTransfers,
  };
}

async function openTransfers(
  { server, folder, keep }: Environment,
): Promise<() => Promise<Figure[]>> {
  const inbox = `${folder}/fetched`;
  const paths = { small: `${folder}/small`, large: `${folder}/large` };
  await writeRandom(paths.small, CHUNK_SIZE);
  await writeRandom(paths.large, FILE_SIZE);
  const sender = keep(await startFileProcess(`${folder}/up`, "up", server.port));
  const receiver = keep(await startFileProcess(`${folder}/down`, "down", server.port));
  await receiver.run("know", "up"); // files of strangers are not fetched
  const pids = [server.pid, sender.pid, receiver.pid];
  const peaks = () => Promise.all(pids.map((pid) => PROCESS_FACTS ? peakMemory(pid) : 0));
  const move = async (path: string): Promise<Figure[]> => {
    const figures: Figure[] = [];
    for (
      const result of [
        await sender.run("send", "down", path),
        await receiver.run("receive", inbox),
      ]
    ) {
      figures.push({ value: result.bytes / MB / (result.milliseconds / 1000) });
    }
    await Deno.remove(inbox, { recursive: true });
    return figures;
  };
  await move(paths.small);
  const before = await peaks();
  return async () => {
    const figures = await move(paths.large);
    const after = await peaks();
    return [...figures, ...after.map((peak, i) => ({ value: (peak - before[i]) / MiB }))];
  };
}

/** Makes a file of so many bytes that cannot be compressed. */
export async function writeRandom(path: string, size: number): Promise<void> {
  const step = randomBytes(CHUNK_SIZE);
  using file = await Deno.open(path, { write: true, createNew: true });
  for (let at = 0; at < size; at += step.length) await writeAll(file, step);
}
