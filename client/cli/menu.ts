import { argumentsOf } from "../../shared/command_line.ts";
import { type AnyCommand, type Choice, type ClientContext, runCommand } from "./command.ts";
import { toText } from "./output/output.ts";

interface Entry extends Choice<unknown> {
  readonly command: AnyCommand;
}

/** Runs until the user chooses to exit, or the input ends. */
export async function runMenu(context: ClientContext): Promise<void> {
  const { ask, printLine } = context;
  const entries: Entry[] = context.commands
    .flatMap((command) => (command.menu ?? []).map((choice) => ({ ...choice, command })))
    .toSorted((a, b) => Number(a.key) - Number(b.key));
  const lines = entries.map(({ key, label }) => `${key.padStart(3)}) ${label}`);
  const menu = ["", ...lines, "  0) Exit"].join("\n");
  for (;;) {
    printLine(menu);
    const key = (await ask("? "))?.trim();
    if (key === undefined || key === "0") return;
    const entry = entries.find((entry) => entry.key === key);
    if (!entry) {
      if (key !== "") printLine(`There is no choice "${key}".`);
      continue;
    }
    const answers = await answersTo(entry, context);
    if (answers === null) return;
    const { command, followUp } = entry;
    const { args = (...operands) => argumentsOf(command, operands, {}) } = entry;
    const done = await runChoice(command, () => args(...answers), context);
    if (!done || !followUp) continue;
    const answer = await ask(followUp.question);
    if (answer === null) return;
    if (answer.trim().toLowerCase() !== "yes") continue;
    await runChoice(command, () => followUp.args(...answers), context);
  }
}

/** Returns null at the end of input. */
async function answersTo(
  { questions = [], many }: Entry,
  { ask }: ClientContext,
): Promise<string[] | null> {
  const answers: string[] = [];
  for (let at = 0; at < questions.length;) {
    const answer = await ask(questions[at]);
    if (answer === null) return null;
    const repeats = many && at === questions.length - 1;
    if (!repeats || answer === "") at++;
    if (!repeats || answer !== "") answers.push(answer);
  }
  return answers;
}

/** Reports whether the command succeeded. */
async function runChoice(
  command: AnyCommand,
  args: () => unknown,
  context: ClientContext,
): Promise<boolean> {
  let count = 0;
  try {
    await context.stoppable(async (signal) => {
      for await (const output of runCommand(command, args(), { ...context, signal })) {
        context.printLine(await toText(output, context));
        count++;
      }
    });
    context.progress.stop();
    if (count === 0 && command.nothing !== undefined) context.printLine(command.nothing);
    return true;
  } catch (error) {
    context.progress.stop();
    context.showError(error);
    return false;
  }
}
