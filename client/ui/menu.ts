/** The interactive menu, on lines of standard input, so that a script can drive it, too. */
import type { Client } from "../client.ts";
import { type ClientCommand, type CommandContext, runCommand } from "../commands/run.ts";
import { toText } from "./output.ts";

/** Where the menu reads and writes. */
export interface MenuTerminal {
  /** Shows `prompt` and gives the next line, or null at the end of input. */
  ask(prompt: string): Promise<string | null>;
  print(line: string): void;
  /** Tells of an error; the menu goes on. */
  fail(error: unknown): void;
}

interface Choice {
  key: string;
  label: string;
  /** What else is asked for, in this order. */
  questions: string[];
  command(...answers: string[]): ClientCommand;
}

const CHOICES: Choice[] = [
  {
    key: "1",
    label: "Register",
    questions: ["Your name: "],
    command: (as) => ({ name: "register", as, classic: false }),
  },
  { key: "2", label: "Client list", questions: [], command: () => ({ name: "list" }) },
  {
    key: "3",
    label: "Public key of a client",
    questions: ["Client's name: "],
    command: (peer) => ({ name: "key", peer }),
  },
  {
    key: "4",
    label: "Waiting messages",
    questions: [],
    command: () => ({ name: "receive", out: ".", follow: false }),
  },
  {
    key: "5",
    label: "Send a text",
    questions: ["To: ", "Text: "],
    command: (peer, text) => ({ name: "send", peer, text }),
  },
  {
    key: "50",
    label: "Send a file",
    questions: ["To: ", "Path of the file: "],
    command: (peer, path) => ({ name: "send-file", peer, path }),
  },
  {
    key: "51",
    label: "Request a key",
    questions: ["From: "],
    command: (peer) => ({ name: "request-key", peer }),
  },
  {
    key: "52",
    label: "Send a key",
    questions: ["To: "],
    command: (peer) => ({ name: "send-key", peer }),
  },
];

const MENU = [
  ...CHOICES.map(({ key, label }) => `${key.padStart(3)}) ${label}`),
  "  0) Exit",
].join("\n");

/** Runs until the user chooses to exit, or the input ends. */
export async function runMenu(
  client: Client,
  terminal: MenuTerminal,
  context: CommandContext,
): Promise<void> {
  for (;;) {
    terminal.print(`\n${MENU}`);
    const key = (await terminal.ask("? "))?.trim();
    if (key === undefined || key === "0") return;
    const choice = CHOICES.find((candidate) => candidate.key === key);
    if (!choice) {
      if (key !== "") terminal.print(`There is no choice "${key}".`);
      continue;
    }
    const answers: string[] = [];
    for (const question of choice.questions) {
      const answer = await terminal.ask(question);
      if (answer === null) return;
      answers.push(answer);
    }
    await runChoice(choice.command(...answers), client, terminal, context);
  }
}

async function runChoice(
  command: ClientCommand,
  client: Client,
  terminal: MenuTerminal,
  context: CommandContext,
): Promise<void> {
  try {
    let count = 0;
    for await (const output of runCommand(command, client, context)) {
      terminal.print(toText(output));
      count++;
    }
    if (count === 0) terminal.print(command.name === "receive" ? "No messages." : "Nobody yet.");
  } catch (error) {
    context.progress.stop();
    terminal.fail(error);
  }
}
