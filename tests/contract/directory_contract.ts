/** The part of the storage contract that is about finding clients. */
import { assert, assertEquals } from "../support/assert.ts";
import { clientCalled, contractTest, type Engine, idOf, type Subject } from "./storage_contract.ts";

/** The names of one page but that of the client called "asker". */
async function page(
  { storage }: Subject,
  { prefix = "", after = "", count = 10 },
  asker = "asker",
): Promise<string[]> {
  const clients = await storage.clientsBehind({ prefix, after }, idOf(asker), count);
  return clients.map(({ name }) => name);
}

export function directoryContract(engine: Engine): void {
  contractTest(engine, "clients are found by many IDs, in the order asked", async (subject) => {
    for (const name of ["alice", "bob", "carol"]) await subject.register(name);
    const ids = ["carol", "nobody", "alice", "carol"].map(idOf);
    const found = await subject.storage.clients(ids);
    assertEquals(found.map((client) => ({ ...client })), [
      clientCalled("carol"),
      clientCalled("alice"),
      clientCalled("carol"),
    ]);
    assertEquals(await subject.storage.clients([idOf("nobody")]), []);
    assertEquals(await subject.storage.clients([]), []);
  });

  contractTest(engine, "a client is found by exactly its name", async (subject) => {
    for (const name of ["alice", "alicia"]) await subject.register(name);
    const { id, publicKey } = (await subject.storage.clientNamed("alice"))!;
    assertEquals([id, publicKey], [idOf("alice"), clientCalled("alice").publicKey]);
    for (const name of ["ali", "Alice", "alice ", ""]) {
      assertEquals(await subject.storage.clientNamed(name), undefined, name);
    }
  });

  contractTest(engine, "pages come in the order of the bytes of names", async (subject) => {
    // In UTF-16, the order of the last two would be the other way round.
    const names = ["Zoe", "alice", "bob", "zora", "é1", "日本", "\uff5e1", "😀1"];
    for (const name of names.toReversed()) await subject.register(name);
    await subject.register("asker");
    assertEquals(await page(subject, {}), names);
    assertEquals(await page(subject, { count: 3 }), names.slice(0, 3));
    assertEquals(await page(subject, { after: "bob", count: 2 }), ["zora", "é1"]);
    assertEquals(await page(subject, { after: "bo" }), names.slice(2));
    assertEquals(await page(subject, { after: "😀1" }), []);
    await subject.reopen();
    assertEquals(await page(subject, { count: 4 }, "bob"), ["Zoe", "alice", "asker", "zora"]);
  });

  contractTest(
    engine,
    "a page has those names alone that begin with the prefix",
    async (subject) => {
      const names = ["a", "al", "alice", "alz", "am", "b", "al\u{10ffff}x", "AN"];
      for (const name of names) await subject.register(`${name}.`);
      const of = (prefix: string, after = "") => page(subject, { prefix, after });
      assertEquals(await of("al"), ["al.", "alice.", "alz.", "al\u{10ffff}x."]);
      assertEquals(await of("al", "al."), ["alice.", "alz.", "al\u{10ffff}x."]);
      assertEquals(await of("al", "am."), []);
      assertEquals(await of("b", "a."), ["b."]);
      assertEquals(await of("c"), []);
      assertEquals(await of("\u{10ffff}"), []);
      assertEquals(await of("%"), []);
      assertEquals(await of("a_"), []);
    },
  );

  contractTest(engine, "pages in a row show each client once", async (subject) => {
    const names = Array.from({ length: 500 }, (_, i) => `client ${i}`);
    await Promise.all(names.map((name) => subject.register(name)));
    const seen: string[] = [];
    for (let after = "";;) {
      const names = await page(subject, { after, count: 64 }, "client 7");
      assert(names.length <= 64);
      seen.push(...names);
      if (names.length < 64) break;
      after = names.at(-1)!;
    }
    assertEquals(seen, names.toSpliced(7, 1).sort());
  });
}
