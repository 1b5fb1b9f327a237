import { textCommand } from "../command.ts";
import { SHELL } from "../operands.ts";

export const completions = textCommand({
  name: "completions",
  operands: { shell: SHELL },
  summary: "Print a script that completes commands in a shell",
  details: "To use it, write the script to a file that the shell reads:\n\n" +
    "  bash  ~/.local/share/bash-completion/completions/messaging-client\n" +
    "  zsh   _messaging-client, in a folder of $fpath\n" +
    "  fish  ~/.config/fish/completions/messaging-client.fish",
  async text({ shell }, commands) {
    const { completionScript } = await import("../completions.ts");
    return completionScript(shell, commands);
  },
});
