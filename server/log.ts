import { configure, getLogger, jsonLinesFormatter, type Logger } from "@logtape/logtape";

/** Sets up the log and returns it. To be called once in a process. */
export async function openLog(): Promise<Logger> {
  await configure({
    sinks: { stderr: (record) => console.error(jsonLinesFormatter(record).trimEnd()) },
    loggers: [
      { category: "messaging-server", sinks: ["stderr"], lowestLevel: "info" },
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
  return getLogger("messaging-server");
}
