/** What a profile is doing: as text for people, and as JSON for scripts. */
import type { ConnectionState } from "../../events.ts";
import { type Address, formatAddress } from "../../network/address.ts";
import { printableLine } from "./printable.ts";

export interface Status {
  readonly name: string;
  readonly address: Address;
  /** Undefined without an engine: nothing is connected between commands. */
  readonly connection?: { readonly state: ConnectionState; readonly text: string };
  /** How many texts wait to be sent, files to be fetched, and messages to be read. */
  readonly waiting: number;
  readonly files: number;
  readonly unread: number;
}

export function statusView(status: Status): { json: unknown; text: string } {
  const { name, connection, waiting, files, unread } = status;
  const server = formatAddress(status.address);
  const json = {
    ...{ name, server, engine: connection !== undefined, connection: connection?.state ?? null },
    ...{ waiting, files, unread },
  };
  const engine = connection
    ? `An engine runs, ${connectionText(connection, server)}.`
    : `No engine runs; the server is ${server}.`;
  const counts = `To send: ${waiting}. To fetch: ${files}. Unread: ${unread}.`;
  return { json, text: `${printableLine(name)}. ${engine} ${counts}` };
}

function connectionText(
  { state, text }: NonNullable<Status["connection"]>,
  server: string,
): string {
  if (state === "connected") return `connected with ${server}`;
  return `not connected with ${server}${text === "" ? "" : `: ${printableLine(text)}`}`;
}
