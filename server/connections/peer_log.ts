import type { Logger } from "@logtape/logtape";
import type { Services } from "../services.ts";

/** Returns the log for what concerns the peer at `address`: it comes in where that is allowed. */
export function peerLog(
  { log, logAddresses }: Pick<Services, "log" | "logAddresses">,
  address: string,
): Logger {
  return logAddresses ? log.with({ address }) : log;
}
