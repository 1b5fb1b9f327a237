/** What the tests of backups put into the folder of a server, and find there again. */
import type { Bytes } from "../../../shared/bytes.ts";
import { FILE_CHUNK_SIZE } from "../../../shared/limits.ts";
import { assertEquals } from "../assert.ts";
import { startServer } from "../server_process.ts";
import { newToken, SecurePeer, Someone, textOf, textTo } from "./secure_peer.ts";
import { download, upload } from "./secure_uploads.ts";

/** Larger than what the database itself keeps. */
const LARGE = 200_000;
const FILE_SIZE = 2 * FILE_CHUNK_SIZE + 1_000;

/** What is kept: two clients, a short message, a large one, and a file. */
export interface Kept {
  alice: Someone;
  bob: Someone;
  blob: Bytes;
  file: Bytes;
  large: string;
}

/** A channel of `who`, logged in and registered. */
export async function enter(port: number, who: Someone): Promise<SecurePeer> {
  const peer = await SecurePeer.open(port);
  const { registered } = await peer.login(who);
  if (!registered) await peer.register(who);
  return peer;
}

/** Has a server on `port` keep all of it. */
export async function fill(port: number): Promise<Kept> {
  const [alice, bob] = [await Someone.called("alice"), await Someone.called("bob")];
  using peer = await enter(port, alice);
  (await enter(port, bob))[Symbol.dispose]();
  const large = "x".repeat(LARGE);
  const file = new Uint8Array(FILE_SIZE).map((_, index) => index % 251);
  const blob = newToken();
  await peer.sendText(bob.id, "short");
  await peer.request(textTo(bob.id, large), "sent");
  await upload(peer, blob, file, bob.id);
  return { alice, bob, blob, file, large };
}

/** Fails unless the server in the folder `data` has all of it. */
export async function expectKept(data: string, { bob, blob, file, large }: Kept): Promise<void> {
  await using server = await startServer({ data });
  using peer = await enter(server.port, bob);
  assertEquals((await peer.poll()).map(textOf).slice(0, 2), ["short", large]);
  assertEquals(await download(peer, blob, file.length), file);
  await server.stop();
}

/** The path of the only file in a folder whose name has no suffix. */
export function onlyFile(folder: string): string {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => !name.includes("."));
  assertEquals(names.length, 1);
  return `${folder}/${names[0]}`;
}
