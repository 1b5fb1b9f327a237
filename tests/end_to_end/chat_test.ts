/** The chat on a full screen, as two people see it. */
import { assert, assertEquals } from "../support/assert.ts";
import { Person, startClient } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { type Pane, terminalTest } from "../support/tmux.ts";
import { until } from "../support/until.ts";
import { lockHolder } from "../../client/disk/private_file.ts";
import { isLocked } from "../../client/profile/lock.ts";

/** Columns and rows of the terminals that the chat is tried on. */
const SIZES = [[80, 24], [120, 40], [200, 60]] as const;

/** What follows Escape at once is one key with it: first no dialog and no selection is left. */
const WRITING = /^(?![^]*(?:r answer|closes))[^]*> *\n/;

/** Whether a terminal shows its other screen, tells of the mouse, and shows a cursor. */
const MODES = "#{alternate_on} #{mouse_any_flag} #{cursor_flag}";

/** What a terminal's window is called; at first like the machine. */
const TITLE = "#{pane_title}";

async function twoPeople() {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startServer({ args: ["--exempt", "127.0.0.1"] }));
  const alice = stack.use(await Person.register(server.address, "alice", { classic: false }));
  const bob = stack.use(await Person.register(server.address, "bob", { classic: false }));
  // Each has written to the other, so that neither is a stranger.
  await alice.json("send", "bob", "hello Bob");
  await bob.json("receive");
  await bob.json("send", "alice", "hello Alice");
  await alice.json("receive");
  const all = stack.move();
  return { alice, bob, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Reports whether each line fits, and the last one is the status. */
function isWhole(screen: string, rows: number): boolean {
  const lines = screen.trimEnd().split("\n");
  return lines.length === rows && lines[rows - 1].endsWith("? help  Ctrl-Q quit");
}

terminalTest("chat: two people at three sizes", async (terminals) => {
  await using people = await twoPeople();
  const { alice, bob } = people;
  const [[columns, rows]] = SIZES;
  const [left, right] = await Promise.all([
    terminals.clientInShell(alice.args("chat"), { columns, rows, cwd: alice.folder }),
    terminals.clientInShell(bob.args("chat", "alice"), { columns, rows, cwd: bob.folder }),
  ]);
  await left.waitFor("you: hello Bob");
  await left.waitFor("bob: hello Alice");
  await left.waitFor("● connected");
  await right.waitFor("● connected");

  await left.type("How are you?");
  await left.key("M-Enter");
  await left.line("I am well.");
  await right.waitFor(/alice: How are you\?\n.*│ {6}I am well\./);
  await left.waitFor(/I am well\. ✓✓/);

  for (const [columns, rows] of SIZES.slice(1)) {
    await left.resize(columns, rows);
    const screen = await left.waitFor(new RegExp(`(.*\\n){${rows - 1}}.*Ctrl-Q quit`));
    assert(isWhole(screen, rows), screen);
    assert(screen.includes("bob: hello Alice"), screen);
  }

  await answers(left, right);
  await changes(left, right);
  await right.key("C-q");
  const after = await right.waitFor("ended with 0");
  assert(!after.includes("hello Bob"), "the terminal is as it was before");
  await left.key("C-c");
  await left.waitFor("ended with 0");
});

async function answers(left: Pane, right: Pane): Promise<void> {
  await right.key("Up");
  await right.waitFor("r answer");
  await right.type("r");
  await right.waitFor("Answering: How are you?");
  await right.line("Very well.");
  await left.waitFor(/┃ How are you\?.*\n.*bob: Very well\./);
  await left.key("Up");
  await left.waitFor("r answer");
  await left.type("+🎉");
  await left.key("Enter");
  await right.waitFor(/Very well\..*\n.*🎉/);
}

async function changes(left: Pane, right: Pane): Promise<void> {
  await right.type("/edit");
  await right.key("Enter");
  await right.waitFor("Changing: Very well.");
  await right.line(" Thank you!");
  await left.waitFor("Very well. Thank you! (edited)");
  await left.line("a mistake");
  await right.waitFor("alice: a mistake");
  await left.waitFor("you: a mistake");
  await left.key("Up");
  await left.waitFor("r answer");
  await left.type("d");
  await left.waitFor("Delete this message for both? y/n");
  await left.type("y");
  await right.waitFor("alice: This message was deleted.");
}

terminalTest("chat: files, a verified contact, a search, and help", async (terminals) => {
  await using people = await twoPeople();
  const { alice, bob } = people;
  await Deno.writeTextFile(`${alice.folder}/notes of a day.txt`, "all that was said");
  const left = await terminals.clientInShell(alice.args("chat"), { cwd: alice.folder });
  await left.waitFor("bob: hello Alice");

  await left.type("/file not");
  await left.key("Tab");
  await left.waitFor("> /file notes of a day.txt");
  await left.key("Enter");
  await left.waitFor("you: [file] notes of a day.txt");
  const right = await terminals.clientInShell(bob.args("chat"), { cwd: bob.folder });
  await right.waitFor("alice: [file] notes of a day.txt");
  await right.key("Up");
  await right.waitFor("s fetch");
  await right.type("s");
  await right.waitFor("notes of a day.txt is saved.");
  assertEquals(await Deno.readTextFile(`${bob.folder}/notes of a day.txt`), "all that was said");

  await left.waitFor("not verified: /verify");
  await left.line("/verify");
  await left.waitFor(/(\d{5} ){3}\d{5}/);
  await left.key("Escape");
  await left.waitFor(WRITING);
  await left.line("/verify yes");
  await left.waitFor("✔ verified");
  await left.key("C-f");
  await left.line("hello");
  await left.waitFor('2 with "hello"');
  await left.key("Down", "Enter");
  await left.waitFor("r answer");
  await left.key("Escape");
  await left.waitFor(WRITING);
  await left.type("?");
  await left.waitFor("Keys and commands");
  await left.key("Escape");
  await left.waitFor(WRITING);
  await left.line("/quit");
  await left.waitFor("ended with 0");
});

terminalTest("chat: narrow terminals, drafts, and no colours", async (terminals) => {
  await using people = await twoPeople();
  const { alice } = people;
  const env = { NO_COLOR: "1" };
  const pane = await terminals.clientInShell(alice.args("chat"), { columns: 60, rows: 16, env });
  await pane.waitFor("bob: hello Alice");
  assert(!(await pane.screen()).includes("Chats"));
  await pane.key("Tab");
  await pane.waitFor("▸ bob");
  await pane.key("Escape");
  await pane.waitFor("bob: hello Alice");
  await pane.resize(30, 16);
  await pane.waitFor("The window has 30x16");
  await pane.resize(60, 16);
  await pane.waitFor("bob: hello Alice");
  // deno-lint-ignore no-control-regex
  assert(!/\x1b\[[0-9;]*3[0-7]m/.test(await pane.styledScreen()));
  await pane.type("not yet");
  await pane.waitFor("> not yet");
  await pane.key("C-q");
  await pane.waitFor("ended with 0");
  const again = await terminals.clientInShell(alice.args("chat"), { columns: 80, rows: 24 });
  await again.waitFor("> not yet");
  await again.key("C-c", "C-c");
  await again.waitFor("ended with 0");
});

terminalTest("chat: the mouse opens conversations, and vim's keys move", async (terminals) => {
  await using people = await twoPeople();
  const { alice } = people;
  await alice.json("send", "alice", "buy bread");
  const pane = await terminals.client(alice.args("chat", "bob", "--vim"));
  await pane.waitFor("bob: hello Alice");
  await pane.type("\x1b[<0;5;2M\x1b[<0;5;2m");
  await pane.waitFor("you: buy bread");
  await pane.type("\x1b[<0;5;3M\x1b[<0;5;3m");
  await pane.waitFor("bob: hello Alice");

  await pane.key("Escape");
  await pane.waitFor("normal mode: i writes");
  await pane.type("k");
  await pane.waitFor("r answer");
  await pane.key("Escape");
  await pane.waitFor("normal mode: i writes");
  await pane.type("K");
  await pane.waitFor("you: buy bread");
  await pane.key("C-q");
  assertEquals(await pane.exitCode(), 0);
});

terminalTest("chat: SIGTERM and errors leave the terminal as it was", async (terminals) => {
  await using people = await twoPeople();
  const { alice, bob } = people;
  const left = await terminals.clientInShell(alice.args("chat"));
  await left.waitFor("bob: hello Alice");
  assertEquals(await left.asks(MODES), "1 1 0");
  assert(/^(\(1\) )?messaging$/.test(await left.asks(TITLE)));
  await left.type("not sent");
  await left.waitFor("> not sent");
  const pid = await lockHolder(`${alice.folder}/profile.lock`);
  assert(pid !== undefined);
  Deno.kill(pid, "SIGTERM");
  assert(!(await left.waitFor("ended with 0")).includes("hello Alice"));
  assertEquals(await left.asks(MODES), "0 0 1");
  assertEquals(await left.asks(TITLE), await left.asks("#{host}"));
  assertEquals((await alice.json<{ draft: string }>("draft", "bob"))[0].draft, "not sent");

  await using engine = startClient(bob.args("daemon"));
  await until("the engine runs", () => isLocked(bob.folder));
  const right = await terminals.clientInShell(bob.args("chat"));
  await right.waitFor("alice: hello Bob");
  engine.kill("SIGKILL");
  const after = await right.waitFor("ended with 1");
  assert(after.includes("the engine of the profile has ended"), after);
  assertEquals(await right.asks(MODES), "0 0 1");
});

terminalTest("chat: a terminal that is closed ends it, and the draft stays", async (terminals) => {
  await using people = await twoPeople();
  const { alice } = people;
  const pane = await terminals.client(alice.args("chat"));
  await pane.waitFor("bob: hello Alice");
  await pane.type("not sent");
  await pane.waitFor("> not sent");
  await terminals.tmux("kill-session", "-t", pane.name);
  await until("it has ended", async () => !(await isLocked(alice.folder)));
  assertEquals((await alice.json<{ draft: string }>("draft", "bob"))[0].draft, "not sent");
});
