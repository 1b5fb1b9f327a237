/**
 * Where other processes of the same user reach the engine of a profile: a Unix socket, whose
 * permissions keep everyone else out; on Windows a port of this machine alone and a secret of 32
 * bytes, which both sides prove to know. A file that only the owner can read says which.
 *
 * Neither proves that an engine runs, as a killed one leaves both: the profile's lock does. What
 * belongs to another user is no endpoint, as whoever answers there could ask for files and secrets.
 */
import { fromHex, toHex, utf8 } from "../../shared/bytes.ts";
import { type Random, randomBytes } from "../../shared/crypto/random.ts";
import { folderOf, readIfThere, removeFile } from "../../shared/files.ts";
import { isForeign, ownUser, writePrivateFile } from "../disk/private_file.ts";
import { closeAnyway } from "./duplex.ts";
import { admit, approach } from "./port_proof.ts";

const FILE = "engine.json";
const SOCKET = "engine.sock";
/** Where the socket is made. */
const DRAFT_FOLDER = "engine.new";
/** Longest path of a socket on every system, in bytes. */
const MAX_SOCKET_PATH = 103;
/** Bytes, which stand in the file in hex. */
const SECRET_SIZE = 32;
const SECRET = /^[0-9a-f]{64}$/;

/** What the file says: the socket, from the profile's folder, or the port. */
type Place =
  | { readonly socket: string }
  | { readonly port: number; readonly secret: string };

/** How processes meet. */
export type Way = "socket" | "port";

/** What an engine listens on. Disposing closes it. */
export interface Endpoint extends AsyncDisposable {
  /** Returns the next connection; throws when it is closed. */
  accept(): Promise<Deno.Conn>;
  /** Reports whether who has connected may ask anything; to be called first. */
  admits(conn: Deno.Conn): Promise<boolean>;
}

/** Returns the way that processes meet on this system. */
export function usualWay(): Way {
  return Deno.build.os === "windows" ? "port" : "socket";
}

/**
 * Opens the endpoint of the profile in `folder`, which this process must have locked. What a killed
 * engine left is replaced.
 */
export async function openEndpoint(
  folder: string,
  { random, way = usualWay() }: { random: Random; way?: Way },
): Promise<Endpoint> {
  await clearEndpoint(folder);
  const { listener, place } = way === "port" ? listenOnPort(random) : await listenOnSocket(folder);
  await writePrivateFile(`${folder}/${FILE}`, JSON.stringify(place));
  return {
    accept: () => listener.accept(),
    async admits(conn) {
      return !("secret" in place) || await admit(conn, { secret: fromHex(place.secret), random });
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await clearEndpoint(folder);
    },
  };
}

/**
 * Connects to the engine of the profile in `folder`; returns null if there is none of `user`. Only
 * while the profile is locked is what answers an engine.
 */
export async function connectEndpoint(
  folder: string,
  { user = ownUser(), random = randomBytes }: { user?: number | null; random?: Random } = {},
): Promise<Deno.Conn | null> {
  const place = await readPlace(folder, user);
  if (!place) return null;
  try {
    if ("socket" in place) {
      const path = socketPath(folder, place.socket);
      // Where all may write, others can make anew what a cleaner has removed.
      const parts = place.socket === SOCKET ? [path] : [folderOf(path), path];
      for (const part of parts) if (await isForeign(part, user) !== false) return null;
      return await Deno.connect({ transport: "unix", path });
    }
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: place.port });
    if (await approach(conn, { secret: fromHex(place.secret), random })) return conn;
    closeAnyway(conn);
    return null;
  } catch {
    return null;
  }
}

/** Reports whether there is, or was, an engine. */
export async function hasEndpoint(folder: string): Promise<boolean> {
  return await readPlace(folder) !== null;
}

async function clearEndpoint(folder: string): Promise<void> {
  const place = await readPlace(folder);
  if (place && "socket" in place) {
    const path = socketPath(folder, place.socket);
    await removeFile(path).catch(() => {});
    // A folder of its own, which nobody else has put anything into.
    if (place.socket !== SOCKET) await Deno.remove(folderOf(path)).catch(() => {});
  }
  await removeFile(`${folder}/${SOCKET}`).catch(() => {});
  await Deno.remove(`${folder}/${DRAFT_FOLDER}`, { recursive: true }).catch(() => {});
  await removeFile(`${folder}/${FILE}`);
}

/** Returns null if there is no such file of `user`, or nobody can know what it says. */
async function readPlace(folder: string, user = ownUser()): Promise<Place | null> {
  try {
    if (await isForeign(`${folder}/${FILE}`, user) !== false) return null;
    const text = await readIfThere(`${folder}/${FILE}`);
    const place = text === undefined ? null : JSON.parse(text);
    const isSocket = typeof place?.socket === "string" && place.socket.endsWith(SOCKET);
    const isPort = Number.isInteger(place?.port) && SECRET.test(place.secret);
    return isSocket || isPort ? place : null;
  } catch {
    return null;
  }
}

/** The socket is in the profile's folder, or where its whole path says. */
function socketPath(folder: string, socket: string): string {
  return socket === SOCKET ? `${folder}/${SOCKET}` : socket;
}

interface Listening {
  readonly listener: Deno.Listener;
  readonly place: Place;
}

/** Where the profile's folder cannot have a socket, another private folder has it. */
async function listenOnSocket(folder: string): Promise<Listening> {
  const path = socketPath(folder, SOCKET);
  const draft = `${folder}/${DRAFT_FOLDER}`;
  const made = socketPath(draft, SOCKET);
  if (utf8(made).length <= MAX_SOCKET_PATH) {
    let listener: Deno.Listener | undefined;
    try {
      // Nobody else can connect before the socket is private, as nobody else can enter its folder.
      await Deno.mkdir(draft, { mode: 0o700 });
      listener = await listenAt(made);
      await Deno.rename(made, path);
      await Deno.remove(draft);
      return { listener, place: { socket: SOCKET } };
    } catch {
      listener?.close(); // not all file systems have sockets
    }
  }
  const socket = `${await Deno.makeTempDir({ prefix: "messaging-" })}/${SOCKET}`;
  return { listener: await listenAt(socket), place: { socket } };
}

/** Listens in a folder that is private; what listens is private too. */
async function listenAt(path: string): Promise<Deno.Listener> {
  const listener = Deno.listen({ transport: "unix", path });
  await Deno.chmod(path, 0o600);
  return listener;
}

function listenOnPort(random: Random): Listening {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return { listener, place: { port: listener.addr.port, secret: toHex(random(SECRET_SIZE)) } };
}
