/** A search, and what is unread, against a model that looks at everything. */
import fc from "fast-check";
import { History } from "../../../../client/profile/tables/history.ts";
import { BLOCK_ENTRIES } from "../../../../client/profile/tables/search_blocks.ts";
import { Database } from "@db/sqlite";
import { prepareDatabase } from "../../../../client/profile/migrations.ts";
import { copyTables } from "../../../../client/profile/sealed_file.ts";
import { type Bytes, utf8 } from "../../../../shared/bytes.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { runs } from "../../../support/fuzz.ts";
import { emptyTables, idOf, testVault } from "../../../support/profile/database.ts";
import { filesWith } from "../../../support/profile/full_profile.ts";
import { tempFolder } from "../../../support/temp_folder.ts";

const PEERS = [idOf(1), idOf(2)];
const VOCABULARY = ["apple", "Pear", "straße", "plum", "fig", "kiwi", "\0", "naïve"];

/** An entry of the model. */
type Known = { number: number; peer: Bytes; sent: boolean; text: string; unread: boolean };

let contents = 0;

/** A history, and all that it must hold. */
class Pair {
  readonly history: History;
  known: Known[] = [];

  constructor(readonly database = emptyTables(), vault = testVault()) {
    this.history = new History(database, vault);
  }

  add(peer: Bytes, sent: boolean, text: string): void {
    const contentId = idOf(0);
    new DataView(contentId.buffer).setUint32(4, ++contents);
    const entry = { peer, at: 1, stored: 1, contentId, body: { text } };
    const number = sent
      ? this.history.addSent(entry)
      : this.history.addReceived({ ...entry, messageId: 1 })!;
    this.known.push({ number, peer, sent, text, unread: !sent });
  }

  addMany(count: number, textOf: (i: number) => string): void {
    this.database.transaction(() => {
      for (let i = 0; i < count; i++) this.add(PEERS[i % 2], i % 3 === 0, textOf(i));
    })();
  }

  /** The search, and the counts, say what the model says. */
  assertSame(words: readonly string[]): void {
    const fold = (text: string) => text.toUpperCase().replaceAll("\0", "\ufffd");
    for (const peer of [undefined, ...PEERS]) {
      const numbers = this.known
        .filter((entry) => peer === undefined || entry.peer === peer)
        .filter(({ text }) => words.every((word) => fold(text).includes(fold(word))))
        .map(({ number }) => number)
        .reverse();
      assertEquals([...this.history.search(words, peer)], numbers);
      if (!peer) continue;
      const unread = this.known.filter((entry) => entry.unread && entry.peer === peer);
      const first = unread[0]?.number ?? null;
      assertEquals(this.history.unread(peer), { count: unread.length, first });
    }
    const last = PEERS.flatMap((peer) => this.ofPeer(peer).slice(-1).map(({ number }) => number));
    const found = this.history.lastEntries().map(({ number }) => number);
    assertEquals(found, last.sort((a, b) => b - a));
  }

  ofPeer(peer: Bytes): Known[] {
    return this.known.filter((entry) => entry.peer === peer);
  }
}

type Step = (pair: Pair) => void;

const words = fc.array(fc.constantFrom(...VOCABULARY), { minLength: 1, maxLength: 4 });
const text = words.map((words) => words.join(" "));
const peer = fc.constantFrom(...PEERS);
/** Which of the entries, from the first to the last. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = <T>(list: readonly T[], place: number) => list[Math.floor(place * list.length)];

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(peer, fc.boolean(), text).map((entry): Step => (pair) =>
      pair.add(...entry)
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(place, text).map(([place, text]): Step => (pair) => {
      const entry = at(pair.known, place);
      if (!entry) return;
      pair.history.mark(entry.number, { body: { text }, editedAt: 2 });
      entry.text = text;
    }),
  },
  {
    weight: 2,
    arbitrary: place.map((place): Step => (pair) => {
      const entry = at(pair.known, place);
      if (!entry) return;
      pair.history.remove(entry.number);
      pair.known = pair.known.filter((other) => other !== entry);
    }),
  },
  {
    weight: 1,
    arbitrary: place.map((place): Step => (pair) => {
      const entry = at(pair.known, place);
      if (!entry) return;
      pair.history.erase(entry.number, 2);
      Object.assign(entry, { text: "", unread: false });
    }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(peer, place).map(([peer, place]): Step => (pair) => {
      const last = at(pair.ofPeer(peer), place)?.number;
      const read = pair.ofPeer(peer).filter(({ unread, number }) =>
        unread && number <= (last ?? Infinity)
      );
      assertEquals(pair.history.markRead(peer, last), read.map(({ number }) => number));
      for (const entry of read) entry.unread = false;
    }),
  },
  {
    weight: 1,
    arbitrary: peer.map((peer): Step => (pair) => {
      assertEquals(pair.history.forget(peer), pair.ofPeer(peer).length);
      pair.known = pair.known.filter((entry) => entry.peer !== peer);
    }),
  },
  {
    weight: 1,
    arbitrary: fc.nat(BLOCK_ENTRIES).map((count): Step => (pair) =>
      pair.addMany(count, (i) => VOCABULARY[i % 5])
    ),
  },
  {
    weight: 4,
    arbitrary: fc.array(fc.constantFrom(...VOCABULARY), { minLength: 1, maxLength: 2 }).map(
      (words): Step => (pair) => pair.assertSame(words),
    ),
  },
);

Deno.test("search: it finds what a look at everything finds, whatever happens in between", () => {
  fc.assert(
    fc.property(fc.array(steps, { minLength: 10, maxLength: 30 }), (steps) => {
      const pair = new Pair();
      pair.addMany(2 * BLOCK_ENTRIES, (i) => VOCABULARY[i % 7]);
      for (const step of steps) step(pair);
      for (const word of VOCABULARY) pair.assertSame([word]);
    }),
    runs(4),
  );
});

function blocksOf(database: Database): { first: number; last: number }[] {
  return database.prepare("SELECT first, last FROM search_blocks ORDER BY first").all();
}

Deno.test("search: entries are packed when there are enough, and long ones sooner", () => {
  const pair = new Pair();
  pair.addMany(BLOCK_ENTRIES - 1, () => "fig");
  pair.assertSame(["fig"]);
  assertEquals(blocksOf(pair.database), []);
  pair.addMany(1, () => "plum");
  pair.assertSame(["plum"]);
  assertEquals(blocksOf(pair.database), [{ first: 1, last: BLOCK_ENTRIES }]);
  pair.addMany(BLOCK_ENTRIES, () => "kiwi".repeat(1000));
  pair.assertSame(["kiwi"]);
  const [_, second] = blocksOf(pair.database);
  assert(second.last - second.first < 20, `${second.last}`);
});

Deno.test("search: it opens a row for many entries, and a page no more than it shows", () => {
  const vault = testVault();
  const open = vault.open.bind(vault);
  let opened = 0;
  vault.open = (context, sealed) => {
    opened++;
    return open(context, sealed);
  };
  const pair = new Pair(undefined, vault);
  pair.addMany(4 * BLOCK_ENTRIES + 9, (i) => i === 300 ? "needle" : "hay");
  while (pair.history.prepareSearch());
  opened = 0;
  assertEquals([...pair.history.search(["NEEDLE"])], [301]);
  // Each block, the numbers in the one that has it, and what is in none.
  assertEquals(opened, 4 + 1 + 9);
  opened = 0;
  assertEquals(pair.history.page(PEERS[0], 50).length, 50);
  assertEquals(opened, 50);
  opened = 0;
  assertEquals(pair.history.lastEntries().length, PEERS.length);
  assertEquals(opened, PEERS.length);
});

Deno.test("search: what changes or goes takes its block along, and no other", () => {
  const pair = new Pair();
  pair.addMany(3 * BLOCK_ENTRIES, () => "fig");
  pair.assertSame(["fig"]);
  const before = blocksOf(pair.database);
  assertEquals(before.length, 3);
  const [{ number }] = pair.known.slice(BLOCK_ENTRIES);
  const changes = [
    () => pair.history.mark(number, { body: { text: "plum" } }),
    () => pair.history.remove(number),
  ];
  for (const change of changes) {
    change();
    assertEquals(blocksOf(pair.database), [before[0], before[2]]);
    assertEquals([...pair.history.search(["fig"])].length, pair.known.length - 1);
    assertEquals(blocksOf(pair.database).length, 3);
  }
  pair.history.mark(1, { readAt: 5 });
  assertEquals(blocksOf(pair.database).length, 3);
  const failing = pair.database.transaction(() => {
    pair.history.remove(1);
    throw new TypeError("something else failed");
  });
  assertThrows(() => failing(), TypeError);
  assertEquals(blocksOf(pair.database).length, 3);
});

Deno.test("search: blocks are sealed anew under another key, and nothing is clear", async () => {
  await using folder = await tempFolder();
  const database = new Database(`${folder.path}/db`);
  prepareDatabase(database);
  const pair = new Pair(database);
  pair.addMany(BLOCK_ENTRIES, (i) => i % 2 === 0 ? "quincequince" : "medlar");
  pair.assertSame(["quince"]);
  const other = new Database(`${folder.path}/other`);
  prepareDatabase(other);
  copyTables({ database, vault: testVault() }, { database: other, vault: testVault(2) });
  assertEquals(blocksOf(other), blocksOf(database));
  const history = new History(other, testVault(2));
  assertEquals([...history.search(["QUINCE"])].length, BLOCK_ENTRIES / 2);
  database.close();
  other.close();
  assertEquals(await filesWith(folder.path, ["quince", "QUINCE", "MEDLAR"].map(utf8)), []);
});
