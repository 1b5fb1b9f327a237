import { connectionNotes } from "../../../client/cli/connection_notes.ts";
import { type ConnectionState, Events } from "../../../client/events.ts";
import { assertEquals } from "../../support/assert.ts";

/** Returns what is noted of these states of a connection, one after the other. */
async function notesOf(...states: [ConnectionState, string][]): Promise<string[]> {
  const events = new Events();
  const notes: string[] = [];
  using _notes = connectionNotes(events, (text) => notes.push(text));
  for (const [state, text] of states) {
    events.emit({ kind: "connection", state, text });
    await Promise.resolve(); // each is told of by itself
  }
  return notes;
}

Deno.test("connection notes: that it is lost, once, and that it is there again", async () => {
  const lost = ["waiting", "the connection to x:1 broke; try again"] as const;
  const later = ["waiting", "cannot reach x:1. Is it on?"] as const;
  const back = ["connected", "x:1"] as const;
  assertEquals(await notesOf([...back], ["offline", "x"], [...lost], [...later], [...back]), [
    "the connection to x:1 broke. Trying again until it works.",
    "Connected again.",
  ]);
  assertEquals(await notesOf([...later], [...later], [...back], [...back], [...lost]), [
    "cannot reach x:1. Is it on? Trying again until it works.",
    "Connected.",
    "the connection to x:1 broke. Trying again until it works.",
  ]);
});
