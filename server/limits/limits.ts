/** The server's bounds. Sizes are bytes, times milliseconds. */
import {
  MAX_CONTENT_SIZE,
  MAX_INLINE_SIZE,
  MAX_ONE_TIME_PREKEYS,
  MiB,
} from "../../shared/limits.ts";
import type { StorageLimits } from "../storage/storage_options.ts";
import type { Rate } from "./rate_limit.ts";

export interface Limits extends StorageLimits {
  /** Times that one asker may draw prekeys at once; then once in each interval. */
  prekeyBurst: number;
  prekeyInterval: number;
  /** Times that it gets one-time prekeys of one target at once; then once in each interval. */
  oneTimeBurst: number;
  oneTimeInterval: number;
  /** The same of all targets together. */
  askerOneTimeBurst: number;
  askerOneTimeInterval: number;
  /** Times that all askers together get one-time prekeys of one target. */
  targetOneTimeBurst: number;
  targetOneTimeInterval: number;
  /** Connections at a time; a quarter of them for one address. */
  maxConnections: number;
  /** Connections of one address that have not logged in. */
  maxWaitingConnections: number;
  /** Connections of one identity. */
  maxIdentityConnections: number;
  /** Handshakes of secure channels from one address. */
  handshakes: Rate;
  /** New clients from one address. */
  registrations: Rate;
  /** Requests of one identity, or of all classic clients of one address. */
  requests: Rate;
  /** Bytes of their large payloads and answers. */
  bytes: Rate;
  /** Lookups of clients, and pages of the list. */
  lookups: Rate;
  /** From the first byte of a request until all but its content has arrived. */
  headerDeadline: number;
  /** Without a request under way, or without a byte moving while one is. */
  idleDeadline: number;
  /** Without a request from a client that has logged in. */
  sessionIdleDeadline: number;
  /** Largest content of one message. */
  maxContentSize: number;
  /** Contents up to this size go into the database, larger ones into a file. */
  maxInlineSize: number;
  /** What a refused request left unread up to this size is skipped; more ends the connection. */
  maxDiscardSize: number;
  /** Messages in one response. */
  maxDeliveryCount: number;
  /** Space on the disk that the contents of files leave free, for the database and all else. */
  reserve: number;
  /** All buffers together. */
  memory: number;
  /** Time to finish what is under way after the order to stop. */
  stopDeadline: number;
}

/** A day, in milliseconds. */
export const DAY = 24 * 60 * 60 * 1000;

export const DEFAULT_LIMITS: Limits = {
  maxClients: 1_000_000,
  maxMessages: 100_000,
  maxMailboxSize: 64 * 1024 * MiB,
  mailboxParts: 10,
  maxOneTimePrekeys: MAX_ONE_TIME_PREKEYS,
  prekeyBurst: 100,
  prekeyInterval: 6_000,
  oneTimeBurst: 5,
  oneTimeInterval: 60 * 60 * 1000,
  askerOneTimeBurst: 20,
  askerOneTimeInterval: DAY / 20,
  targetOneTimeBurst: 50,
  targetOneTimeInterval: 60_000,
  maxConnections: 4096,
  maxWaitingConnections: 256,
  maxIdentityConnections: 16,
  handshakes: { burst: 1_000, interval: 20 },
  registrations: { burst: 200, interval: 10_000 },
  requests: { burst: 100_000, interval: 0.1 },
  bytes: { burst: 8 * 1024 * MiB, interval: 1e-5 },
  lookups: { burst: 300, interval: 200 },
  headerDeadline: 10_000,
  idleDeadline: 60_000,
  sessionIdleDeadline: 600_000,
  maxContentSize: MAX_CONTENT_SIZE,
  maxInlineSize: MAX_INLINE_SIZE,
  maxDiscardSize: 2 * MiB,
  maxDeliveryCount: 1_024,
  reserve: 256 * MiB,
  memory: 512 * MiB,
  stopDeadline: 10_000,
  maxSenderSize: 64 * 1024 * MiB,
  maxSenderFiles: 10_000,
  maxUploads: 256,
  maxTotalSize: 1024 * 1024 * MiB,
  expiry: 30 * DAY,
  uploadExpiry: 7 * DAY,
};
