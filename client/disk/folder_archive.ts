/** A folder as one file: a tar archive of its files and folders. */
import { createTarPacker } from "modern-tar";
import { ClientError, withReason } from "../errors.ts";
import { readFile } from "./files.ts";

/** What stands in the folder of a profile, whose keys nobody means to send. */
const OF_PROFILES = ["profile.db", "me.info"];
/** Bytes of a header of an archive, of which contents take a multiple. */
const BLOCK = 512;
/** Blocks of zeros at the end of an archive. */
const END_BLOCKS = 2;

/** A file or a folder in the archive. */
interface Entry {
  /** In the archive, from the folder on. */
  readonly name: string;
  readonly path: string;
  readonly isFolder: boolean;
  /** Bytes. */
  readonly size: number;
  readonly mode: number;
  readonly mtime: Date | undefined;
}

/** Returns about how many bytes {@link archiveOf} makes of `folder`. Errors as there. */
export async function archiveSize(folder: string): Promise<number> {
  let blocks = END_BLOCKS;
  for await (const { size } of entriesOf(folder, "")) blocks += 1 + Math.ceil(size / BLOCK);
  return blocks * BLOCK;
}

/**
 * Returns a tar archive of `folder`, which is called `name` in it. Times are kept, and which files
 * can be executed; links, and what is neither file nor folder, are left out.
 * @throws {ClientError} `file` if something cannot be read, or is a profile
 */
export async function* archiveOf(folder: string, name: string): AsyncGenerator<Uint8Array> {
  const { controller, readable } = createTarPacker();
  const packing = pack(entriesOf(folder, name), controller);
  packing.catch((error) => controller.error(error));
  yield* readable;
  await packing;
}

type Packer = ReturnType<typeof createTarPacker>["controller"];

async function pack(entries: AsyncIterable<Entry>, packer: Packer): Promise<void> {
  for await (const { name, path, isFolder, size, mode, mtime } of entries) {
    await withReason("file", `cannot read ${path}`, async () => {
      const type = isFolder ? "directory" : "file";
      const writer = packer.add({ name, size, mode, mtime, type }).getWriter();
      if (!isFolder) { for await (const piece of readFile(path)) await writer.write(piece); }
      await writer.close(); // fails if the file has fewer bytes by now
    });
  }
  packer.finalize();
}

/** Yields the folder and what is in it, in the order of the names. */
async function* entriesOf(folder: string, name: string): AsyncGenerator<Entry> {
  const names = await withReason("file", `cannot read ${folder}`, async () => {
    const found = await Array.fromAsync(Deno.readDir(folder));
    return found.filter(({ isSymlink }) => !isSymlink).map(({ name }) => name).sort();
  });
  const ofProfile = names.find((name) => OF_PROFILES.includes(name));
  if (ofProfile !== undefined) {
    throw new ClientError("file", `${folder} is not sent: it is a profile, as ${ofProfile} shows`);
  }
  yield { ...await entryOf(folder), name: `${name}/` };
  for (const child of names) {
    const entry = { ...await entryOf(`${folder}/${child}`), name: `${name}/${child}` };
    if (entry.isFolder) yield* entriesOf(entry.path, entry.name);
    else if (entry.isFile) yield entry;
  }
}

async function entryOf(path: string): Promise<Omit<Entry, "name"> & { isFile: boolean }> {
  const info = await withReason("file", `cannot read ${path}`, () => Deno.lstat(path));
  const { isFile, isDirectory: isFolder } = info;
  const mode = isFolder || ((info.mode ?? 0) & 0o100) !== 0 ? 0o755 : 0o644;
  return {
    path,
    isFile,
    isFolder,
    size: isFile ? info.size : 0,
    mode,
    mtime: info.mtime ?? undefined,
  };
}
