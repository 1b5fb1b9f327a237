/**
 * A process that sends one request, reads the first bytes of the response, says so, and reads no
 * further. When it is killed its connection is reset: the system does that when bytes are unread.
 * Arguments: the port, the request in hex, how many bytes to read.
 */
import { fromHex } from "../../../shared/bytes.ts";
import { Peer } from "./peer.ts";

if (import.meta.main) {
  const [port, request, size] = Deno.args;
  const peer = await Peer.connect(Number(port));
  await peer.send(fromHex(request));
  await peer.read(Number(size));
  console.log("read");
  setInterval(() => {}, 60_000);
}
