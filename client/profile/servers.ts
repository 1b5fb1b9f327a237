/** The keys of the servers that this profile has met, by address. */
import type { Database, Statement } from "@db/sqlite";
import { type Bytes, equalBytes, toHex } from "../../shared/bytes.ts";
import { type Address, formatAddress } from "../address.ts";
import { ClientError } from "../errors.ts";

export class Servers {
  readonly #select: Statement;
  readonly #put: Statement;
  readonly #forget: Statement;

  constructor(database: Database) {
    this.#select = database.prepare("SELECT key FROM servers WHERE address = ?");
    this.#put = database.prepare(
      "INSERT INTO servers (address, key) VALUES (?, ?) " +
        "ON CONFLICT DO UPDATE SET key = excluded.key",
    );
    this.#forget = database.prepare("DELETE FROM servers WHERE address = ?");
  }

  /** The 32-byte key that the server at this address must have; undefined where none is known. */
  key(address: Address): Bytes | undefined {
    return this.#select.value<[Bytes]>(nameOf(address))?.[0];
  }

  /** Trusts whatever key the server at this address shows next. Gives whether one was known. */
  forget(address: Address): boolean {
    return this.#forget.run(nameOf(address)) > 0;
  }

  /**
   * Accepts `key`, where it is the one in the address, else the one that was seen before, else the
   * first. Gives whether it is the first.
   * @throws {ClientError} `wrong-server`
   */
  check(address: Address, key: Bytes): boolean {
    const where = nameOf(address);
    const known = this.#select.value<[Bytes]>(where)?.[0];
    if (address.key) {
      if (!equalBytes(address.key, key)) throw notDemanded(where, address.key, key);
    } else if (known && !equalBytes(known, key)) {
      throw changed(where, known, key);
    }
    this.#put.run(where, key);
    return known === undefined && !address.key;
  }
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
