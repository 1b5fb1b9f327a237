/** Connecting to the server in time. */
import { MiB } from "../../shared/limits.ts";
import { type Address, formatAddress } from "./address.ts";
import { ClientError } from "../errors.ts";

/** Longest wait for a connection, and for the next byte of a response, in milliseconds. */
export const DEADLINE = 30_000;
/** Largest list of clients that is taken into memory: about 150,000. */
export const MAX_RESPONSE_SIZE = 64 * MiB;

/**
 * Connects within the deadline.
 * @throws {ClientError} `unreachable`
 */
export async function connect(address: Address, deadline = DEADLINE): Promise<Deno.TcpConn> {
  let late = false;
  const { hostname, port } = address;
  const connecting = Deno.connect({ hostname, port });
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late = true;
    timeout.reject(new Error("no answer"));
  }, deadline);
  connecting.then((conn) => late && conn.close(), () => {});
  try {
    const conn = await Promise.race([connecting, timeout.promise]);
    conn.setNoDelay(true);
    return conn;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError(
      "unreachable",
      `cannot reach the server at ${formatAddress(address)}: ${reason}. ` +
        "Is it running, and is the address right?",
      { cause },
    );
  } finally {
    clearTimeout(timer);
  }
}
