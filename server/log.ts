/** The server's log: JSON lines on standard error, one an event. */
import { configure, getLogger, jsonLinesFormatter, type Logger } from "@logtape/logtape";

/** Sets the log up and gives it. Called once, by the process. */
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
