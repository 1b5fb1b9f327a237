/**
 * Two people, each at a terminal, from an empty folder to a conversation with a verified contact.
 * What they see is the transcript that is written to `dist/two_people.txt`.
 */
import { assert, assertEquals } from "../support/assert.ts";
import { startServer } from "../support/server_process.ts";
import { type Pane, terminalTest } from "../support/tmux.ts";

const SIZE = { columns: 80, rows: 50 };
const TRANSCRIPT = new URL("../../dist/two_people.txt", import.meta.url);

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

/** The number of a message that is on the screen. */
async function numberOf(pane: Pane, text: string): Promise<string> {
  const screen = await pane.waitFor(text);
  const line = screen.split("\n").findLast((line) => line.includes(text)) ?? "";
  const [, number] = /\[(\d+)\]/.exec(line) ?? [];
  assert(number !== undefined, line);
  return number;
}

terminalTest("two people: from an empty folder to a verified contact", async (terminals) => {
  await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
  for (const name of ["alice", "bob"]) await Deno.mkdir(`${terminals.folder}/${name}`);
  const shell = (name: string) => {
    const home = `${terminals.folder}/${name}`;
    const env = { XDG_DATA_HOME: `${home}/data`, HISTFILE: "" };
    return terminals.shell(`${name}$ `, { ...SIZE, cwd: home, env });
  };
  const alice = await shell("alice");
  const bob = await shell("bob");
  await setUp(alice, server.address, "alice", "correct horse");
  const bobCard = await setUp(bob, server.address, "bob", "");

  // Each has got the other's card by some other way.
  await alice.line(`messaging-client add ${bobCard}`);
  await alice.waitFor("Passphrase:");
  await alice.line("correct horse");
  await alice.waitFor(`${bobCard.slice(-32)}  bob`);
  await bob.line(`messaging-client chat --plain alice`);
  await bob.waitFor("This is the chat with alice");
  await alice.line("messaging-client chat --plain bob");
  await alice.waitFor(/Passphrase:[^]*Passphrase:/);
  await alice.line("correct horse");
  await alice.waitFor("This is the chat with bob");

  await alice.line("Hello Bob, shall we meet at fve?");
  const asked = await numberOf(alice, "you: Hello Bob");
  await bob.waitFor("alice: Hello Bob");
  await alice.line(`/edit ${asked} Hello Bob, shall we meet at five?`);
  await bob.waitFor("(changed) Hello Bob, shall we meet at five? (edited)");
  await bob.line(`/reply ${await numberOf(bob, "at five?")} Yes 👍, here is the plan`);
  await alice.waitFor(`bob: (answers [${asked}]) Yes 👍`);
  await Deno.writeTextFile(`${terminals.folder}/bob/plan.txt`, "Five, at the bridge.\n");
  await bob.line("/file plan.txt");
  await alice.waitFor("bob: file plan.txt of 21 bytes");

  // They read the number to each other.
  const numbers: string[] = [];
  for (const pane of [alice, bob]) {
    await pane.line("/verify");
    const screen = await pane.waitFor("see the same number? Then: /verify yes");
    const [number] = /(?:\d{5}\s){12}/.exec(screen) ?? [];
    assert(number !== undefined, screen);
    numbers.push(number);
    await pane.line("/verify yes");
    await pane.waitFor("is verified.");
  }
  assertEquals(numbers[0], numbers[1]);
  await alice.line("/quit");
  await alice.waitFor(/\/quit\n+alice\$/);
  await alice.line("messaging-client receive");
  await alice.waitFor(/Passphrase:[^]*Passphrase:[^]*Passphrase:/);
  await alice.line("correct horse");
  await alice.waitFor("bob sent a file of 21 bytes");
  await bob.line("/quit");
  await bob.waitFor(/\/quit\n+bob\$/);
  await bob.line("messaging-client chat --plain alice");
  await bob.waitFor("This is the chat with alice (verified)");
  await bob.line("/quit");
  for (const pane of [alice, bob]) await pane.waitFor(/\$ ?\n*$/);

  await Deno.mkdir(new URL(".", TRANSCRIPT), { recursive: true });
  await Deno.writeTextFile(TRANSCRIPT, await transcript({ alice, bob }));
});

async function transcript(panes: Record<string, Pane>): Promise<string> {
  const parts = Object.entries(panes).map(async ([name, pane]) => {
    return `===== ${name} =====\n${(await pane.scrollback()).trimEnd()}\n`;
  });
  return (await Promise.all(parts)).join("\n");
}
