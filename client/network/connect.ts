import { MiB } from "../../shared/limits.ts";
import { ClientError } from "../errors.ts";
import { type Address, formatAddress } from "./address.ts";

/** Longest wait for a connection, and for the next byte of a response, in milliseconds. */
export const DEADLINE = 30_000;
/** Largest list of clients that is taken into memory: about 150,000. */
export const MAX_RESPONSE_SIZE = 64 * MiB;

/**
 * Connects within the deadline.
 * @throws {ClientError} `unreachable`
 */
export async function connect(
  { hostname, port }: Address,
  deadline = DEADLINE,
): Promise<Deno.TcpConn> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error("no answer")), deadline);
  try {
    const conn = await Deno.connect({ hostname, port, signal: late.signal });
    conn.setNoDelay(true);
    return conn;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError(
      "unreachable",
      `cannot reach the server at ${formatAddress({ hostname, port })}: ${reason}. ` +
        "Is it running, and is the address right?",
      { cause },
    );
  } finally {
    clearTimeout(timer);
  }
}
