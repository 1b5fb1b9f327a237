/** Server addresses as users write them: `HOST:PORT`, with an IPv6 host in brackets. */
import { ClientError } from "./errors.ts";

export interface Address {
  hostname: string;
  port: number;
}

/** @throws {ClientError} `no-server` where `text` is no address; `source` says where it stood */
export function parseAddress(text: string, source: string): Address {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/i.exec(text.trim());
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65535) {
    throw new ClientError("no-server", `${source} must be HOST:PORT, such as 127.0.0.1:1234`);
  }
  return { hostname: match[1] ?? match[2], port };
}

/** The text that {@link parseAddress} reads back. */
export function formatAddress({ hostname, port }: Address): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
