/** What the machine allows: the network, the disk and SQLite, each by itself. */
import { Database } from "@db/sqlite";
import { writeAll } from "../../shared/io.ts";
import { MiB } from "../../shared/limits.ts";
import { connect, exchange, readFull } from "./classic_load.ts";
import { SEND_REQUEST_SIZE } from "./classic_messages.ts";
import { perSecond, repeatedly, type Suite } from "./measure.ts";
import { FILE_SIZE, MB, MESSAGE_SIZE, randomBytes, ROUND, SENDERS, STEP } from "./workload.ts";

/** Round trips, each on a new connection: what a request costs without a server's work. */
export const tcpEcho: Suite = {
  rows: [{
    name: "tcp-echo",
    title: `TCP echo, ${SENDERS} at a time`,
    unit: "/s",
  }],
  open({ peer }) {
    const request = randomBytes(SEND_REQUEST_SIZE);
    const responses = Array.from({ length: SENDERS }, () => request.slice());
    const load = { workers: SENDERS, milliseconds: ROUND };
    return Promise.resolve(async () => [
      await repeatedly(load, (worker) => exchange(peer.echo, request, responses[worker])),
    ]);
  },
};

/** Bytes through the network to another process. */
export const loopback: Suite = {
  rows: [{ name: "loopback", title: "TCP to another process", unit: "MB/s" }],
  open({ peer }) {
    const step = randomBytes(STEP);
    return Promise.resolve(async () => [
      await perSecond(async () => {
        using conn = await connect(peer.sink);
        for (let sent = 0; sent < FILE_SIZE; sent += STEP) await writeAll(conn, step);
        await conn.closeWrite();
        await readFull(conn, new Uint8Array(1));
        return FILE_SIZE / MB;
      }),
    ]);
  },
};

/** Bytes to the disk, fsynced once at the end, like `dd bs=1M conv=fdatasync`. */
export const disk: Suite = {
  rows: [{ name: "disk", title: "Disk, written and fsynced", unit: "MB/s" }],
  open({ folder }) {
    const path = `${folder}/disk`;
    const step = randomBytes(1 * MiB);
    return Promise.resolve(async () => {
      const { value } = await perSecond(() => {
        using file = Deno.openSync(path, { write: true, createNew: true });
        for (let at = 0; at < FILE_SIZE; at += step.length) {
          for (let written = 0; written < step.length;) {
            written += file.writeSync(step.subarray(written));
          }
        }
        file.syncDataSync();
        return FILE_SIZE / MB;
      });
      await Deno.remove(path);
      return [{ value }];
    });
  },
};

/** Commits of one message each, one after the other, each waiting for the disk. */
export const sqlite: Suite = {
  rows: [{ name: "sqlite", title: "SQLite, fsynced commits one by one", unit: "/s" }],
  open({ folder }) {
    const database = new Database(`${folder}/limit.db`);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    database.exec("CREATE TABLE messages (id INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT");
    const insert = database.prepare("INSERT INTO messages (content) VALUES (?)");
    const content = randomBytes(MESSAGE_SIZE);
    return Promise.resolve(async () => {
      const { value } = await perSecond(() => {
        const end = performance.now() + ROUND / 2;
        let count = 0;
        for (; performance.now() < end; count++) insert.run(content);
        return count;
      });
      return [{ value }];
    });
  },
};
