/** Orders through a port and a secret, as on Windows, whatever the system is. */
import { randomBytes } from "../../../shared/crypto/random.ts";
import type { CommandContext } from "../../../server/command.ts";
import { backup } from "../../../server/commands/backup.ts";
import { stats } from "../../../server/commands/stats.ts";
import { verify } from "../../../server/commands/verify.ts";
import { type Config, loadConfig } from "../../../server/config/config.ts";
import { openControl } from "../../../server/control/control_server.ts";
import { lockDataFolder } from "../../../server/data_folder.ts";
import { renewServerKey } from "../../../server/server_key.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { ServerFixture } from "../../support/server/server_fixture.ts";
import { tempFolder } from "../../support/temp_folder.ts";

/** A server that runs, and what a command on its folder is given. */
class Scene implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly control: string;

  private constructor(readonly server: ServerFixture, readonly context: CommandContext) {
    this.control = `${server.folder}/server.control`;
  }

  static async start(): Promise<Scene> {
    const server = await ServerFixture.start();
    const { folder: data } = server;
    const config = (): Promise<Config> =>
      loadConfig({
        given: { data },
        environment: () => undefined,
        readFile: () => Promise.resolve(undefined),
      });
    const scene = new Scene(server, {
      clock: () => performance.now(),
      now: () => Date.now(),
      random: randomBytes,
      os: "windows",
      environment: () => undefined,
      exit: () => {
        throw new Error("no command exits");
      },
      commands: [],
      config,
    });
    scene.#stack.use(server);
    await renewServerKey(data);
    scene.#stack.use(await lockDataFolder(data));
    scene.#stack.use(await openControl({ data, os: "windows" }, server.services));
    return scene;
  }

  /** What a command prints. */
  async printed(run: (context: CommandContext) => Promise<void> | void): Promise<string> {
    const { log } = console;
    const lines: string[] = [];
    console.log = (line) => lines.push(line);
    try {
      await run(this.context);
    } finally {
      console.log = log;
    }
    return lines.join("\n");
  }

  async refused(): Promise<string> {
    return (await assertRejects(
      () => this.printed((context) => stats.run({ json: true }, context)),
      Error,
    ))
      .message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

Deno.test("control by a port: commands are answered by the server that runs", async () => {
  await using scene = await Scene.start();
  await using temp = await tempFolder();
  const alice = await scene.server.secure("alice");
  await alice.sendText(alice.who.id, "waits");
  const found = JSON.parse(await scene.printed((context) => stats.run({ json: true }, context)));
  assertEquals([found.clients, found.messages], [1, 1]);
  const file = `${temp.path}/backup.tar`;
  const said = await scene.printed((context) => backup.run({ file }, context));
  assert(said.startsWith(`${file} has`), said);
  const folder = await scene.printed((context) =>
    verify.run({ file: undefined, json: false }, context)
  );
  assert(folder.endsWith("is in order"), folder);
  const checked = await scene.printed((context) => verify.run({ file, json: false }, context));
  assertEquals(checked, `${file} is in order`);
});

Deno.test("control by a port: without the server's secret nothing is answered", async () => {
  await using scene = await Scene.start();
  const { port, secret } = JSON.parse(await Deno.readTextFile(scene.control));
  const write = (text: string) => Deno.writeTextFile(scene.control, text);
  for (const other of ["0".repeat(64), secret.slice(2), `${secret}00`]) {
    await write(JSON.stringify({ port, secret: other }));
    assertEquals(await scene.refused(), "the secret is not the server's");
  }
  await write(JSON.stringify({ port, secret }));
  await scene.printed((context) => stats.run({ json: true }, context));
});

Deno.test("control by a port: a file that is missing, damaged or old is told of", async () => {
  await using scene = await Scene.start();
  const text = await Deno.readTextFile(scene.control);
  await Deno.remove(scene.control);
  assert((await scene.refused()).includes("server.control is missing. If"));
  for (const damaged of ["", text.slice(0, 20), "{}", '{"port":"1","secret":"00"}', "null"]) {
    await Deno.writeTextFile(scene.control, damaged);
    assert((await scene.refused()).includes("does not hold a port and a secret"), damaged);
  }
  // Of a server that was killed: nobody listens on its port any more.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await Deno.writeTextFile(scene.control, JSON.stringify({ port, secret: "00" }));
  const said = await scene.refused();
  assert(said.includes("takes no orders") && said.includes("restart it"), said);
  await Deno.writeTextFile(scene.control, text);
  await scene.printed((context) => stats.run({ json: true }, context));
});

Deno.test("control by a port: the next start replaces what a killed server left", async () => {
  await using temp = await tempFolder();
  await Deno.writeTextFile(
    `${temp.path}/server.control`,
    JSON.stringify({ port: 1, secret: "00" }),
  );
  await using server = await ServerFixture.start();
  const place = { data: temp.path, os: "windows" } as const;
  await using _control = await openControl(place, server.services);
  const { port, secret } = JSON.parse(await Deno.readTextFile(`${temp.path}/server.control`));
  assert(port !== 1 && secret.length === 64);
});
