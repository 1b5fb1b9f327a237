/** The metrics that are read when somebody asks for them. */

export interface Readings {
  version: string;
  /** When the process started, in milliseconds since 1970. */
  startedAt: number;
  /** Bytes of memory. */
  memory: { rss: number; heapUsed: number; heapTotal: number; external: number };
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
];
