/** Receiving, and following, where somebody follows already. */
import { openClient, type OpenedClient } from "../../../client/open_client.ts";
import type { Received } from "../../../client/inbox/received.ts";
import { assertEquals } from "../../support/assert.ts";
import { randomBytes as random } from "../../../shared/crypto/random.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { until } from "../../support/until.ts";

const ignore = () => {};

/** Alice and Bob, who know each other, on a server of their own. */
async function open() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await ServerFixture.start({ exempt: ["127.0.0.1"] }));
  const temp = stack.use(await tempFolder());
  const address = { hostname: "127.0.0.1", port: server.listener.address.port };
  const sleep = () => Promise.resolve();
  const person = async (name: string): Promise<OpenedClient> => {
    const folder = `${temp.path}/${name}`;
    const runtime = { random, sleep, now: () => Date.now(), oneTimeTarget: 2 };
    const opened = stack.use(await openClient({ folder, address, ...runtime }));
    await opened.client.register(name, { classic: false });
    return opened;
  };
  const alice = await person("alice");
  const bob = await person("bob");
  await bob.client.sendText("alice", "hello");
  await Array.fromAsync(alice.client.receive(temp.path, ignore));
  const send = async (size: number) => {
    const path = `${temp.path}/file ${size}`;
    await Deno.writeFile(path, random(size));
    await alice.client.sendFile("bob", path);
  };
  /** Bob follows, and leaves all for later, until the scene ends. */
  const leave = (folder: string) => {
    const end = new AbortController();
    const options = { files: "announce", later: true, signal: end.signal } as const;
    const left = Array.fromAsync(bob.client.follow(folder, ignore, options));
    stack.defer(async () => {
      end.abort();
      assertEquals(await left, []);
    });
  };
  return {
    leave,
    alice,
    bob,
    out: `${temp.path}/out`,
    send,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const textOf = (received: Received) => "text" in received ? received.text : received.type;

Deno.test("beside a follower: what it leaves for later is received once, files too", async () => {
  await using scene = await open();
  const { alice, bob, out, send, leave } = scene;
  leave(out);
  await alice.client.sendText("bob", "one");
  await send(10);
  await send(3_000_000);
  await until("all is there", () => bob.client.files().length === 2);
  const receive = (maxSize?: number) =>
    Array.fromAsync(bob.client.receive(out, ignore, { maxSize }));
  const received = await receive(1000);
  assertEquals(received.map(textOf), ["one", "announced", "file"]);
  assertEquals(Deno.statSync(`${out}/file 10`).size, 10);
  assertEquals(await receive(), []);
  assertEquals(bob.client.files().map(({ name }) => name), ["file 3000000"]);
  await alice.client.sendText("bob", "two");
  await alice.client.sendText("bob", "three");
  const both = await Promise.all([receive(), receive()]);
  assertEquals(both.flat().map(textOf).sort(), ["three", "two"]);
  assertEquals(await receive(), []);
});

Deno.test("beside a follower: who follows too gets what comes, and its files", async () => {
  await using scene = await open();
  const { alice, bob, out, send, leave } = scene;
  leave("/nowhere");
  await alice.client.sendText("bob", "before");
  await until("it is there", () => {
    return [...bob.client.contactBook.history("alice")].some(({ sent }) => !sent);
  });
  const stop = new AbortController();
  const told: string[] = [];
  const watch = async () => {
    for await (const received of bob.client.follow(out, ignore, { signal: stop.signal })) {
      told.push(textOf(received));
    }
  };
  const watching = watch();
  await until("what was there is told", () => told.length === 1);
  await send(2_000_000);
  await until("the file is told of", () => told.includes("file"));
  await alice.client.sendText("bob", "after");
  await until("the text is told", () => told.length === 3);
  assertEquals(told, ["before", "file", "after"]);
  assertEquals(Deno.statSync(`${out}/file 2000000`).size, 2_000_000);
  stop.abort();
  await watching;
  await alice.client.sendText("bob", "later");
  await until("it waits", () => bob.profile.history.unshown(1).length === 1);
  assertEquals(told.length, 3);
});

Deno.test("beside a follower: who takes his time to show a message holds up nobody", async () => {
  await using scene = await open();
  const { alice, bob, out, leave } = scene;
  leave(out);
  await alice.client.sendText("bob", "one");
  await until("it waits", () => bob.profile.history.unshown(1).length === 1);
  const slow = bob.client.receive(out, ignore);
  assertEquals(textOf((await slow.next()).value!), "one");
  await alice.client.sendText("bob", "two");
  await until("it is opened", () => bob.profile.history.unshown(2).length === 2);
  const quick = await Array.fromAsync(bob.client.receive(out, ignore));
  assertEquals(quick.map(textOf), ["two"]);
  assertEquals(await Array.fromAsync(slow), []);
  assertEquals(bob.profile.history.unshown(1), []);
});
