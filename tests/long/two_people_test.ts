/**
 * Two people, each at a terminal, from an empty folder to a conversation with a verified contact on
 * the full screen. What they see is the transcript that is written to `dist/two_people.txt`.
 */
import { assert, assertEquals } from "../support/assert.ts";
import { startServer } from "../support/server_process.ts";
import { type Pane, type Terminals, terminalTest } from "../support/tmux.ts";

const SIZE = { columns: 80, rows: 30 };
const TRANSCRIPT = new URL("../../dist/two_people.txt", import.meta.url);
const PASSPHRASE = "correct horse";
const PLAN = "Five, at the bridge.\n";

/** What follows Escape at once is one key with it: first no dialog and no selection is left. */
const WRITING = /^(?![^]*(?:r answer|closes))[^]*> *\n/;

/** What each of the two had on the screen, step by step. */
class Transcript {
  #text = "Two people at two terminals, each as the screen was after a step.\n";

  /** Adds the screens as they are now. */
  async add(step: string, panes: Record<string, Pane>): Promise<void> {
    this.#text += `\n\n${step}\n`;
    for (const [name, pane] of Object.entries(panes)) {
      const title = `--- ${name}'s terminal `;
      const screen = (await pane.screen()).trimEnd();
      this.#text += `\n${title.padEnd(SIZE.columns, "-")}\n${screen}\n`;
    }
  }

  async write(): Promise<void> {
    await Deno.mkdir(new URL(".", TRANSCRIPT), { recursive: true });
    await Deno.writeTextFile(TRANSCRIPT, this.#text);
  }
}

/** A shell in an empty folder of somebody's own. */
async function shellOf(terminals: Terminals, name: string): Promise<Pane> {
  const home = `${terminals.folder}/${name}`;
  await Deno.mkdir(home);
  const env = { XDG_DATA_HOME: `${home}/.local/share`, HISTFILE: "" };
  return await terminals.shell(`${name}$ `, { ...SIZE, cwd: home, env });
}

/** Answers the questions of `setup`. Returns the card. */
async function setUp(pane: Pane, server: string, name: string, passphrase: string) {
  await pane.line("messaging-client setup");
  await pane.waitFor("Server (HOST:PORT");
  await pane.line(server);
  await pane.waitFor("Your name, by which others find you:");
  await pane.line(name);
  await pane.waitFor("Passphrase for this profile");
  await pane.line(passphrase);
  if (passphrase === "") {
    await pane.waitFor("Go on without one?");
    await pane.line("yes");
  } else {
    await pane.waitFor("The same again:");
    await pane.line(passphrase);
  }
  const screen = await pane.waitFor(`You are registered as ${name} at`);
  const card = new RegExp(`${name}#[0-9a-f]{32}`).exec(screen.replaceAll("\n", ""))?.[0];
  assert(card !== undefined, screen);
  await pane.waitFor(/\$ ?\n*$/);
  return card;
}

/** Opens the chat with somebody. */
async function openChat(pane: Pane, name: string, passphrase: string): Promise<void> {
  await pane.line(`clear; messaging-client chat ${name}`);
  if (passphrase !== "") {
    await pane.waitFor("Passphrase:");
    await pane.line(passphrase);
  }
  await pane.waitFor("● connected");
}

/** Writes a message, corrects it and answers it. */
async function talk(alice: Pane, bob: Pane): Promise<void> {
  await alice.line("Hello Bob, shall we meet at fve?");
  await bob.waitFor("alice: Hello Bob, shall we meet at fve?");
  await alice.line("/edit");
  await alice.waitFor("Changing: Hello Bob");
  await alice.key("BSpace", "BSpace", "BSpace");
  await alice.line("ive?");
  await bob.waitFor("shall we meet at five? (edited)");
  await bob.key("Up");
  await bob.waitFor("r answer");
  await bob.type("r");
  await bob.waitFor("Answering: Hello Bob");
  await bob.line("Yes 👍 Here is the plan.");
  await alice.waitFor(/┃ Hello Bob.*\n.*bob: Yes 👍 Here is the plan\./);
}

/** Sends a file, which the other one saves. */
async function handOver(alice: Pane, bob: Pane): Promise<void> {
  await bob.line("/file plan.txt");
  await alice.waitFor("bob: [file] plan.txt");
  await alice.key("Up");
  await alice.waitFor("s fetch");
  await alice.type("s");
  await alice.waitFor("plan.txt is saved.");
  await alice.waitFor(WRITING);
}

/** Shows the safety number. Returns it. */
async function safetyNumber(pane: Pane): Promise<string> {
  await pane.line("/verify");
  const screen = await pane.waitFor(/(?:\d{5} ){3}\d{5}[^]*closes/);
  const rows = screen.match(/(?:\d{5} ){3}\d{5}/g) ?? [];
  assertEquals(rows.length, 3, screen);
  return rows.join(" ");
}

terminalTest("two people: from an empty folder to a verified contact", async (terminals) => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  const [alice, bob] = [await shellOf(terminals, "alice"), await shellOf(terminals, "bob")];
  const both = { alice, bob };
  const transcript = new Transcript();
  const aliceCard = await setUp(alice, server.address, "alice", PASSPHRASE);
  const bobCard = await setUp(bob, server.address, "bob", "");
  await transcript.add("1. Each sets up a profile in an empty folder.", both);

  // Each has got the other's card by some other way.
  await alice.line(`messaging-client add ${bobCard}`);
  await alice.waitFor("Passphrase:");
  await alice.line(PASSPHRASE);
  await alice.waitFor(`${bobCard.slice(-32)}  bob`);
  await bob.line(`messaging-client add ${aliceCard}`);
  await bob.waitFor(`${aliceCard.slice(-32)}  alice`);
  await transcript.add("2. Each adds the other's card.", both);

  await Deno.writeTextFile(`${terminals.folder}/bob/plan.txt`, PLAN);
  await openChat(alice, "bob", PASSPHRASE);
  await openChat(bob, "alice", "");
  await talk(alice, bob);
  await transcript.add("3. Alice writes, and corrects it; Bob answers that message.", both);

  await handOver(alice, bob);
  assertEquals(await Deno.readTextFile(`${terminals.folder}/alice/plan.txt`), PLAN);
  await transcript.add("4. Bob sends a file, and Alice saves it.", both);

  const numbers = [await safetyNumber(alice), await safetyNumber(bob)];
  assertEquals(numbers[0], numbers[1]);
  await transcript.add("5. They read their safety number to each other: it is the same.", both);
  for (const pane of [alice, bob]) {
    await pane.key("Escape");
    await pane.waitFor(WRITING);
    await pane.line("/verify yes");
    await pane.waitFor("✔ verified");
  }
  await transcript.add("6. Both say so.", both);

  for (const [name, pane] of Object.entries(both)) {
    await pane.line("/quit");
    await pane.waitFor(new RegExp(`^(?![^]*● connected)[^]*${name}\\$`));
  }
  await alice.line("clear; ls; cat plan.txt");
  await alice.waitFor(PLAN.trim());
  await transcript.add("7. After the chat the file is in Alice's folder.", { alice });
  await transcript.write();
});
