/** The metrics that are read when somebody asks for them. */
import type { Stats } from "../storage/storage.ts";

export interface Readings {
  version: string;
  /** When the process started, in milliseconds since 1970. */
  startedAt: number;
  /** Bytes of memory. */
  memory: { rss: number; heapUsed: number; heapTotal: number; external: number };
  /** What is stored; undefined if the storage could not tell. */
  storage?: Stats;
  /** The limit of `storage.charged`. */
  maxTotalSize: number;
  /** The memory for what is on its way: bytes, and how many wait for some. */
  buffers: { used: number; limit: number; waiting: number };
  /** Bytes of the disk that files may still take; Infinity if that is not known. */
  diskLeft: number;
}

/** A metric without labels; `read` returns undefined where there is nothing to show. */
interface Reading {
  name: string;
  help: string;
  read: (readings: Readings) => number | undefined;
}

export const READINGS: readonly Reading[] = [
  {
    name: "process_start_time_seconds",
    help: "When the process started, in seconds since 1970.",
    read: ({ startedAt }) => startedAt / 1000,
  },
  {
    name: "process_resident_memory_bytes",
    help: "Memory of the process.",
    read: ({ memory }) => memory.rss,
  },
  {
    name: "messaging_heap_used_bytes",
    help: "Memory of objects.",
    read: ({ memory }) => memory.heapUsed,
  },
  {
    name: "messaging_heap_bytes",
    help: "Memory that is reserved for objects.",
    read: ({ memory }) => memory.heapTotal,
  },
  {
    name: "messaging_external_memory_bytes",
    help: "Memory outside of objects, such as the contents of buffers.",
    read: ({ memory }) => memory.external,
  },
  {
    name: "messaging_buffer_bytes",
    help: "Memory of what is on its way.",
    read: ({ buffers }) => buffers.used,
  },
  {
    name: "messaging_buffer_limit_bytes",
    help: "Up to which it is given: --memory.",
    read: ({ buffers }) => buffers.limit,
  },
  {
    name: "messaging_buffer_waiters",
    help: "How many wait for some of it.",
    read: ({ buffers }) => buffers.waiting,
  },
  {
    name: "messaging_mailboxes",
    help: "Clients that have registered, each with a mailbox.",
    read: ({ storage }) => storage?.clients,
  },
  {
    name: "messaging_waiting_messages",
    help: "Messages that wait for their receivers.",
    read: ({ storage }) => storage?.messages,
  },
  {
    name: "messaging_waiting_message_bytes",
    help: "Contents of messages that wait.",
    read: ({ storage }) => storage?.messageBytes,
  },
  {
    name: "messaging_files",
    help: "Files in chunks, whole or not.",
    read: ({ storage }) => storage?.files,
  },
  {
    name: "messaging_file_bytes",
    help: "What is charged for files in chunks.",
    read: ({ storage }) => storage?.fileBytes,
  },
  {
    name: "messaging_charged_bytes",
    help: "What is charged for all that is stored.",
    read: ({ storage }) => storage?.charged,
  },
  {
    name: "messaging_charged_limit_bytes",
    help: "At which nothing more is stored: --total.",
    read: ({ maxTotalSize }) => maxTotalSize,
  },
  {
    name: "messaging_disk_left_bytes",
    help: "What files may still take of the disk: free space above --reserve.",
    read: ({ diskLeft }) => diskLeft === Infinity ? undefined : diskLeft,
  },
];
