/** What operators name by mistake: each command says in words what is wrong with it. */
import { assert, assertEquals } from "../../support/assert.ts";
import { runServer, startServer } from "../../support/server_process.ts";
import { tempFolder } from "../../support/temp_folder.ts";

const TOO_LONG = "x".repeat(300);
/** What errors of the system look like. */
const RAW = /os error|\b(mkdir|open|stat|lstat|readfile|readdir) '/;

/** Returns what a command says that fails. */
async function failure(code: number, ...args: string[]): Promise<string> {
  const outcome = await runServer(args);
  assertEquals(outcome.code, code, outcome.stdout + outcome.stderr);
  assert(!RAW.test(outcome.stderr), outcome.stderr);
  return outcome.stderr;
}

Deno.test("paths: a data folder that cannot be one", async () => {
  await using temp = await tempFolder();
  await Deno.writeTextFile(`${temp.path}/file`, "");
  await Deno.symlink(`${temp.path}/nothing`, `${temp.path}/link`);
  const said: Record<string, RegExp> = {
    "file": /is a file; --data takes a folder|a part of this path is a file/,
    "file/below": /a part of this path is a file/,
    "link": /is a link to what is not there/,
    [TOO_LONG]: /the path is too long/,
  };
  for (const [name, expected] of Object.entries(said)) {
    for (const command of [["--port", "0"], ["stats"], ["fingerprint"], ["restore", "none"]]) {
      const text = await failure(1, ...command, "--data", `${temp.path}/${name}`);
      assert(expected.test(text), text);
    }
  }
  assertEquals(temp.names(), ["file", "link"]);
});

Deno.test("paths: a file of settings, and a backup, that cannot be one", async () => {
  await using temp = await tempFolder();
  const at = (name: string) => `${temp.path}/${name}`;
  await using server = await startServer();
  await Deno.writeTextFile(at("file"), "");
  await Deno.mkdir(at("folder"));
  assert((await failure(2, "config", "--config", at("folder"))).includes("this is a folder"));
  assert((await failure(2, "config", "--config", at("file/x"))).includes("is a file, where"));
  assert((await failure(2, "config", "--config", at(TOO_LONG))).includes("too long"));
  const said: Record<string, [backup: string, restore: string]> = {
    "folder": ["is there already", "is a folder, not a backup"],
    "nothing": ["", "there is no such file"],
    "nothing/x": ["there is no such file or folder", "there is no such file"],
    "file/x": ["a part of this path is a file", "a part of this path is a file"],
    [TOO_LONG]: ["too long", "too long"],
  };
  for (const [name, [backup, restore]] of Object.entries(said)) {
    if (backup) {
      const text = await failure(1, "backup", at(name), "--data", server.data);
      assert(text.includes(backup), text);
    }
    const text = await failure(1, "restore", at(name), "--data", at("new"));
    assert(text.includes(restore), text);
    const verified = await failure(1, "verify", at(name));
    assert(name !== "folder" || verified.includes("see verify --data"), verified);
  }
  assertEquals(temp.names(), ["file", "folder"]);
});

Deno.test("paths: a start whose port is taken leaves no folder behind", async () => {
  await using temp = await tempFolder();
  await using server = await startServer();
  const taken = `127.0.0.1:${server.port}`;
  const port = ["--port", `${server.port}`];
  for (const options of [port, ["--port", "0", "--admin", taken]]) {
    const text = await failure(
      1,
      ...["--host", "127.0.0.1", "--data", `${temp.path}/a/new/folder`, ...options],
    );
    assert(text.includes(`${taken} is in use`), text);
  }
  assertEquals(temp.names(), []);
  const start = (data: string) => ["--host", "127.0.0.1", "--data", data, ...port];
  await failure(1, ...start(temp.path));
  assertEquals(temp.names(), [], "nothing in a folder that is there");
  await using other = await startServer();
  await other.stop();
  await failure(1, ...start(other.data));
  assert(![...Deno.readDirSync(other.data)].some(({ name }) => name === "server.sock"));
});

Deno.test("paths: an empty name of a file is wrong usage", async () => {
  await using server = await startServer();
  for (const command of ["backup", "restore", "verify"]) {
    const text = await failure(2, command, "", "--data", server.data);
    assert(text.includes(`${command} needs FILE, not an empty name`), text);
  }
});

Deno.test("paths: without its key a folder is good for no command but two", async () => {
  await using temp = await tempFolder();
  const data = temp.path;
  await using server = await startServer({ data });
  const key = `${data}/server.key`;
  await Deno.rename(key, `${data}/kept`);
  const backup = ["backup", `${data}/backup.tar`];
  const said = await failure(1, ...backup, "--data", data); // beside a server that runs
  await server.stop();
  for (const command of [backup, ["stats"], ["invite"], ["fingerprint"], ["--port", "0"]]) {
    assertEquals(await failure(1, ...command, "--data", data), said);
  }
  assert(said.includes(`${key} is missing`) && said.includes("renew-key"), said);
  assert((await runServer(["verify", "--data", data])).stdout.includes("renew-key"));
  assertEquals((await runServer(["renew-key", "--yes", "--data", data])).code, 0);
  assertEquals((await runServer(["stats", "--data", data])).code, 0);
});

Deno.test("paths: a negative size is told to be no size", async () => {
  assert((await failure(2, "--total", "-1")).includes("--total takes a size, such as 500M or 64G"));
  assert((await failure(2, "clients", "limit", "bob", "-1")).includes("negative: -1"));
  assert((await failure(2, "--totl", "-1")).includes("did you mean --total?"));
});
