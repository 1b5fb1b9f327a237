/** What goes wrong with the disk or the database: in words for clients, and for the operator. */
import { StorageError } from "../../shared/errors.ts";

interface Description {
  /** What a client is told. */
  text: string;
  /** What the operator should do. */
  advice: string;
}

const FAULTS = {
  "full": {
    text: "the server's disk is full",
    advice: "free room on it, or move the data folder to a larger one",
  },
  "read-only": {
    text: "the server's disk is read-only",
    advice: "look for errors of the disk in the system's log, then mount it for writing again",
  },
  "failing": {
    text: "the server's disk reports an error",
    advice: "look for errors of the disk in the system's log, and have a backup ready",
  },
  "damaged": {
    text: "the server's database is damaged",
    // SQLite says the same of a page that the disk does not read.
    advice:
      "look for errors of the disk in the system's log; if there are none, stop the server, " +
      "keep a copy of the data folder, and bring back a backup",
  },
  "missing": {
    text: "the server cannot open one of its files",
    advice: "check that the data folder is there, and that all in it belongs to the server's user",
  },
  "locked": {
    text: "the server's database is in use by another program",
    advice: "end the program that uses it",
  },
  "unknown": {
    text: "the server could not read or store it",
    advice: "the cause stands beside this",
  },
} satisfies Record<string, Description>;

export type Fault = keyof typeof FAULTS;

/** A fault of the disk or the database. Its message is for clients; its cause stays here. */
export class DiskError extends StorageError {
  override name = "DiskError";

  constructor(readonly fault: Fault, options?: ErrorOptions) {
    super(fault === "full" ? "disk-full" : "failed", FAULTS[fault].text, options);
  }

  /** What the operator should do. */
  get advice(): string {
    return FAULTS[this.fault].advice;
  }
}

/** By the code that the runtime gives to errors of the system. */
const SYSTEM: Readonly<Record<string, Fault>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EFBIG: "full",
  ERROR_DISK_FULL: "full",
  EROFS: "read-only",
  EIO: "failing",
  ENOENT: "missing",
  ENOTDIR: "missing",
  EACCES: "missing",
  EPERM: "missing",
};

/** By primary result code (https://sqlite.org/rescode.html). */
const SQLITE: Readonly<Record<number, Fault>> = {
  5: "locked", // SQLITE_BUSY
  6: "locked", // SQLITE_LOCKED
  8: "read-only", // SQLITE_READONLY
  10: "failing", // SQLITE_IOERR
  11: "damaged", // SQLITE_CORRUPT
  13: "full", // SQLITE_FULL
  14: "missing", // SQLITE_CANTOPEN
  26: "damaged", // SQLITE_NOTADB
};

/** The same by text: the runtime gives no code with an error of BEGIN or COMMIT. */
const SQLITE_TEXTS: Readonly<Record<string, number>> = {
  "database is locked": 5,
  "database table is locked": 6,
  "attempt to write a readonly database": 8,
  "disk I/O error": 10,
  "database disk image is malformed": 11,
  "database or disk is full": 13,
  "unable to open database file": 14,
  "file is not a database": 26,
};

/** SQLITE_IOERR_SHMSIZE: there is no room for the index of the write-ahead log. */
const NO_ROOM_FOR_INDEX = 4874;

/** Returns what `cause`, an error of the system or of SQLite, means. */
export function diskError(cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  return new DiskError(faultOf(cause), { cause });
}

function faultOf(cause: unknown): Fault {
  const { code, message, errcode = SQLITE_TEXTS[String(message)] } = (cause ?? {}) as {
    code?: unknown;
    message?: unknown;
    errcode?: unknown;
  };
  if (typeof errcode === "number") {
    return errcode === NO_ROOM_FOR_INDEX ? "full" : SQLITE[errcode & 0xff] ?? "unknown";
  }
  return typeof code === "string" ? SYSTEM[code] ?? "unknown" : "unknown";
}

/**
 * Runs `operation`, and turns its errors into a {@link StorageError}.
 * @throws {StorageError} its own, else a {@link DiskError}
 */
export async function onDisk<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    throw diskError(cause);
  }
}
