/** What every front end calls first: a profile, the way to its server, and the client on both. */
import { type Bytes, toHex } from "../shared/bytes.ts";
import type { PassphraseCost } from "../shared/crypto/passphrase.ts";
import { readIfThere } from "../shared/files.ts";
import { ClassicTransport } from "./classic/classic_transport.ts";
import { Client } from "./client.ts";
import { removeOthers } from "./disk/files.ts";
import { writePrivateFile } from "./disk/private_file.ts";
import { ClientError } from "./errors.ts";
import type { ConnectionState } from "./events.ts";
import { Expiry } from "./expiry.ts";
import { type Address, formatAddress, formatFullAddress, parseAddress } from "./network/address.ts";
import { ProfileNetwork } from "./network/profile_network.ts";
import type { Clock } from "./network/silence.ts";
import { Profile } from "./profile/profile.ts";
import type { ClientRuntime } from "./sessions/context.ts";

/** What a client needs of the system. */
export interface Runtime extends ClientRuntime {
  /** Waits that many milliseconds. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Measures how long a server is silent; that of the system by default. */
  readonly clock?: Clock;
  /** The cost of a passphrase that is set; half a second by default. */
  readonly passphraseCost?: PassphraseCost;
}

export interface OpenClientOptions extends Runtime {
  /** The profile's folder; created if it does not exist. */
  readonly folder: string;
  /** The server; undefined for operations that need none. */
  readonly address?: Address;
  /** Returns the passphrase; called once, and only for a protected profile. */
  readonly passphrase?: () => Promise<string>;
  /** Called with what the user may want to know. */
  readonly note?: (text: string) => void;
}

/** A client on an open profile. Disposing of it closes the connection and the profile. */
export interface OpenedClient extends AsyncDisposable {
  readonly client: Client;
  readonly profile: Profile;
  readonly address: Address;
}

/** What the owner of a renewed profile is told. */
export const RENEWED =
  "The profile was brought up to date from an earlier version. Contacts and history are " +
  "as before. Sessions begin anew: messages that cannot be opened any more are asked for again. " +
  "Files that were not fetched before have to be sent again";

/** An address to which every connection fails. */
const NO_SERVER: Address = { hostname: "0.0.0.0", port: 0 };

/**
 * Opens the profile in a folder, and a client on it. Nothing is sent before its first operation.
 * @throws {ClientError} `in-use`, `bad-profile`, `wrong-passphrase`, and what `passphrase` throws
 */
export async function openClient(
  { folder, address = NO_SERVER, passphrase, note = () => {}, ...runtime }: OpenClientOptions,
): Promise<OpenedClient> {
  const { sleep, passphraseCost } = runtime;
  const profile = await Profile.open(folder, { passphrase, sleep, passphraseCost });
  // Copies that a crash, or an owner before this one, left. A secure profile settles its own.
  const { secureIdentity, outgoingFolder, outbox } = profile;
  // What cannot be removed now is removed at a later start.
  if (!secureIdentity) await removeOthers(outgoingFolder, outbox.copies()).catch(() => {});
  if (profile.renewed && secureIdentity) note(RENEWED);
  const onFirstKey = (key: Bytes) =>
    note(`First contact with the server at ${formatAddress(address)}, key ${toHex(key)}`);
  const classic = ClassicTransport;
  const onWait = () => note(waitingText(address));
  const onConnection = (state: ConnectionState, text: string) =>
    profile.events.emit({ kind: "connection", state, text });
  const network = new ProfileNetwork({
    ...{ profile, address, classic, onFirstKey, onWait, onConnection },
    ...runtime,
  });
  const client = new Client({ profile, network, note, ...runtime });
  const expiry = await Expiry.start(profile, client.messages, runtime.now).catch((error) => {
    profile[Symbol.dispose]();
    throw error;
  });
  return {
    client,
    profile,
    address,
    async [Symbol.asyncDispose]() {
      using _profile = profile;
      using _expiry = expiry;
      await network.close();
    },
  };
}

/** Returns what the user is told while a server is silent. */
export function waitingText(address: Address): string {
  return `waiting for ${formatAddress(address)} to answer ...`;
}

/**
 * Returns the address of a profile's server: `given`, else what `server.info` in `folder` says.
 * @throws {ClientError} `no-server`
 */
export async function serverAddress(folder: string, given?: string): Promise<Address> {
  if (given !== undefined) return parseAddress(given, "--server");
  const path = serverInfo(folder);
  const text = await readIfThere(path);
  if (text !== undefined) return parseAddress(text, path);
  throw new ClientError(
    "no-server",
    "no server is set: use messaging-client setup, or --server HOST:PORT, or write HOST:PORT " +
      `into ${path}`,
  );
}

/** Writes `server.info`, unless `folder` has one and not `anew`. Reports whether it did. */
export async function rememberServer(
  folder: string,
  address: Address,
  { anew = false } = {},
): Promise<boolean> {
  const path = serverInfo(folder);
  if (!anew && await readIfThere(path) !== undefined) return false;
  await writePrivateFile(path, `${formatFullAddress(address)}\n`);
  return true;
}

const serverInfo = (folder: string) => `${folder}/server.info`;
