import { toHex } from "../../shared/bytes.ts";
import { ChannelOpening } from "../../shared/channel/opening.ts";
import { writeAll } from "../../shared/io.ts";
import { decodeResponseHeader, RESPONSE_HEADER_SIZE } from "../../shared/protocol/frame.ts";
import { FrameReader } from "../../shared/protocol/frame_stream.ts";
import { serverCommand } from "../command.ts";
import { type Endpoint, endpointText } from "../config/kinds.ts";

/** How long the server may take to answer, in milliseconds. */
const PATIENCE = 5_000;

/** Where to reach a server that listens on every address of the machine. */
const LOOPBACK: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

export const health = serverCommand({
  name: "health",
  settings: ["host", "port", "data"],
  summary: "Check that the server answers on its port",
  details:
    "Opens an encrypted connection, as a client does, within 5 seconds, and prints the key\n" +
    "that the server proves. For the health check of a container.",
  async run(_, context) {
    const { host, port } = (await context.config()).settings;
    const endpoint = { hostname: LOOPBACK[host] ?? host, port };
    const where = endpointText(endpoint);
    try {
      console.log(`${where} answers, key ${await keyAt(endpoint)}`);
    } catch (error) {
      throw new Error(`${where} does not answer: ${(error as Error).message}`);
    }
  },
});

/** Returns the key that the server there proves, in hex. */
async function keyAt(endpoint: Endpoint): Promise<string> {
  const conn = await Deno.connect({ ...endpoint, signal: AbortSignal.timeout(PATIENCE) });
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("it is silent")), PATIENCE);
  try {
    return await Promise.race([late.promise, handshake(conn)]);
  } finally {
    clearTimeout(timer);
    conn.close();
  }
}

async function handshake(conn: Deno.Conn): Promise<string> {
  const opening = new ChannelOpening();
  await writeAll(conn, opening.request);
  const reader = new FrameReader(conn);
  const size = opening.payloadSize(decodeResponseHeader(await reader.read(RESPONSE_HEADER_SIZE)));
  return toHex(opening.finish(await reader.read(size)).remoteStatic);
}
