import { type Bytes, equalBytes, toHex } from "../../../shared/bytes.ts";
import { type Address, formatAddress } from "../../network/address.ts";
import { ClientError } from "../../errors.ts";
import { SealedStore } from "../sealing/sealed_store.ts";
import type { SealedTable } from "../sealing/sealed_table.ts";

interface Row {
  /** HOST:PORT. */
  readonly address: string;
  /** 32 bytes. */
  readonly key: Bytes;
}

export const SERVERS: SealedTable<Row> = {
  name: "servers",
  schema: `
    CREATE TABLE servers (
      address BLOB PRIMARY KEY, -- tag
      sealed  BLOB NOT NULL
    ) STRICT;
  `,
  key: "address",
  tags: { address: ["servers.address", ({ address }) => [address]] },
};

/** Pins the key of each server: the one in its address, else the first that it shows. */
export class Servers extends SealedStore<Row> {
  protected readonly table = SERVERS;

  /** Returns the 32-byte key that the server at this address must have, if one is known. */
  key(address: Address): Bytes | undefined {
    return this.#known(nameOf(address));
  }

  /** Trusts any key that the server at this address shows next. Reports whether one was known. */
  forget(address: Address): boolean {
    const tag = this.tag("address", nameOf(address));
    return this.run("DELETE FROM servers WHERE address = ?", tag) > 0;
  }

  /**
   * Accepts `key` if it is the one in the address; without that, if it was seen before or is the
   * first. Reports whether it is the first.
   * @throws {ClientError} `wrong-server`
   */
  check(address: Address, key: Bytes): boolean {
    const where = nameOf(address);
    const known = this.#known(where);
    checkDemanded(address, key);
    if (!address.key && known && !equalBytes(known, key)) throw changed(where, known, key);
    if (!known || !equalBytes(known, key)) this.putRow({}, { address: where, key });
    return known === undefined && !address.key;
  }

  #known(address: string): Bytes | undefined {
    return this.findRow(this.tag("address", address))?.key;
  }
}

/**
 * Checks that `key` is the one that `address` demands, if it does.
 * @throws {ClientError} `wrong-server`
 */
export function checkDemanded(address: Address, key: Bytes): void {
  const { key: demanded } = address;
  if (demanded && !equalBytes(demanded, key)) throw notDemanded(nameOf(address), demanded, key);
}

function nameOf({ hostname, port }: Address): string {
  return formatAddress({ hostname: hostname.toLowerCase(), port });
}

function notDemanded(where: string, demanded: Bytes, shown: Bytes): ClientError {
  return new ClientError(
    "wrong-server",
    `the server at ${where} does not have the key that its address demands\n` +
      `  demanded: ${toHex(demanded)}\n` +
      `  shown:    ${toHex(shown)}\n` +
      "Somebody may sit between you and the server. Nothing was sent. Ask its operator for the " +
      "right key (messaging-server fingerprint) and correct the address.",
  );
}

function changed(where: string, known: Bytes, shown: Bytes): ClientError {
  return new ClientError(
    "wrong-server",
    `the server at ${where} is not the one that this profile knows\n` +
      `  known: ${toHex(known)}\n` +
      `  shown: ${toHex(shown)}\n` +
      "Somebody may sit between you and the server, or its operator has set it up anew. Nothing " +
      "was sent. Ask the operator for the key (messaging-server fingerprint). If it is the one " +
      "shown, accept it with: messaging-client server forget",
  );
}
