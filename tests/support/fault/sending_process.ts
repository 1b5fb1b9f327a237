/**
 * A client that may be killed at any moment: it sends numbered texts, several at a time, for ever.
 *
 * Usage: deno run --allow-net=127.0.0.1 --allow-read --allow-write \
 *          tests/support/fault/sending_process.ts FOLDER PORT NAME FIRST
 *
 * FOLDER is a registered profile, NAME the receiver, FIRST the number of the first text. Each text
 * that the server has is a line on standard output.
 */
import { openPerson } from "./person.ts";

/** Texts that are under way at a time. */
const WINDOW = 5;

const [folder, port, name, first] = Deno.args;
await using person = await openPerson(folder, Number(port));
for (let number = Number(first);;) {
  const window = Array.from({ length: WINDOW }, () => `text ${number++}`);
  await Promise.all(window.map(async (text) => {
    await person.client.sendText(name, text);
    Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  }));
}
