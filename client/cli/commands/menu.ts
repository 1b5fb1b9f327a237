import { clientCommand } from "../command.ts";

export const menu = clientCommand({
  name: "menu",
  createsProfile: true,
  summary: "Show the interactive menu (the default)",
  details: "Reads its choices from standard input, one a line.",
  stops: "its parts",
  typed: true,
  results: [],
  asks: () => ({ answers: true, passphrase: true }),
  async run(_, context) {
    const { runMenu } = await import("../menu.ts");
    await runMenu(context);
  },
});
