/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * A thread that does what {@link ./checkpoints.ts} asks for: for each path that it is sent, it
 * moves what the write-ahead log of that database holds into the database, and answers.
 */
import { Database } from "@db/sqlite";

/**
 * The file that is synced: SQLite does not while somebody commits. It stays open to the end, since
 * to close it would end the locks that SQLite has in this process.
 */
let file: Deno.FsFile | undefined;

self.onmessage = ({ data: path }: MessageEvent<string>) => {
  try {
    move(path);
    file ??= Deno.openSync(path, { read: true, write: true });
    file.syncDataSync();
  } catch {
    // A full or broken disk. It stays in the log, and is tried again.
  }
  self.postMessage(null);
};

function move(path: string): void {
  const database = new Database(path, { int64: true });
  try {
    // PASSIVE keeps nobody waiting.
    database.exec("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(PASSIVE)");
  } finally {
    database.close();
  }
}
