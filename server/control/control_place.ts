/**
 * Where a running server takes orders from its operator: a Unix socket in its data folder, which
 * only its owner can open. On Windows it is a port of this machine alone and a secret of 32 bytes;
 * both stand in a file that only the owner can read.
 */
import { toHex, utf8 } from "../../shared/bytes.ts";
import { equalSecrets } from "../../shared/crypto/hash.ts";
import type { Random } from "../../shared/crypto/random.ts";
import { readIfThere, removeFile } from "../../shared/files.ts";

const SOCKET = "server.sock";
const PORT_FILE = "server.control";
/** Longest path of a socket on every system, in bytes. */
const MAX_SOCKET_PATH = 103;
const SECRET_SIZE = 32;

/** What a server listens on for its operator. Disposing closes it. */
export interface ControlPlace extends AsyncDisposable {
  accept(): Promise<Deno.Conn>;
  /** Reports whether a request with this secret may be answered. */
  admits(secret: string | undefined): boolean;
}

/** A connection to a running server, and the secret that a request to it must hold. */
export interface ControlLine {
  readonly conn: Deno.Conn;
  readonly secret?: string;
}

interface Options {
  /** The system that this runs on, such as linux or windows. */
  readonly os: string;
  readonly random: Random;
}

/**
 * Opens the place in the folder `data`, which this process must have locked; one that a killed
 * server left behind is replaced.
 * @throws {Error} where the path of the folder is too long for a socket
 */
export async function openControlPlace(
  data: string,
  { os, random }: Options,
): Promise<ControlPlace> {
  if (os === "windows") return await openPort(data, random);
  const path = `${data}/${SOCKET}`;
  if (utf8(path).length > MAX_SOCKET_PATH) {
    throw new Error("the path of the data folder is too long for a socket");
  }
  await removeFile(path);
  const listener = Deno.listen({ transport: "unix", path });
  await Deno.chmod(path, 0o600);
  return {
    accept: () => listener.accept(),
    admits: () => true, // whoever can open the socket
    async [Symbol.asyncDispose]() {
      listener.close();
      await removeFile(path);
    },
  };
}

async function openPort(data: string, random: Random): Promise<ControlPlace> {
  const path = `${data}/${PORT_FILE}`;
  const secret = toHex(random(SECRET_SIZE));
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  await removeFile(path);
  await Deno.writeTextFile(path, JSON.stringify({ port, secret }), { mode: 0o600 });
  return {
    accept: () => listener.accept(),
    admits: (given) => given !== undefined && equalSecrets(given, secret),
    async [Symbol.asyncDispose]() {
      listener.close();
      await removeFile(path);
    },
  };
}

/** Connects to the server that runs on the folder `data`. */
export async function connectControl(
  data: string,
  { os }: Pick<Options, "os">,
): Promise<ControlLine> {
  if (os !== "windows") {
    return { conn: await Deno.connect({ transport: "unix", path: `${data}/${SOCKET}` }) };
  }
  const path = `${data}/${PORT_FILE}`;
  const text = await readIfThere(path);
  if (text === undefined) throw new Error(`${path} is missing`);
  const place = /^\{"port":(\d+),"secret":"([0-9a-f]+)"\}$/.exec(text);
  if (!place) throw new Error(`${path} does not hold a port and a secret`);
  const [port, secret] = [Number(place[1]), place[2]];
  return { conn: await Deno.connect({ hostname: "127.0.0.1", port }), secret };
}
