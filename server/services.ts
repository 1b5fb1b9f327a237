/** What every handler works with. Made once, in `main.ts` or in a test. */
import type { Logger } from "@logtape/logtape";
import type { Bytes } from "../shared/bytes.ts";
import type { X25519KeyPair } from "../shared/crypto/x25519.ts";
import type { BlobStore } from "./contents/blob_store.ts";
import type { FileStore } from "./contents/file_store.ts";
import type { Limits } from "./limits/limits.ts";
import type { PrekeyRates } from "./limits/prekey_rates.ts";
import type { Storage } from "./storage/storage.ts";

export interface Services {
  storage: Storage;
  /** Large contents of messages. */
  blobs: BlobStore;
  /** Files in chunks. */
  files: FileStore;
  limits: Limits;
  prekeyRates: PrekeyRates;
  /** What proves to secure clients that this is the server. */
  serverKey: X25519KeyPair;
  /** Whether classic clients are served. */
  classic: boolean;
  /** Milliseconds that never jump back. */
  clock: () => number;
  /** Fills an array with random bytes and gives it back. */
  random: (bytes: Bytes) => Bytes;
  /** Takes no payload, no key and no name: IDs, codes, sizes and reasons alone. */
  log: Logger;
}
