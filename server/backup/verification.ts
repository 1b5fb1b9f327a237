/** What is wrong with a folder or with a backup: a sentence for each finding. */
import { Database } from "@db/sqlite";
import { type Bytes, concatAll } from "../../shared/bytes.ts";
import { MiB } from "../../shared/limits.ts";
import { INDEX_SUFFIX } from "../contents/chunk_index.ts";
import { onPath } from "../path_errors.ts";
import { checkServerKey } from "../server_key.ts";
import { type ExpectedContent, Inspection } from "../storage/sqlite/inspection.ts";
import { type ArchiveEntry, pieces, readArchive } from "./archive.ts";
import { ContentCheck, missing } from "./content_check.ts";
import { copyInto } from "./copy_into.ts";

/** Is told of each content that was looked at, with its bytes. */
export type Progress = (bytes: number) => void;

/** Bytes that an index may have; enough for a file of 8 TiB. */
const LARGEST_INDEX = 64 * MiB;
const INDEX = new RegExp(`^chunks/([0-9a-f]{32})\\${INDEX_SUFFIX}$`);
const CONTENT = /^(files|chunks)\/([0-9a-f]{32})$/;

/** Returns the findings in the folder `data`. Its contents must not be deleted meanwhile. */
export async function* verifyFolder(data: string, progress: Progress): AsyncIterable<string> {
  try {
    await checkServerKey(data);
  } catch (error) {
    yield reasonOf(error);
  }
  let inspection: Inspection;
  try {
    inspection = new Inspection(`${data}/server.db`);
  } catch (error) {
    yield unreadable(error);
    return;
  }
  using _ = inspection;
  const damaged = yield* verifyDatabase(inspection);
  if (damaged) return;
  for (const expected of inspection.contents()) {
    const found = await checkFile(data, expected);
    if (found !== undefined) yield found;
    progress(expected.size);
  }
}

/**
 * Returns the findings in the backup in the file `path`.
 * @param temporary the path of a file that is written meanwhile, and removed
 */
export async function* verifyBackup(
  path: string,
  temporary: string,
  progress: Progress,
): AsyncIterable<string> {
  using file = await openFile(path);
  // Where nothing can be written, that is no damage.
  (await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 })).close();
  await Deno.remove(temporary);
  try {
    yield* verifyEntries(readArchive(file), temporary, progress);
  } catch (error) {
    yield `the backup is damaged: ${reasonOf(error)}`;
  } finally {
    await Deno.remove(temporary).catch(() => {});
  }
}

async function openFile(path: string): Promise<Deno.FsFile> {
  return await onPath(path, async () => {
    const { isFile, isDirectory } = await Deno.stat(path);
    if (isDirectory) throw new Error(`${path} is a folder, not a backup (see verify --data)`);
    if (!isFile) throw new Error(`${path} is no file`);
    return await Deno.open(path, { read: true });
  });
}

async function* verifyEntries(
  entries: AsyncIterable<ArchiveEntry>,
  temporary: string,
  progress: Progress,
): AsyncIterable<string> {
  const seen = new Seen();
  let inspection: Inspection | undefined;
  let index: { name: string; bytes: Bytes } | undefined;
  let key = false;
  try {
    for await (const { name, size, bytes } of entries) {
      progress(size);
      if (name === "server.db") {
        await copyInto(temporary, bytes);
        inspection = new Inspection(temporary);
        if (yield* verifyDatabase(inspection)) return;
      }
      key ||= name === "server.key";
      const indexed = INDEX.exec(name)?.[1];
      if (indexed !== undefined && size <= LARGEST_INDEX) {
        index = { name: indexed, bytes: concatAll(await Array.fromAsync(bytes)) };
      }
      const [, folder, content] = CONTENT.exec(name) ?? [];
      if (content === undefined) continue;
      const expected = inspection?.content(folder as ExpectedContent["folder"], content);
      if (!expected) continue;
      const check = new ContentCheck(expected, index?.name === content ? index.bytes : undefined);
      for await (const piece of bytes) check.add(piece);
      const found = check.finding();
      if (found !== undefined) yield found;
      seen.add(name);
    }
    if (!inspection) {
      yield "the backup has no server.db";
      return;
    }
    if (!key && inspection.version > 1) {
      yield "the backup has no server.key: clients would refuse a server restored from it";
    }
    for (const expected of inspection.contents()) {
      if (!seen.has(`${expected.folder}/${expected.name}`)) yield missing(expected);
    }
  } finally {
    inspection?.[Symbol.dispose]();
    seen[Symbol.dispose]();
  }
}

/** Returns the findings in a database, and whether it is too damaged to ask it more. */
function* verifyDatabase(inspection: Inspection): Generator<string, boolean> {
  try {
    const damage = inspection.damage();
    yield* damage;
    if (damage.length > 0) return true;
    yield* inspection.miscounts();
    return false;
  } catch (error) {
    yield unreadable(error);
    return true;
  }
}

/** Returns what is wrong with a content in the folder `data`, or undefined. */
export async function checkFile(
  data: string,
  expected: ExpectedContent,
): Promise<string | undefined> {
  const path = `${data}/${expected.folder}/${expected.name}`;
  try {
    const index = expected.folder === "chunks" && await Deno.readFile(path + INDEX_SUFFIX);
    using file = await Deno.open(path, { read: true });
    const check = new ContentCheck(expected, index || undefined);
    for await (const piece of pieces(file)) check.add(piece);
    return check.finding();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return missing(expected);
    return `${expected.folder}/${expected.name} cannot be read: ${reasonOf(error)}`;
  }
}

function unreadable(error: unknown): string {
  return `the database cannot be read: ${reasonOf(error)}`;
}

/** Returns what an error says. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Names that were seen, however many; they live beside the heap. */
class Seen implements Disposable {
  readonly #database = new Database(":memory:");
  readonly #add;
  readonly #find;

  constructor() {
    this.#database.exec("CREATE TABLE seen (name TEXT PRIMARY KEY) WITHOUT ROWID");
    this.#add = this.#database.prepare("INSERT OR IGNORE INTO seen VALUES (?)");
    this.#find = this.#database.prepare("SELECT 1 FROM seen WHERE name = ?");
  }

  add(name: string): void {
    this.#add.run(name);
  }

  has(name: string): boolean {
    return this.#find.get(name) !== undefined;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
