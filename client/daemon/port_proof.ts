/**
 * How both ends of a connection to a port show each other that they know the engine's secret. It
 * never leaves them, as whoever listens on the port now may be a stranger. First come, in hex:
 *
 *     from who connects:  NONCE
 *     from the engine:    NONCE PROOF
 *     from who connects:  PROOF
 *
 * each with a line end. A nonce has 32 bytes. A proof is HMAC-SHA-256 under the secret of the word
 * `engine` or `front end`, for who proves it, the nonce of who connects, and that of the engine.
 */
import { type Bytes, equalBytes, fromHex, fromUtf8, toHex, utf8 } from "../../shared/bytes.ts";
import { hmacSha256 } from "../../shared/crypto/hash.ts";
import type { Random } from "../../shared/crypto/random.ts";
import { closeAnyway } from "./duplex.ts";
import { writeAll } from "../../shared/io.ts";

type Role = "engine" | "front end";

/** Of a nonce and of a proof, in bytes, and in characters of hex with the one behind it. */
const SIZE = 32;
const WORD = 2 * SIZE + 1;
/** How long the other side may take for all of it, in milliseconds. */
const DEADLINE = 5_000;

export interface ProofOptions {
  readonly secret: Bytes;
  readonly random: Random;
}

/** The engine's part. Reports whether who has connected knows the secret. */
export async function admit(conn: Deno.Conn, { secret, random }: ProofOptions): Promise<boolean> {
  return await inTime(conn, async () => {
    const theirs = await readWord(conn, "\n");
    const own = random(SIZE);
    await write(conn, `${toHex(own)} ${toHex(proof(secret, "engine", theirs, own))}\n`);
    return equalBytes(await readWord(conn, "\n"), proof(secret, "front end", theirs, own));
  });
}

/** The part of who connects. Reports whether the engine has answered. */
export async function approach(
  conn: Deno.Conn,
  { secret, random }: ProofOptions,
): Promise<boolean> {
  return await inTime(conn, async () => {
    const own = random(SIZE);
    await write(conn, `${toHex(own)}\n`);
    const theirs = await readWord(conn, " ");
    const answer = await readWord(conn, "\n");
    if (!equalBytes(answer, proof(secret, "engine", own, theirs))) return false;
    await write(conn, `${toHex(proof(secret, "front end", own, theirs))}\n`);
    return true;
  });
}

function proof(secret: Bytes, role: Role, frontEnd: Bytes, engine: Bytes): Bytes {
  return hmacSha256(secret, utf8(role), frontEnd, engine);
}

/** Closes the connection if the exchange takes too long, and takes any error of it for a no. */
async function inTime(conn: Deno.Conn, exchange: () => Promise<boolean>): Promise<boolean> {
  const timer = setTimeout(() => closeAnyway(conn), DEADLINE);
  try {
    return await exchange();
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

async function write(conn: Deno.Conn, text: string): Promise<void> {
  await writeAll(conn, utf8(text));
}

/** Reads 32 bytes in hex and what must follow them, and nothing of what comes then. */
async function readWord(conn: Deno.Conn, end: string): Promise<Bytes> {
  const word = new Uint8Array(WORD);
  for (let at = 0; at < WORD;) {
    const count = await conn.read(word.subarray(at));
    if (count === null) throw new TypeError("the other side has gone");
    at += count;
  }
  const text = fromUtf8(word);
  if (!text.endsWith(end)) throw new TypeError("what comes is no word of hex");
  return fromHex(text.slice(0, -1));
}
