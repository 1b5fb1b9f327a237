import { clientCommand } from "../command.ts";
import { runMenu } from "../menu.ts";

export const menu = clientCommand({
  name: "menu",
  summary: "Show the interactive menu (the default)",
  details: "Reads its choices from standard input, one a line.",
  stops: "its parts",
  run: (_, context) => runMenu(context),
});
