/** The files at both ends of a transfer: the source, read chunk by chunk, and the draft. */
import { toHex } from "../../shared/bytes.ts";
import { folderOf } from "../../shared/files.ts";
import { writeAll } from "../../shared/io.ts";
import { KiB } from "../../shared/limits.ts";
import type { FileAttributes } from "../../shared/session/statement.ts";
import { ClientError, withReason } from "../errors.ts";
import { archiveOf, archiveSize } from "../disk/folder_archive.ts";
import { PRIVATE_FILE, removeFile, writeNewFile } from "../disk/files.ts";
import { createPrivateFolder } from "../disk/private_file.ts";
import { inOrder } from "./in_order.ts";

/**
 * Most bytes of a draft in one write. For more the system takes larger pages, which a virtual
 * machine may first have to get from its host: a MiB at once took up to four times as long.
 */
const WRITE_STEP = 256 * KiB;

/** Tells whether a file is still the same. */
export interface FileFacts {
  /** Bytes. */
  readonly size: number;
  /** When it was last changed, in milliseconds since 1970; 0 if the system does not say. */
  readonly changed: number;
}

/** A file that is about to be sent. */
export interface Source extends FileFacts {
  /** As its receiver shall call it. */
  readonly name: string;
  readonly path: string;
  /** Whether `path` is a copy that is removed in the end. */
  readonly spooled: boolean;
}

/** Returns `path` from the root of the file system, whatever is there. */
export function absolutePath(path: string): string {
  if (/^([\\/]|[A-Za-z]:[\\/])/.test(path)) return path;
  return `${Deno.cwd()}/${path}`.replace(/\/(\.\/)+/g, "/").replace(/\/\.?$/, "");
}

/** @throws {ClientError} `file` if there is no regular file that can be read */
export async function fileFacts(path: string): Promise<FileFacts> {
  using source = await SourceFile.open(path);
  return source.facts;
}

/** Returns what a receiver may want to know of the file at `path`; undefined if that is unknown. */
export async function attributesOf(path: string): Promise<FileAttributes | undefined> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info?.mtime) return undefined;
  const changed = Math.max(0, info.mtime.getTime());
  return { changed, executable: ((info.mode ?? 0) & 0o100) === 0 ? 0 : 1 };
}

/** Gives the file at `path` these attributes, as far as the system allows it. */
export async function setAttributes(path: string, attributes: FileAttributes): Promise<void> {
  const { changed, executable } = attributes;
  if (executable === 1) await Deno.chmod(path, PRIVATE_FILE | 0o100).catch(() => {});
  await Deno.utime(path, changed / 1000, changed / 1000).catch(() => {});
}

/**
 * Returns how many bytes are sent of what is at `path`, of a folder about how many.
 * @throws {ClientError} as {@link sourceOf}
 */
export async function sourceSize(path: string): Promise<number> {
  return await isFolder(path) ? await archiveSize(path) : (await fileFacts(path)).size;
}

/** Paths that are looked at side by side. */
const LOOKED_AT = 32;

/** Returns {@link sourceSize} of each path. @throws {ClientError} as there, for the first */
export async function sourceSizes(paths: readonly string[]): Promise<number[]> {
  const sizes: number[] = [];
  for (let at = 0; at < paths.length; at += LOOKED_AT) {
    sizes.push(...await Array.fromAsync(inOrder(paths.slice(at, at + LOOKED_AT).map(sourceSize))));
  }
  return sizes;
}

/** What comes from a stream, and what its receiver shall call it. */
export interface NamedContent {
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Returns the source for `file`. A stream, and the archive of a folder, is copied first, to a new
 * file in `folder`; the caller removes that.
 * @throws {ClientError} `file`
 */
export async function sourceOf(
  file: string | NamedContent,
  folder: string,
  random: (size: number) => Uint8Array,
): Promise<Source> {
  if (typeof file === "string") {
    if (await isFolder(file)) return await sourceOf(await namedArchive(file), folder, random);
    return { name: baseName(file), path: file, spooled: false, ...await fileFacts(file) };
  }
  await createPrivateFolder(folder);
  const path = `${folder}/${toHex(random(16))}`;
  await writeNewFile(path, file.content);
  return { name: file.name, path, spooled: true, ...await fileFacts(path) };
}

/** Returns the source for a file of at most `most` bytes; undefined for what is no such file. */
export async function smallSource(path: string, most: number): Promise<Source | undefined> {
  const facts = await fileFacts(path).catch(() => undefined);
  if (!facts || facts.size > most) return undefined;
  return { name: baseName(path), path, spooled: false, ...facts };
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

async function namedArchive(path: string): Promise<NamedContent> {
  const base = baseName(path);
  // Where such a path leads, has a name.
  const name = /^\.{1,2}$/.test(base) ? baseName(await Deno.realPath(path)) : base;
  return { name: `${name}.tar`, content: archiveOf(path, name) };
}

/** Returns the last part of a path. */
function baseName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}

/** A file that is being sent. */
export class SourceFile implements Disposable {
  readonly facts: FileFacts;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  /** Resolves when no read is under way. */
  #idle: Promise<void> = Promise.resolve();

  private constructor(path: string, file: Deno.FsFile, facts: FileFacts) {
    this.#path = path;
    this.#file = file;
    this.facts = facts;
  }

  /** @throws {ClientError} `file`, also for what is not a regular file */
  static async open(path: string): Promise<SourceFile> {
    return await withReason("file", `cannot read ${path}`, async () => {
      // First, as opening some others waits for ever.
      if (!(await Deno.stat(path)).isFile) {
        throw new ClientError("file", `${path} is not a regular file`);
      }
      const file = await Deno.open(path, { read: true });
      try {
        return new SourceFile(path, file, factsOf(await file.stat()));
      } catch (error) {
        file.close();
        throw error;
      }
    });
  }

  /**
   * Fills `bytes` with those from `at` on, as the file was when it was opened. Reads wait for each
   * other: an interrupted attempt may still read when the next one begins, and both move the
   * position of the same file.
   * @throws {ClientError} `file`; `changed` if it is not the same any more
   */
  read(at: number, bytes: Uint8Array): Promise<void> {
    const reading = this.#idle.then(() => this.#read(at, bytes));
    this.#idle = reading.catch(() => {});
    return reading;
  }

  async #read(at: number, bytes: Uint8Array): Promise<void> {
    await withReason("file", `cannot read ${this.#path}`, async () => {
      const size = bytes.length;
      this.#file.seekSync(at, Deno.SeekMode.Start); // only sets a number
      let have = 0;
      while (have < size) {
        const count = await this.#file.read(bytes.subarray(have));
        if (count === null) break;
        have += count;
      }
      // Looked at afterwards: what was written meanwhile shows.
      const { size: length, changed } = factsOf(await this.#file.stat());
      if (have < size || length !== this.facts.size || changed !== this.facts.changed) {
        throw changedSource(this.#path);
      }
    });
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Returns the error for a source that is not the file any more that it was. */
export function changedSource(path: string): ClientError {
  return new ClientError("changed", `${path} was changed while it was being sent; send it again`);
}

/** The draft of a file that is being received. Its owner alone may read it. */
export class DraftFile implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  /** The same once more: an fsync of this one does not hold up writes to the other. */
  readonly #syncing: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile, syncing: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
    this.#syncing = syncing;
  }

  /**
   * Opens the draft at `path` behind its first `size` bytes; what follows them is cut off. If it
   * has fewer, or there is none, an empty one takes its place. Returns also where it stands.
   * @throws {ClientError} `file`
   */
  static async open(path: string, size: number): Promise<{ draft: DraftFile; at: number }> {
    return await withReason("file", `cannot write ${path}`, async () => {
      const at = size > 0 && await isDraft(path, size) ? size : 0;
      if (at === 0) {
        await Deno.mkdir(folderOf(path), { recursive: true });
        await removeFile(path);
      }
      const options = { write: true, createNew: at === 0, mode: PRIVATE_FILE };
      const file = await Deno.open(path, options);
      try {
        await file.truncate(at);
        await file.seek(at, Deno.SeekMode.Start);
        const syncing = await Deno.open(path, { write: true });
        return { draft: new DraftFile(path, file, syncing), at };
      } catch (error) {
        file.close();
        throw error;
      }
    });
  }

  /** Puts `bytes` behind all before. @throws {ClientError} `file`, as all that follows */
  async append(bytes: Uint8Array): Promise<void> {
    await withReason("file", `cannot write ${this.#path}`, async () => {
      for (let at = 0; at < bytes.length; at += WRITE_STEP) {
        await writeAll(this.#file, bytes.subarray(at, at + WRITE_STEP));
      }
    });
  }

  /** Resolves when all that was appended so far is on the disk. More may be appended meanwhile. */
  async sync(): Promise<void> {
    await withReason("file", `cannot write ${this.#path}`, () => this.#syncing.sync());
  }

  /** Returns by what it is known again under another name; null if the system has no such thing. */
  async inode(): Promise<number | null> {
    return (await this.#file.stat()).ino;
  }

  [Symbol.dispose](): void {
    this.#syncing.close();
    this.#file.close();
  }
}

/** Reports whether there is a draft of at least `size` bytes. */
export async function isDraft(path: string, size: number): Promise<boolean> {
  try {
    const found = await Deno.lstat(path);
    return found.isFile && found.size >= size;
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (isMissing) return false;
    throw error;
  }
}

/** Makes the folder at `path`, unless there is one. @throws {ClientError} `file` */
export async function createFolder(path: string): Promise<void> {
  await withReason("file", `cannot save a file in ${path}`, async () => {
    await Deno.mkdir(path, { recursive: true });
  });
}

/** Moves a draft. Reports whether it could: from another disk, or from nowhere, it cannot. */
export async function moveDraft(from: string, to: string): Promise<boolean> {
  return await Deno.rename(from, to).then(() => true, () => false);
}

/**
 * Returns the name in `folder` of the file with that inode and size; undefined if there is none.
 */
export async function findByInode(
  folder: string,
  inode: number,
  size: number,
): Promise<string | undefined> {
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile || name.startsWith(".")) continue;
      const found = await Deno.lstat(`${folder}/${name}`);
      if (found.ino === inode && found.size === size) return name;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function factsOf({ size, mtime }: Deno.FileInfo): FileFacts {
  return { size, changed: mtime?.getTime() ?? 0 };
}
