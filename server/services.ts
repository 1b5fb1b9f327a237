/** What every handler works with, and where it comes from. */
import type { Logger } from "@logtape/logtape";
import type { Bytes } from "../shared/bytes.ts";
import type { Random } from "../shared/crypto/random.ts";
import type { X25519KeyPair } from "../shared/crypto/x25519.ts";
import { BlobStore } from "./contents/blob_store.ts";
import { Deletions } from "./contents/deletions.ts";
import { diskSpace } from "./contents/disk_space.ts";
import { FileStore } from "./contents/file_store.ts";
import { RemainsRemover } from "./contents/remains.ts";
import { Disk } from "./limits/disk.ts";
import type { Limits } from "./limits/limits.ts";
import { MemoryBudget } from "./limits/memory_budget.ts";
import { Rates } from "./limits/rates.ts";
import { Turns } from "./limits/turns.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { openStorage } from "./storage/open_storage.ts";
import type { Storage } from "./storage/storage.ts";
import type { StorageOptions } from "./storage/storage_options.ts";

/** What a server is given from outside: by `main.ts`, or by a test. */
export interface Environment {
  limits: Limits;
  /** The addresses that the limits for each address do not count, as keys of `PeerAddress`. */
  exempt: ReadonlySet<string>;
  /** Proves to secure clients that this is the server. */
  serverKey: X25519KeyPair;
  /** Whether classic clients are served. */
  classic: boolean;
  /** Who may register: everyone, whoever has a code of the operator, or nobody. */
  registration: "open" | "invite" | "closed";
  /** Whether clients may list the others. */
  directory: boolean;
  /** Milliseconds that never jump back. */
  clock: () => number;
  /** Milliseconds since 1970. */
  now: () => number;
  random: Random;
  /** Takes no payload, no key and no name: IDs, codes, sizes and reasons alone. */
  log: Logger;
  /** Whether what is logged of a connection may hold the address of its peer. */
  logAddresses: boolean;
  metrics: Metrics;
}

/** What lies in the data folder. */
export interface Stored {
  storage: Storage;
  /** Large contents of messages. */
  blobs: BlobStore;
  /** Files in chunks. */
  files: FileStore;
  /** Those of both. */
  deletions: Deletions;
  /** Deletes what clients that have left leave behind. */
  remains: RemainsRemover;
}

export interface Services extends Environment, Stored {
  /** The room for large contents and files, and faults of the disk. */
  disk: Disk;
  /** How fast addresses and clients may go on. */
  rates: Rates;
  /** Turns of what takes long. */
  turns: Turns;
  /** The memory for what is on its way. */
  memory: MemoryBudget;
  /**
   * A secret of this process, by which addresses become IDs for which messages count. It is new at
   * each start, so that no copy of the folder tells who wrote from where. What an address has sent
   * before goes on counting, in its mailbox and in all, but no longer against that address.
   */
  payerKey: Bytes;
}

/** Opens the folder `data`, in which `files/` and `chunks/` must exist. */
export async function openStored(
  data: string,
  { limits, clock, now, random, log, metrics, upgrade }:
    & Pick<Environment, "limits" | "clock" | "now" | "random" | "log" | "metrics">
    & Pick<StorageOptions, "upgrade">,
): Promise<Stored> {
  const storage = await openStorage(`${data}/server.db`, {
    limits,
    now,
    clock,
    upgrade,
    committed: (...transaction) => metrics.committed(...transaction),
  });
  const deletions = new Deletions();
  const blobs = new BlobStore(`${data}/files`, random, deletions);
  const files = new FileStore(`${data}/chunks`, storage.files, log, deletions);
  const remains = new RemainsRemover({ storage, blobs, files, log });
  return { storage, blobs, files, deletions, remains };
}

/** Opens all that a server works with, see {@link openStored}. */
export async function openServices(data: string, environment: Environment): Promise<Services> {
  const { limits, clock, random, log } = environment;
  return {
    ...environment,
    ...await openStored(data, environment),
    disk: new Disk({ reserve: limits.reserve, space: () => diskSpace(data), log }),
    rates: new Rates(limits, clock),
    turns: new Turns(clock),
    memory: new MemoryBudget(limits.memory, clock),
    payerKey: random(32),
  };
}
