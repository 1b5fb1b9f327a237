/** The server's memory and open files, seen from outside: the real process. */
import { type Bytes, concat } from "../../shared/bytes.ts";
import { CLIENT_ID_SIZE, MiB, NAME_FIELD_SIZE } from "../../shared/limits.ts";
import { classicClients, encodeSendPrefix } from "../../shared/protocol/classic/requests.ts";
import { encodeRequestHeader } from "../../shared/protocol/frame.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { openFiles, peakMemory, PROCESS_FACTS } from "../support/process_facts.ts";
import { startServer } from "../support/server_process.ts";
import { until } from "../support/until.ts";
import { expectKind, keyOf, Peer, requestBytes, ZERO_ID } from "../support/server/peer.ts";

const POLL = { kind: "get-messages" } as const;
const LIST = { kind: "client-list" } as const;
/** More than everything that the server may hold on to, and far less than what passes through. */
const GROWTH = 100 * MiB;

function memoryTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `memory: ${name}`, ignore: !PROCESS_FACTS, fn });
}

/** Waits until the server has done what it can do without the peer. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000));
}

memoryTest("a file of 300 MiB, sent, and collected by a peer that reads late", async () => {
  await using server = await startServer();
  using peer = await Peer.connect(server.port);
  const alice = await peer.register("alice");
  const before = await peakMemory(server.pid);
  const size = 300 * MiB;
  const step: Bytes = new Uint8Array(MiB).fill(7);
  await peer.send(
    encodeRequestHeader({ clientId: alice, version: 2, code: 103, size: size + 21 }),
    encodeSendPrefix({ to: alice, type: 4, size }),
  );
  for (let sent = 0; sent < size; sent += step.length) await peer.send(step);
  expectKind(await peer.response(), "sent");
  const uploaded = await peakMemory(server.pid);
  assert(uploaded - before < GROWTH, `grew by ${uploaded - before} bytes while it was sent`);

  await peer.send(requestBytes(alice, POLL));
  assertEquals((await peer.header()).size, size + 25);
  await pause(); // not reading
  const stalled = await peakMemory(server.pid);
  assert(stalled - before < GROWTH, `grew by ${stalled - before} bytes while nobody read`);
  assertEquals((await peer.messageHead()).size, size);
  for (let read = 0; read < size; read += step.length) await peer.read(step.length);
  const collected = await peakMemory(server.pid);
  assert(collected - before < GROWTH, `grew by ${collected - before} bytes while it was collected`);
});

memoryTest("a thousand client lists at a time, for two peers that read late", async () => {
  // Otherwise most of the registrations, and of the lists, would be too many for one address.
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  using peer = await Peer.connect(server.port);
  const names = Array.from({ length: 2000 }, (_, i) => `client ${i}`);
  const registrations = names.map((name) =>
    requestBytes(ZERO_ID, { kind: "register", name, publicKey: keyOf(name) })
  );
  const sent = peer.send(concat(...registrations));
  let last: Bytes = ZERO_ID;
  for (const _ of names) last = expectKind(await peer.response(), "registered").clientId;
  await sent;
  const before = await peakMemory(server.pid);
  // Half a gigabyte of answers, to two peers that do not read them yet.
  const list = requestBytes(last, LIST);
  const [lists, size] = [500, (names.length - 1) * (CLIENT_ID_SIZE + NAME_FIELD_SIZE)];
  using first = await Peer.connect(server.port);
  using second = await Peer.connect(server.port);
  for (const silent of [first, second]) {
    await silent.send(concat(...Array.from({ length: lists }, () => list)));
  }
  await pause();
  expectKind(await peer.request(last, LIST), "client-list"); // others are served
  const grown = await peakMemory(server.pid) - before;
  assert(grown < GROWTH, `grew by ${grown} bytes while nobody read`);
  for (const late of [first, second]) {
    for (let read = 0; read < 100; read++) {
      const header = await late.header();
      assertEquals([header.code, header.size], [classicClients.code, size], `answer ${read}`);
      await late.read(size);
    }
  }
  const whole = await peakMemory(server.pid) - before;
  assert(whole < GROWTH, `grew by ${whole} bytes while they were read`);
});

memoryTest("connections leave no file open, however they end", async () => {
  await using server = await startServer();
  using first = await Peer.connect(server.port);
  const alice = await first.register("alice");
  await first.sendText(alice, alice, new Uint8Array(8 * MiB));
  const before = await openFiles(server.pid);
  const upload = concat(
    encodeRequestHeader({ clientId: alice, version: 2, code: 103, size: MiB + 21 }),
    encodeSendPrefix({ to: alice, type: 4, size: MiB }),
    new Uint8Array(100_000),
  );
  const requests = [
    new Uint8Array(0),
    new Uint8Array(10),
    requestBytes(alice, LIST),
    requestBytes(alice, POLL),
    upload,
    encodeRequestHeader({ clientId: alice, version: 9, code: 101, size: 0 }),
  ];
  for (let round = 0; round < 10; round++) {
    const peers = await Promise.all(requests.map(async (request) => {
      const peer = await Peer.connect(server.port);
      await peer.send(request);
      return peer;
    }));
    for (const peer of peers) peer.close();
  }
  await until("all files are closed", async () => await openFiles(server.pid) <= before);
  assertEquals([...Deno.readDirSync(`${server.data}/files`)].length, 1);
});
