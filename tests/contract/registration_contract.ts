/** The part of the storage contract that is about names that are taken, and about invites. */
import { inviteHash } from "../../server/storage/invites.ts";
import { assert, assertEquals } from "../support/assert.ts";
import {
  assertRefused,
  clientCalled,
  contractTest,
  type Engine,
  idOf,
  type Subject,
} from "./storage_contract.ts";

const [hash, otherHash] = [1, 2].map((byte) => inviteHash(new Uint8Array(16).fill(byte)));

function invited({ storage }: Subject, name: string, invite = hash): Promise<void> {
  return storage.register(clientCalled(name), invite);
}

export function registrationContract(engine: Engine): void {
  contractTest(engine, "a name that looks like a taken one is taken", async (subject) => {
    await subject.register("alice");
    for (const name of ["\u0430lice", "ALICE", "a1ice", "Alice"]) {
      const late = { ...clientCalled(name), id: idOf("late") };
      await assertRefused(subject.storage.register(late), "name-taken");
    }
    await subject.reopen();
    await assertRefused(
      subject.storage.register({ ...clientCalled("aIice"), id: idOf("late") }),
      "name-taken",
    );
    assertEquals(await subject.storage.clientNamed("ALICE"), undefined);
    await subject.register("alicia");
    await subject.storage.unregister(idOf("alice"));
    await subject.storage.register({ ...clientCalled("A1ice"), id: idOf("late") });
  });

  contractTest(engine, "an invite admits as many as it says", async (subject) => {
    const terms = { uses: 2, expiresAt: 1000 };
    const { number } = await subject.storage.invites.create(hash, terms);
    await invited(subject, "alice");
    await subject.reopen();
    assertEquals(await subject.storage.invites.list().then((all) => all.map((it) => ({ ...it }))), [
      { number, ...terms, left: 1 },
    ]);
    const answers = await Promise.allSettled(
      ["bob", "carol"].map((name) => invited(subject, name)),
    );
    assertEquals(answers.map(({ status }) => status), ["fulfilled", "rejected"]);
    await assertRefused(invited(subject, "carol"), "not-invited");
    await subject.storage.unregister(idOf("bob"));
    await assertRefused(invited(subject, "carol"), "not-invited");
    assertEquals(await subject.storage.client(idOf("carol")), undefined);
  });

  contractTest(
    engine,
    "an invite that is wrong, old or withdrawn admits nobody",
    async (subject) => {
      const { invites } = subject.storage;
      const first = await invites.create(hash, { uses: 5, expiresAt: 1000 });
      await assertRefused(invited(subject, "alice", otherHash), "not-invited");
      subject.now = 999;
      await invited(subject, "alice");
      subject.now = 1000;
      await assertRefused(invited(subject, "bob"), "not-invited");
      const second = await invites.create(otherHash, { uses: 5, expiresAt: 2000 });
      assert(second.number > first.number);
      assertEquals((await invites.list()).map(({ number }) => number), [second.number]);
      assert(!await invites.withdraw(first.number));
      assert(await invites.withdraw(second.number));
      await assertRefused(invited(subject, "bob", otherHash), "not-invited");
      assertEquals(await invites.list(), []);
    },
  );

  contractTest(engine, "a registration that fails uses no invite", async (subject) => {
    await subject.register("alice");
    await subject.storage.invites.create(hash, { uses: 1, expiresAt: 1000 });
    await assertRefused(
      subject.storage.register({ ...clientCalled("ALICE"), id: idOf("late") }, hash),
      "name-taken",
    );
    const twin = { ...clientCalled("twin"), id: idOf("alice") };
    await assertRefused(subject.storage.register(twin, hash), "failed");
    await invited(subject, "bob");
    await assertRefused(invited(subject, "carol"), "not-invited");
  });
}
