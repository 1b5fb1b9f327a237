import { MiB } from "../../shared/limits.ts";
import { ClientError } from "../errors.ts";
import { type Address, formatAddress } from "./address.ts";
import { NoAnswer } from "./failures.ts";
import { type Patience, unlessSilent } from "./silence.ts";

/** Largest list of clients that is taken into memory: about 150,000. */
export const MAX_RESPONSE_SIZE = 64 * MiB;

/**
 * Connects within the deadline.
 * @throws {ClientError} `unreachable`
 */
export async function connect(
  { hostname, port }: Address,
  patience: Patience,
): Promise<Deno.TcpConn> {
  const late = new AbortController();
  try {
    const connecting = Deno.connect({ hostname, port, signal: late.signal });
    const conn = await unlessSilent(patience, connecting, () => {
      late.abort();
      return new NoAnswer("no answer");
    });
    conn.setNoDelay(true);
    return conn;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError(
      "unreachable",
      `cannot reach the server at ${formatAddress({ hostname, port })}: ${reason}. ` +
        "Check that it runs, and the address",
      { cause },
    );
  }
}

/** Returns what the networks are that this machine is in; "" if nobody may know. */
export function localAddresses(): string {
  try {
    const all = Deno.networkInterfaces().map(({ name, address }) => `${name} ${address}`);
    return all.toSorted().join("\n");
  } catch {
    return ""; // not permitted
  }
}
