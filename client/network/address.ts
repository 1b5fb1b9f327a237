/** Server addresses as users write them: `HOST:PORT` or `HOST:PORT#KEY`, IPv6 in brackets. */
import { type Bytes, fromHex, toHex } from "../../shared/bytes.ts";
import { X25519_SIZE } from "../../shared/crypto/x25519.ts";
import { ClientError } from "../errors.ts";

/** Where a server is. */
export interface Address {
  hostname: string;
  port: number;
  /** The 32-byte key that the server must have. */
  key?: Bytes;
}

/** @throws {ClientError} `no-server` if `text` is no address; `source` says where it was found */
export function parseAddress(text: string, source: string): Address {
  const [place, ...fragments] = text.trim().split("#");
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/i.exec(place);
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65535 || fragments.length > 1) {
    throw new ClientError("no-server", `${source} must be HOST:PORT, such as 127.0.0.1:1234`);
  }
  const hostname = match[1] ?? match[2];
  return fragments.length === 0
    ? { hostname, port }
    : { hostname, port, key: parseKey(fragments[0], source) };
}

function parseKey(text: string, source: string): Bytes {
  if (text.length === 2 * X25519_SIZE && /^[0-9a-f]+$/i.test(text)) return fromHex(text);
  throw new ClientError(
    "no-server",
    `the key behind # in ${source} must be ${2 * X25519_SIZE} hex digits, as printed by ` +
      "messaging-server fingerprint",
  );
}

/** Returns HOST:PORT, without the key. */
export function formatAddress({ hostname, port }: Address): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Returns the text that {@link parseAddress} reads back. */
export function formatFullAddress(address: Address): string {
  return formatAddress(address) + (address.key ? `#${toHex(address.key)}` : "");
}
