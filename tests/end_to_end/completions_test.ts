/** Names that a shell completes, as the engine of a profile knows them. */
import { assertEquals } from "../support/assert.ts";
import { DATA, STATE } from "../support/client_here.ts";
import { CLIENT_COMMAND, Person, startClient } from "../support/client_process.ts";
import { startServer } from "../support/server_process.ts";
import { complete } from "../support/shells.ts";

const PASSPHRASE = { MESSAGING_PASSPHRASE: "correct horse battery staple" };

/** Returns a script that is the client; what it runs on is not at the home of the shell. */
async function clientScript(): Promise<string> {
  const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));
  const folders = `XDG_STATE_HOME='${STATE}' XDG_DATA_HOME='${DATA}' DENO_DIR='${denoDir}'`;
  const command = CLIENT_COMMAND.map((part) => `'${part}'`).join(" ");
  return `#!/bin/sh\nexport ${folders}\nexec ${command} "$@"\n`;
}

Deno.test({
  name: "completions: names of a protected profile come from its engine, and only from it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = await startServer({ args: ["--exempt", "127.0.0.1"] });
    await using alice = await Person.register(server.address, "alice", { classic: false });
    await using bob = await Person.register(server.address, "bobby", { classic: false });
    await alice.json("send", "bobby", "hello");
    assertEquals(await bob.texts(), ["hello"]);
    alice.env = PASSPHRASE;
    await alice.json("passphrase", "set");
    const lines = [`--profile ${alice.folder} send bo`, `--profile=${alice.folder} send x,bo`];
    const client = await clientScript();
    const completed = async () => (await complete("bash", lines, client))?.words;
    assertEquals(await completed(), ["bo", "x,bo"]);
    await using engine = startClient(alice.args("daemon"), { env: PASSPHRASE });
    await engine.says("Ready: ");
    assertEquals(await completed(), ["bobby", "x,bobby"]);
  },
});
