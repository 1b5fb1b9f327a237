/** Colours and times, as a person on a terminal and a pipe get them. */
import { assert, assertEquals } from "../support/assert.ts";
import { Person, startClient } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { terminalTest } from "../support/tmux.ts";

/** A name, as it stands on a terminal with colours. */
const BOLD_NAME = "\x1b[1mbob";
const COLOUR = /\p{Cc}\[\d+m/u;
const ISO_LINE = /^1 {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z → bob: hello ✓\n$/;

terminalTest(
  "colour: on a terminal, not in a pipe nor with NO_COLOR, by an engine or without",
  async (terminals) => {
    await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
    await using alice = await Person.register(server.address, "alice", { classic: false });
    await using _bob = await Person.register(server.address, "bob", { classic: false });
    await alice.json("send", "bob", "hello");
    const written = async (env: Record<string, string>, ...args: string[]) => {
      const pane = await terminals.client(alice.args(...args), { env });
      const code = await pane.exitCode();
      return { code, text: new TextDecoder().decode(await pane.written()) };
    };
    const check = async () => {
      const { text } = await written({}, "history", "bob");
      assert(text.includes(BOLD_NAME), text);
      const plain = [
        await written({ NO_COLOR: "1" }, "history", "bob"),
        await written({}, "--color", "never", "history", "bob"),
        await written({}, "--json", "--color", "always", "history", "bob"),
      ];
      for (const { text } of plain) assert(text.includes("bob") && !COLOUR.test(text), text);
      const forced = await written({ NO_COLOR: "1" }, "--color", "always", "history", "bob");
      assert(forced.text.includes(BOLD_NAME), forced.text);
      const failed = await written({}, "history", "nobody");
      assertEquals(failed.code, 1);
      assert(failed.text.includes("\x1b[31mmessaging-client:\x1b[39m"), failed.text);

      const piped = await alice.run(["--time", "iso", "history", "bob"], {});
      assert(ISO_LINE.test(piped.stdout), piped.stdout);
      const always = await alice.run(["--color", "always", "history", "bob"], {});
      assert(always.stdout.includes(BOLD_NAME), always.stdout);
      const ago = await alice.run(["--time", "relative", "history", "bob"], {});
      assert(/^1 {2}(just now|\d+ min ago) → bob: hello ✓\n$/.test(ago.stdout), ago.stdout);
    };
    await check();
    await using engine = startClient(alice.args("daemon"));
    await engine.says("Ready: ");
    await check();
  },
);
