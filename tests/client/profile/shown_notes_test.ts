import { Profile } from "../../../client/profile/profile.ts";
import { ShownNotes, shownNotesPath } from "../../../client/profile/shown_notes.ts";
import { utf8 } from "../../../shared/bytes.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { idOf } from "../../support/profile/database.ts";
import { CHEAP } from "../../support/profile/full_profile.ts";
import { tempFolder } from "../../support/temp_folder.ts";

/** Keeps so many received texts; returns the numbers of their entries. */
function addTexts({ history }: Profile, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const body = { text: `text ${i}` };
    const head = { peer: idOf(1), at: 1, stored: 1, contentId: idOf(100 + i), messageId: i + 1 };
    return history.addReceived({ ...head, body })!;
  });
}

function unshown({ history }: Profile): number[] {
  return history.unshown(1000).map(({ number }) => number);
}

Deno.test("shown notes: what a killed process has noted is marked by the next", async () => {
  await using temp = await tempFolder();
  const path = shownNotesPath(temp.path);
  let numbers: number[];
  {
    using profile = await Profile.open(temp.path);
    numbers = addTexts(profile, 3);
  }
  // As that process would, whose end nobody notes; it was writing a third one.
  const notes = new ShownNotes(path, () => {});
  notes.add(numbers[0]);
  notes.add(numbers[2]);
  await Deno.writeFile(path, utf8("cut"), { append: true });
  using profile = await Profile.open(temp.path);
  assertEquals(unshown(profile), [numbers[1]]);
  assert(!temp.names().includes("shown"));
  notes[Symbol.dispose]();
});

Deno.test("shown notes: a part of a number does not shift those behind it", async () => {
  await using temp = await tempFolder();
  const path = shownNotesPath(temp.path);
  await Deno.writeFile(path, utf8("cut"));
  const killed = new ShownNotes(path, () => {});
  killed.add(7);
  const marked: number[][] = [];
  using _ = new ShownNotes(path, (numbers) => marked.push([...numbers]));
  assertEquals(marked, [[7]]);
  killed[Symbol.dispose]();
});

Deno.test("shown notes: many are marked at a time, and the rest in the end", async () => {
  await using temp = await tempFolder();
  const marked: number[][] = [];
  const path = shownNotesPath(temp.path);
  {
    using notes = new ShownNotes(path, (numbers) => marked.push([...numbers]));
    for (let number = 1; number <= 600; number++) {
      notes.add(number);
      assertEquals(notes.has(number), number % 256 !== 0);
    }
    assertEquals(marked.map(({ length }) => length), [256, 256]);
    notes.settle();
    notes.settle();
    assertEquals(marked.flat(), Array.from({ length: 600 }, (_, i) => i + 1));
    assertEquals((await Deno.stat(path)).size, 0);
    notes.add(601);
  }
  assertEquals(marked[3], [601]);
  assertEquals(temp.names(), []);
});

Deno.test("shown notes: where no file can be written, each is marked at once", () => {
  const marked: number[][] = [];
  using notes = new ShownNotes("/nowhere/shown", (numbers) => marked.push([...numbers]));
  notes.add(7);
  notes.add(8);
  assertEquals(marked, [[7], [8]]);
});

Deno.test("shown notes: those of another history do not count", async () => {
  await using temp = await tempFolder();
  const [from, to] = [`${temp.path}/from`, `${temp.path}/to`];
  {
    using profile = await Profile.open(from, CHEAP);
    await profile.prepareSecure("alice");
    profile.registerSecure();
    addTexts(profile, 2);
    await profile.exportTo(`${temp.path}/export`, "correct horse");
  }
  await Deno.mkdir(to);
  const notes = new ShownNotes(shownNotesPath(to), () => {});
  notes.add(1);
  await Profile.importFrom(`${temp.path}/export`, to, "correct horse");
  using profile = await Profile.open(to, { passphrase: () => Promise.resolve("correct horse") });
  assertEquals(unshown(profile).length, 2);
  notes[Symbol.dispose]();
});
