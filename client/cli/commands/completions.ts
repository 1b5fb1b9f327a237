import { plainCommand } from "../command.ts";
import { completionScript, SHELLS } from "../completions.ts";

export const completions = plainCommand({
  name: "completions",
  operands: { shell: { words: SHELLS } },
  summary: "Print a script that completes commands in a shell",
  details: "To use it, write the script to a file that the shell reads:\n\n" +
    "  bash  ~/.local/share/bash-completion/completions/messaging-client\n" +
    "  zsh   _messaging-client, in a folder of $fpath\n" +
    "  fish  ~/.config/fish/completions/messaging-client.fish",
  results: [],
  run({ shell }, { commands, printLine }) {
    printLine(completionScript(shell, commands));
  },
});
