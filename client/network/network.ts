/** What both protocols need of the network: connecting in time, and telling failures apart. */
import { CryptoError, ProtocolError } from "../../shared/errors.ts";
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

/** The error to show for one that came out of a connection; what is no failure of it stays. */
export function explainFailure(error: unknown, address: Address): unknown {
  const where = formatAddress(address);
  if (isNetworkError(error) || error instanceof ProtocolError && error.code === "truncated") {
    return new ClientError("unreachable", `the connection to ${where} broke; try again`, {
      cause: error,
    });
  }
  if (error instanceof CryptoError) {
    const message = `what came from the server at ${where} was changed on the way, or is not its ` +
      `own: ${error.message}. The connection was given up; try again`;
    return new ClientError("bad-response", message, { cause: error });
  }
  if (error instanceof ProtocolError) {
    const message = `the server at ${where} does not speak this protocol: ${error.message}`;
    return new ClientError("bad-response", message, { cause: error });
  }
  return error;
}

/** The error for a server that has gone silent. */
export function noAnswer(address: Address): ClientError {
  return new ClientError(
    "unreachable",
    `the server at ${formatAddress(address)} does not answer`,
  );
}

export function isNetworkError(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.NetworkUnreachable ||
    error instanceof Deno.errors.UnexpectedEof ||
    error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.TimedOut;
}
