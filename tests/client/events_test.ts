import { type ClientEvent, Events } from "../../client/events.ts";
import { openClient } from "../../client/open_client.ts";
import { assertEquals } from "../support/assert.ts";
import { random } from "../support/attack/parties.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { until } from "../support/until.ts";

/** Lets all microtasks run. */
const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("events: what happens before the task ends is told once, in its last state", async () => {
  const events = new Events();
  const told: ClientEvent[] = [];
  events.emit({ kind: "entry", number: 1 }); // nobody listens yet
  using _listening = events.on((event) => told.push(event));
  events.emit({ kind: "entry", number: 2 });
  events.emit({ kind: "connection", state: "offline", text: "" });
  events.emit({ kind: "entry", number: 3 });
  events.emit({ kind: "entry", number: 2 });
  events.emit({ kind: "connection", state: "connected", text: "host:1" });
  assertEquals(told, []);
  await turn();
  assertEquals(told, [
    { kind: "entry", number: 3 },
    { kind: "entry", number: 2 },
    { kind: "connection", state: "connected", text: "host:1" },
  ]);
});

Deno.test("events: a transfer rests after it was told of, others do not", async () => {
  let wake = () => {};
  const events = new Events(() => new Promise((resolve) => wake = resolve));
  const told: ClientEvent[] = [];
  const listening = events.on((event) => told.push(event));
  const transfer = (number: number): ClientEvent => ({ kind: "transfer", number });
  for (let time = 0; time < 3; time++) {
    events.emit(transfer(1));
    await turn();
  }
  assertEquals(told.splice(0), [transfer(1)]);
  events.emit({ kind: "entry", number: 1 });
  await turn();
  assertEquals(told.splice(0), [{ kind: "entry", number: 1 }]);
  wake();
  await turn();
  assertEquals(told.splice(0), [transfer(1)]);
  listening[Symbol.dispose]();
  wake();
  events.emit(transfer(1));
  await turn();
  assertEquals(told, []);
});

Deno.test("events: messages, contacts and the connection of a client", async () => {
  await using server = await ServerFixture.start({ exempt: ["127.0.0.1"] });
  await using temp = await tempFolder();
  const address = { hostname: "127.0.0.1", port: server.listener.address.port };
  const sleep = () => Promise.resolve();
  const open = (name: string) =>
    openClient({
      ...{ folder: `${temp.path}/${name}`, address, random, sleep, now: () => Date.now() },
      oneTimeTarget: 2,
    });
  await using alice = await open("alice");
  await using bob = await open("bob");
  await bob.client.register("bob", { classic: false });
  const told: ClientEvent[] = [];
  using _listening = alice.client.events.on((event) => told.push(event));
  const has = (expected: ClientEvent) =>
    until(JSON.stringify(expected), () => {
      return told.some((event) => JSON.stringify(event) === JSON.stringify(expected));
    });

  await alice.client.register("alice", { classic: false });
  await has({ kind: "connection", state: "connected", text: `127.0.0.1:${address.port}` });
  await alice.client.sendText("bob", "hi");
  await has({ kind: "contact", id: bob.profile.identity.id });
  await has({ kind: "entry", number: 1 });
  await bob.client.sendText("alice", "hello");
  await Array.fromAsync(alice.client.receive(temp.path, () => {}));
  await has({ kind: "entry", number: 2 });
  await alice.profile.setPassphrase(null); // which replaces the tables
  told.length = 0;
  const path = `${temp.path}/a file`;
  await Deno.writeTextFile(path, "content");
  await alice.client.sendFile("bob", path);
  await has({ kind: "transfer", number: 1 });
  await has({ kind: "entry", number: 3 });
  assertEquals(alice.client.contactBook.forget("bob"), 3);
  await has({ kind: "conversation", peer: bob.profile.identity.id });
  await server.listener.stop();
  await until("it is offline", () => {
    return told.some((event) => event.kind === "connection" && event.state === "offline");
  });
});
