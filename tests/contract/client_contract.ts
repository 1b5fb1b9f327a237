/** The part of the storage contract that is about clients. */
import { StorageError } from "../../shared/errors.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import {
  assertRefused,
  clientCalled,
  contractTest,
  type Engine,
  idOf,
} from "./storage_contract.ts";

export function clientContract(engine: Engine): void {
  contractTest(engine, "a registered client is found by its ID", async (subject) => {
    const client = clientCalled("alice");
    await subject.storage.register(client);
    const { id, name, publicKey } = (await subject.storage.client(client.id))!;
    assertEquals({ id, name, publicKey }, client);
  });

  contractTest(engine, "an unknown ID is no client", async (subject) => {
    await subject.register("alice");
    assertEquals(await subject.storage.client(idOf("bob")), undefined);
  });

  contractTest(engine, "a name is taken once, and a refusal changes nothing", async (subject) => {
    await subject.register("alice");
    const second = { ...clientCalled("alice"), id: idOf("another") };
    await assertRefused(subject.storage.register(second), "name-taken");
    assertEquals(await subject.storage.client(second.id), undefined);
    assertEquals((await subject.list("nobody")).length, 1);
  });

  contractTest(engine, "of two that ask for one name at a time one gets it", async (subject) => {
    const answers = await Promise.allSettled([
      subject.storage.register(clientCalled("alice")),
      subject.storage.register({ ...clientCalled("alice"), id: idOf("another") }),
    ]);
    assertEquals(answers.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assertEquals((await subject.list("nobody")).length, 1);
  });

  contractTest(engine, "names differ by any byte", async (subject) => {
    const names = ["alice", "alise", "alice.", "älice", "alice2"];
    for (const [i, name] of names.entries()) {
      await subject.storage.register({ ...clientCalled(name), id: idOf(`client ${i}`) });
    }
    const list = await subject.list("nobody");
    assertEquals(list.map(({ name }) => name), names);
  });

  contractTest(engine, "an ID is never given twice", async (subject) => {
    await subject.register("alice");
    const twin = { ...clientCalled("bob"), id: idOf("alice") };
    await assertRefused(subject.storage.register(twin), "failed");
    assertEquals((await subject.storage.client(idOf("alice")))!.name, "alice");
    await subject.register("bob");
  });

  contractTest(engine, "no more clients than allowed", async (subject) => {
    await subject.register("alice");
    await subject.register("bob");
    await assertRefused(subject.register("carol"), "clients-full");
    assertEquals(await subject.storage.client(idOf("carol")), undefined);
    await subject.reopen();
    await assertRefused(subject.register("carol"), "clients-full");
  }, { maxClients: 2 });

  contractTest(engine, "the limit holds for clients that register at a time", async (subject) => {
    const names = ["n0", "n1", "n2", "n3", "n4"];
    const answers = await Promise.allSettled(names.map((name) => subject.register(name)));
    assertEquals(answers.filter(({ status }) => status === "fulfilled").length, 3);
    assertEquals((await subject.list("nobody")).length, 3);
  }, { maxClients: 3 });

  contractTest(engine, "the list is in the order of registration, less one", async (subject) => {
    const names = ["zoe", "bob", "mia", "alice"];
    for (const name of names) await subject.register(name);
    const entries = (names: string[]) => names.map((name) => ({ id: idOf(name), name }));
    assertEquals(await subject.list("mia"), entries(["zoe", "bob", "alice"]));
    assertEquals(await subject.list("nobody"), entries(names));
    await subject.reopen();
    assertEquals(await subject.list("zoe"), entries(["bob", "mia", "alice"]));
  });

  contractTest(engine, "a list is of the moment when it was asked for", async (subject) => {
    const names = Array.from({ length: 1500 }, (_, i) => `client ${i}`);
    await Promise.all(names.map((name) => subject.register(name)));
    const list = await subject.storage.clientsExcept(idOf("client 700"));
    await subject.register("late");
    const listed = [];
    for await (const page of list.pages) {
      assert(page.length <= 1000, "a page is small");
      listed.push(...page.map(({ name }) => name));
    }
    assertEquals(listed, names.toSpliced(700, 1));
    assertEquals(list.count, 1499);
  }, { maxClients: 2000 });

  contractTest(engine, "nobody is listed where there is nobody else", async (subject) => {
    assertEquals(await subject.list("nobody"), []);
    await subject.register("alice");
    assertEquals(await subject.list("alice"), []);
  });

  contractTest(engine, "clients last", async (subject) => {
    const client = clientCalled("alice");
    await subject.storage.register(client);
    await subject.reopen();
    const { id, name, publicKey } = (await subject.storage.client(client.id))!;
    assertEquals({ id, name, publicKey }, client);
    await assertRefused(subject.register("alice"), "name-taken");
  });

  contractTest(engine, "a failed operation does not harm those beside it", async (subject) => {
    const alice = await subject.register("alice");
    // Asked for at a time, so that an implementation may carry them out together.
    const answers = await Promise.allSettled([
      subject.register("bob"),
      subject.send(alice, "first"),
      subject.storage.register({ ...clientCalled("twin"), id: alice }), // fails: the ID exists
      subject.send(idOf("nobody"), "lost"), // refused
      subject.send(alice, "second"),
      subject.register("carol"),
    ]);
    assertEquals(
      answers.map((answer) => answer.status === "fulfilled" ? "done" : answer.reason.code),
      ["done", "done", "failed", "unknown-client", "done", "done"],
    );
    await subject.reopen();
    const list = await subject.list("nobody");
    assertEquals(list.map(({ name }) => name), ["alice", "bob", "carol"]);
    assertEquals(await subject.waiting(alice), [1, 2]);
  });

  contractTest(engine, "closed is closed", async (subject) => {
    const alice = await subject.register("alice");
    const lease = await subject.lease(alice);
    await subject.storage.close();
    await subject.storage.close();
    const { storage } = subject;
    const operations = [
      () => storage.register(clientCalled("bob")),
      () => storage.client(alice),
      () => storage.clientsExcept(alice),
      () => subject.send(alice, "late"),
      () => subject.lease(alice),
      () => storage.heads(alice, 0, { count: 1, size: 1000 }),
      () => storage.page(alice, 0, { count: 1, size: 1000 }),
      () => storage.watch(alice, () => {}),
      () => storage.prekeys.watch(alice, () => {}),
      () => storage.leases.remove(lease),
      () => storage.neededBlobs(["b1"]),
    ];
    for (const operation of operations) {
      assertEquals((await assertRejects(operation, StorageError)).code, "closed");
    }
    await storage.leases.release(lease);
    await subject.open();
    assertEquals(await storage.client(alice).catch(() => "closed"), "closed");
    assertEquals((await subject.storage.client(alice))!.name, "alice");
  });

  contractTest(engine, "what was asked for before the close is done", async (subject) => {
    const registered = Promise.all(["n0", "n1", "n2"].map((name) => subject.register(name)));
    const closed = subject.storage.close();
    await registered;
    await closed;
    await subject.open();
    const list = await subject.list("nobody");
    assertEquals(list.map(({ name }) => name), ["n0", "n1", "n2"]);
  });
}
