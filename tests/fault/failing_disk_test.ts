/** A disk that fails under a running server, and is well again: its system calls return errors. */
import { verifyFolder } from "../../server/backup/verification.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { canFailCalls, failCalls, type Failing } from "../support/fault/failing_calls.ts";
import { sampleBytes } from "../support/pieces.ts";
import { enter, fill, onlyFile } from "../support/server/kept_folder.ts";
import { newToken, SecurePeer, Someone, textOf, textTo } from "../support/server/secure_peer.ts";
import { download, openUpload, putChunks, upload } from "../support/server/secure_uploads.ts";
import { type ServerProcess, startServer } from "../support/server_process.ts";
import { tempFolder } from "../support/temp_folder.ts";

const FAILING = ["failed", "the server's disk reports an error"];
const READ_ONLY = ["failed", "the server's disk is read-only"];
const FULL = ["over-quota", "the server's disk is full"];

interface Fault {
  failing: Failing;
  /** What is told of it. */
  told: string[][];
}

const FAULTS: Record<string, Fault> = {
  "fsync fails": { failing: { calls: "fsync,fdatasync", error: "EIO" }, told: [FAILING] },
  "writing fails": { failing: { calls: "pwrite64", error: "EIO" }, told: [FAILING] },
  "it is read-only": {
    failing: { calls: "pwrite64,fsync,fdatasync,ftruncate,rename,unlink", error: "EROFS" },
    told: [FAILING, READ_ONLY], // SQLite does not tell them apart
  },
  "it is full": { failing: { calls: "pwrite64", error: "ENOSPC" }, told: [FULL] },
};

const possible = await canFailCalls();
if (!possible) console.log("no disk fails: strace is not here, or may not be used");

function diskTest(name: string, body: () => Promise<void>): void {
  Deno.test(`failing disk: ${name}`, async () => {
    if (possible) await body();
  });
}

for (const [name, { failing, told }] of Object.entries(FAULTS)) {
  diskTest(`${name}: that is told, nothing is acknowledged, and all goes on later`, async () => {
    await using temp = await tempFolder();
    const [alice, bob] = [await Someone.called("alice"), await Someone.called("bob")];
    const large = textTo(bob.id, "large ".repeat(20_000));
    const small = textTo(bob.id, "small");
    const [blob, content] = [newToken(), sampleBytes(1000)];
    const received = [small, large].map((request) => textOf(request as never));
    {
      await using server = await startServer({ data: temp.path });
      using sender = await enter(server.port, alice);
      using receiver = await enter(server.port, bob);
      await sender.sendText(bob.id, "before");
      await putChunks(sender, blob, content, await openUpload(sender, blob, content.length));
      {
        await using _ = await failCalls(server.pid, failing);
        const requests = [small, large, { kind: "share" as const, blob, receivers: [bob.id] }];
        for (const request of requests) await expectTold(sender, request, told);
        await expectTold(receiver, { kind: "acknowledge", messageIds: [1] }, told);
        assertEquals((await receiver.poll()).map(textOf), ["before"]);
        using later = await enter(server.port, bob);
        assertEquals((await later.poll()).map(textOf), ["before"]);
      }
      for (const request of [small, large]) await sender.request(request, "sent");
      await upload(sender, blob, content, bob.id);
      await receiver.acknowledge(1);
      expectFewLines(server);
      await server.kill("SIGKILL");
    }
    await using server = await startServer({ data: temp.path });
    using receiver = await enter(server.port, bob);
    assertEquals((await receiver.poll()).map(textOf), received);
    assertEquals(await download(receiver, blob, content.length), content);
    assertEquals((await server.stop()).code, 0);
    assertEquals(await Array.fromAsync(verifyFolder(temp.path, () => {})), []);
  });
}

diskTest("the database cannot be read: that is told, and all is there later", async () => {
  await using world = await filled();
  const { server, kept, data } = world;
  {
    const paths = [`${data}/server.db`, `${data}/server.db-wal`];
    await using _ = await failCalls(server.pid, { calls: "pread64", error: "EIO", paths });
    const told = [["failed", "the server's database is damaged"]]; // as SQLite has it
    using peer = await SecurePeer.open(server.port);
    await expectTold(peer, await peer.loginOf(kept.bob), told);
  }
  using receiver = await enter(server.port, kept.bob);
  assertEquals((await receiver.poll()).map(textOf), ["short", kept.large]);
  const { code, stderr } = await server.stop();
  assertEquals(code, 0);
  assert(stderr.includes("look for errors of the disk"), stderr);
});

diskTest("a content cannot be read: it waits, and holds up nothing behind it", async () => {
  await using world = await filled();
  const { server, kept, data } = world;
  using sender = await enter(server.port, kept.alice);
  await sender.sendText(kept.bob.id, "behind");
  {
    const paths = [onlyFile(`${data}/files`)];
    await using _ = await failCalls(server.pid, { calls: "read", error: "EIO", paths });
    using first = await enter(server.port, kept.bob);
    // Its beginning is sent already.
    assertEquals(await first.poll().then(() => "all", () => "broken off"), "broken off");
    for (let i = 0; i < 2; i++) {
      using again = await enter(server.port, kept.bob);
      assertEquals((await again.poll()).map(textOf), ["short", "behind"]);
    }
    using follower = await enter(server.port, kept.bob);
    await follower.subscribe();
    assertEquals(await follower.texts(2), ["short", "behind"]);
  }
  using later = await enter(server.port, kept.bob);
  assertEquals((await later.poll()).map(textOf), ["short", kept.large, "behind"]);
  const { stderr } = await server.stop();
  assertEquals(stderr.split("\n").filter((line) => line.includes("A message stays")).length, 1);
});

diskTest("a chunk cannot be read: that is told, and it comes later", async () => {
  await using world = await filled();
  const { server, kept, data } = world;
  using receiver = await enter(server.port, kept.bob);
  {
    const paths = [onlyFile(`${data}/chunks`)];
    await using _ = await failCalls(server.pid, { calls: "read,pread64", error: "EIO", paths });
    const request = { kind: "get-chunk", blob: kept.blob, chunk: 0 } as const;
    await expectTold(receiver, request, [FAILING]);
  }
  assertEquals(await download(receiver, kept.blob, kept.file.length), kept.file);
});

/** A server that has just started, so that it has read little of what it keeps. */
async function filled() {
  const stack = new AsyncDisposableStack();
  const { path: data } = stack.use(await tempFolder());
  const before = await startServer({ data });
  const kept = await fill(before.port);
  await before.stop();
  const server = stack.use(await startServer({ data }));
  return { server, kept, data, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Expects that `request` is refused for now, in one of these ways. */
async function expectTold(
  peer: SecurePeer,
  request: Parameters<SecurePeer["send"]>[0],
  told: string[][],
): Promise<void> {
  await peer.send(request);
  const { error, text, retryAfter } = await peer.expect("error");
  assert(told.some(([name, words]) => name === error && words === text), `${error}: ${text}`);
  assert(retryAfter > 0, "it may be sent again");
}

/** Expects that the log tells what to do, in few lines. */
function expectFewLines({ output }: ServerProcess): void {
  const lines = output.stderr.split("\n").filter((line) => /disk/.test(line));
  assert(lines.length >= 1 && lines.length <= 6, output.stderr);
  assert(lines.every((line) => /look for errors|free room/.test(line)), output.stderr);
}
