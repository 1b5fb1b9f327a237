/**
 * What the commands give, as lines for standard output: text for people, or JSON for scripts. IDs
 * and keys are lower-case hex.
 */
import { type Bytes, toHex } from "../../shared/bytes.ts";
import type { ClientEntry } from "../../shared/protocol/response.ts";
import { type Address, formatAddress } from "../address.ts";
import type { Sent } from "../client.ts";
import type { Received } from "../inbox.ts";
import type { Peer } from "../peers.ts";

/** One result of a command. */
export type Output =
  | { kind: "server"; address: Address; key: Bytes | undefined }
  | { kind: "identity"; identity: ClientEntry }
  | { kind: "client"; client: Peer }
  | { kind: "public-key"; client: ClientEntry & { publicKey: Bytes } }
  | { kind: "sent"; sent: Sent }
  | { kind: "received"; received: Exclude<Received, { type: "problem" }> };

/** The JSON object of one result, without a line end. */
export function toJson(output: Output): string {
  switch (output.kind) {
    case "identity":
      return JSON.stringify(idAndName(output.identity));
    case "server": {
      const key = output.key ? toHex(output.key) : null;
      return JSON.stringify({ address: formatAddress(output.address), key });
    }
    case "client":
      return JSON.stringify({ ...idAndName(output.client), ...authenticity(output.client) });
    case "public-key": {
      const publicKey = toHex(output.client.publicKey);
      return JSON.stringify({ ...idAndName(output.client), publicKey });
    }
    case "sent": {
      const { message, to } = output.sent;
      return JSON.stringify({ message, to: idAndName(to), ...authenticity(to) });
    }
    case "received": {
      const { message, from, type, ...rest } = output.received;
      return JSON.stringify({
        message,
        from: idAndName(from),
        ...authenticity(from),
        type,
        ...rest,
      });
    }
  }
}

/** The text of one result, without a line end. */
export function toText(output: Output): string {
  switch (output.kind) {
    case "identity":
      return `${toHex(output.identity.id)}  ${printableLine(output.identity.name)}`;
    case "client":
      return `${toHex(output.client.id)}  ${shownName(output.client)}`;
    case "server":
      return `${formatAddress(output.address)}  ${
        output.key ? toHex(output.key) : "no key known yet"
      }`;
    case "public-key":
      return toHex(output.client.publicKey);
    case "sent":
      return `Message ${output.sent.message} to ${shownName(output.sent.to)} is on the server.`;
    case "received":
      return receivedText(output.received);
  }
}

function receivedText(received: Exclude<Received, { type: "problem" }>): string {
  const from = shownName(received.from);
  switch (received.type) {
    case "text":
      return `${from}: ${printable(received.text)}`;
    case "file":
      return `${from} sent a file of ${received.size} bytes: ${printableLine(received.path)}`;
    case "key-request":
      return `${from} asked for a key, and got one.`;
    case "key":
      return `${from} sent a key.`;
  }
}

/** Nothing in a classic profile, for which nobody is authenticated. */
function authenticity({ authenticated }: Peer): { authenticated?: boolean } {
  return authenticated === undefined ? {} : { authenticated };
}

/** A name as it is shown, with a warning where anybody could act in it. */
function shownName({ name, authenticated }: Peer): string {
  return printableLine(name) + (authenticated === false ? " (unauthenticated)" : "");
}

function idAndName({ id, name }: ClientEntry): { id: string; name: string } {
  return { id: toHex(id), name };
}

/**
 * `text` without what could steer a terminal: control characters but tab and line feed, and the
 * marks that turn the direction of writing around. Further lines are indented, so that none can
 * pass for a line of ours.
 */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/gu, "\ufffd")
    .replaceAll("\n", "\n    ");
}

/** `text` as {@link printable} gives it, on one line. */
function printableLine(text: string): string {
  return printable(text.replace(/[\t\n]/g, "\ufffd"));
}
