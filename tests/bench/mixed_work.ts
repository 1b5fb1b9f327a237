/** Everything that clients do, at a steady pace, for as long as it is asked for. */
import { FILE_CHUNK_SIZE } from "../../shared/limits.ts";
import { sleep } from "../../shared/sleep.ts";
import { newToken, SecurePeer, Someone, textTo } from "../support/server/secure_peer.ts";
import { download, release, upload } from "../support/server/secure_uploads.ts";
import { register } from "./classic_load.ts";
import { Crowd } from "./crowd.ts";
import type { Job } from "./job.ts";
import { randomBytes } from "./workload.ts";

/** Clients that write to each other, and milliseconds between two messages of one. */
const TALKING = { idle: 0, dripping: 0, active: 40, pace: 200 };
/** Bytes of a file. */
const SIZE = 4 * FILE_CHUNK_SIZE;
/** Messages that one poll brings. */
const POLLED = 50;

/** Milliseconds between two turns of each kind of work. */
const PACE = { files: 250, polls: 250, visits: 500, classic: 2_000 };

/** Works until the time is over. Returns how many turns it made in all. */
export async function mixedWork({ port, milliseconds }: Job & { kind: "mixed" }): Promise<number> {
  const end = performance.now() + milliseconds;
  let turns = 0;
  const again = async (pace: number, turn: () => Promise<unknown>) => {
    for (; performance.now() < end; await sleep(pace)) {
      await turn();
      turns++;
    }
  };
  using crowd = new Crowd();
  await crowd.open({ kind: "crowd", port, ...TALKING });
  crowd.resume();
  using alice = await member(port);
  using bob = await member(port);
  using carol = await member(port);
  await Promise.all([
    again(PACE.files, () => moveFile(alice, bob)),
    again(PACE.polls, () => poll(carol)),
    again(PACE.visits, () => visit(port)),
    again(PACE.classic, () => register(port)),
  ]);
  crowd.resume(); // reports what broke
  return turns;
}

/** Logs a new client in. */
async function member(port: number): Promise<SecurePeer> {
  const peer = await SecurePeer.open(port);
  const who = await Someone.called(`bench ${crypto.randomUUID()}`);
  await peer.login(who);
  await peer.register(who);
  return peer;
}

async function moveFile(from: SecurePeer, to: SecurePeer): Promise<void> {
  const blob = newToken();
  await upload(from, blob, randomBytes(SIZE), to.who.id);
  await download(to, blob, SIZE);
  await release(to, blob);
}

/** Sends itself messages, polls, and acknowledges them. */
async function poll(peer: SecurePeer): Promise<void> {
  await peer.send(...Array.from({ length: POLLED }, () => textTo(peer.who.id, "x".repeat(256))));
  for (let i = 0; i < POLLED; i++) await peer.expect("sent");
  const messages = await peer.poll();
  await peer.acknowledge(...messages.map(({ messageId }) => messageId));
}

/** Comes for the first time, and goes. */
async function visit(port: number): Promise<void> {
  using peer = await member(port);
  await peer.request({ kind: "check-in", mark: newToken() }, "checked-in");
}
