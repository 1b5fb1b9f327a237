/**
 * The log of the process. It takes no payload, no key, no name and no client's ID: IDs of files and
 * messages, codes, sizes and reasons alone.
 */
import {
  configure,
  getJsonLinesFormatter,
  getLogger,
  getTextFormatter,
  type Logger,
  type LogLevel,
  type LogRecord,
} from "@logtape/logtape";
import { REPEAT_INTERVAL, Repetitions } from "./repetitions.ts";

export const LOG_FORMATS = ["json", "text", "off"] as const;
export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;

export interface LogOptions {
  format: typeof LOG_FORMATS[number];
  /** The least level that is logged. */
  level: typeof LOG_LEVELS[number];
  /** Takes one line without its end. */
  write: (line: string) => void;
  /** Called for each record, whatever becomes of it. */
  count: (level: LogLevel) => void;
}

export interface Log {
  readonly logger: Logger;
  /** Writes what was only counted so far. To be called at the end. */
  close(): void;
}

const FORMATS = {
  json: getJsonLinesFormatter(),
  text: getTextFormatter({
    timestamp: "rfc3339",
    level: "full",
    format: ({ timestamp, level, message }) => oneLine(`${timestamp} ${level}: ${message}`),
    value: (value, inspect) => {
      if (value instanceof Error) return describe(value);
      return typeof value === "string" ? value : inspect(value);
    },
    sanitize: false, // by oneLine
  }),
  off: null,
};

/** Sets up the log and returns it. To be called once in a process. */
export async function openLog({ format, level, write, count }: LogOptions): Promise<Log> {
  const formatter = FORMATS[format];
  const lines = new Repetitions((record) => {
    if (formatter) write(formatter(record).trimEnd());
  });
  const sink = (record: LogRecord) => {
    count(record.level);
    lines.add(record);
  };
  await configure({
    sinks: { lines: sink },
    loggers: [
      { category: "messaging-server", sinks: ["lines"], lowestLevel: level },
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
  const timer = setInterval(() => lines.endInterval(), REPEAT_INTERVAL);
  return {
    logger: getLogger("messaging-server"),
    close() {
      clearInterval(timer);
      lines.endInterval();
    },
  };
}

/** Returns an error and its causes in one line, without their stacks. */
function describe(error: Error): string {
  const { name, message, cause } = error;
  return `${name}: ${message}${cause instanceof Error ? `, because of ${describe(cause)}` : ""}`;
}

/** Returns `text` with its control characters escaped, so that nothing in it looks like a line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
