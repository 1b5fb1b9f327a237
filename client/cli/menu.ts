/** The interactive menu, on lines of standard input, so that a script can drive it, too. */
import type { Client } from "../client.ts";
import { type ClientCommand, type CommandContext, runCommand } from "./commands/run.ts";
import { toText } from "./output/output.ts";

/** Where the menu reads and writes. */
export interface MenuTerminal {
  /** Shows `prompt` and gives the next line, or null at the end of input. */
  ask(prompt: string): Promise<string | null>;
  print(line: string): void;
  /** Whether a person sees what is printed. */
  readonly rich: boolean;
  /** Tells of an error; the menu goes on. */
  fail(error: unknown): void;
  /** Runs a command that the user can break off. */
  during<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

interface Choice {
  key: string;
  label: string;
  /** What else is asked for, in this order. */
  questions: string[];
  command(...answers: string[]): ClientCommand;
  /** Asked again and again until the answer is empty, instead of the last of them. */
  many?: boolean;
  /** What is asked after that, and done where the answer is yes. */
  followUp?: { question: string; command(...answers: string[]): ClientCommand };
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
    command: () => ({ name: "receive", out: ".", follow: false, files: { fetch: true } }),
  },
  {
    key: "5",
    label: "Send a text",
    questions: ["To: ", "Text: "],
    command: (peer, text) => ({ name: "send", peer, text }),
  },
  {
    key: "6",
    label: "History with a client",
    questions: ["Client's name: ", "Only what holds (empty: all): "],
    command: (peer, search) => ({ name: "history", peer, search: search || undefined }),
  },
  {
    key: "7",
    label: "Verify a client",
    questions: ["Client's name: "],
    command: (peer) => ({ name: "verify", peer, confirm: false }),
    followUp: {
      question: "Is it the same on the other side (yes/no)? ",
      command: (peer) => ({ name: "verify", peer, confirm: true }),
    },
  },
  { key: "8", label: "My card", questions: [], command: () => ({ name: "card" }) },
  {
    key: "9",
    label: "Add a card",
    questions: ["Card (NAME#ID): "],
    command: (card) => ({ name: "add", card }),
  },
  {
    key: "50",
    label: "Send a file",
    questions: ["To: ", "Path of the file: "],
    command: (peer, path) => ({ name: "send-file", peer, paths: [path] }),
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
  {
    key: "53",
    label: "Send several files",
    questions: ["To: ", "Path of a file (empty: no more): "],
    many: true,
    command: (peer, ...paths) => ({ name: "send-file", peer, paths }),
  },
  { key: "54", label: "Waiting files", questions: [], command: () => ({ name: "files" }) },
  {
    key: "55",
    label: "Fetch a file",
    questions: ["Number of the file: "],
    command: (number) => ({ name: "fetch", number: Number(number), out: "." }),
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
    const answers = await answersTo(choice, terminal);
    if (answers === null) return;
    const { command, followUp } = choice;
    const done = await runChoice(command(...answers), client, terminal, context);
    if (!done || !followUp) continue;
    const answer = await terminal.ask(followUp.question);
    if (answer === null) return;
    if (answer.trim().toLowerCase() !== "yes") continue;
    await runChoice(followUp.command(...answers), client, terminal, context);
  }
}

/** Null at the end of input. */
async function answersTo(
  { questions, many }: Choice,
  terminal: MenuTerminal,
): Promise<string[] | null> {
  const answers: string[] = [];
  for (const question of questions) {
    const answer = await terminal.ask(question);
    if (answer === null) return null;
    answers.push(answer);
  }
  if (!many) return answers;
  const question = questions[questions.length - 1];
  for (
    let answer = answers.pop();
    answer !== "";
    answer = await terminal.ask(question) ?? undefined
  ) {
    if (answer === undefined) return null;
    answers.push(answer);
  }
  return answers;
}

/** What is said of a command that gave nothing. */
const NOTHING: Partial<Record<ClientCommand["name"], string>> = {
  "list": "Nobody yet.",
  "receive": "No messages.",
  "send-file": "No file.",
  "files": "No files.",
  "history": "Nothing yet.",
};

/** Runs one command; gives whether it was done. */
async function runChoice(
  command: ClientCommand,
  client: Client,
  terminal: MenuTerminal,
  context: CommandContext,
): Promise<boolean> {
  try {
    const count = await terminal.during(async (signal) => {
      let count = 0;
      for await (const output of runCommand(command, client, { ...context, signal })) {
        terminal.print(toText(output, terminal));
        count++;
      }
      return count;
    });
    context.progress.stop();
    const nothing = NOTHING[command.name];
    if (count === 0 && nothing !== undefined) terminal.print(nothing);
    return true;
  } catch (error) {
    context.progress.stop();
    terminal.fail(error);
    return false;
  }
}
