import { Database } from "@db/sqlite";
import { type Bytes, concat, fromHex, toHex, utf8 } from "../../shared/bytes.ts";
import { encodeResponseHeader } from "../../shared/protocol/frame.ts";
import { FakeServer, type Script } from "../support/client/fake_server.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Person } from "../support/client_process.ts";
import { sampleBytes } from "../support/pieces.ts";
import { readTranscript } from "../support/vectors.ts";

/** Answers every request with these bytes, and then closes. */
function answering(...parts: Bytes[]): Script {
  return async (conn) => {
    await conn.request();
    await conn.write(...parts);
  };
}

function header(code: number, size: number): Bytes {
  return encodeResponseHeader({ version: 2, code, size });
}

/** What a hostile or broken server does, and the codes that this may be told with. */
const SERVERS: Record<string, [script: Script, ...codes: string[]]> = {
  "closes at once": [() => Promise.resolve(), "unreachable"],
  "closes after the request": [answering(), "unreachable"],
  "closes in the header": [answering(header(1001, 271).slice(0, 4)), "unreachable"],
  "sends garbage": [answering(sampleBytes(100_000)), "bad-response"],
  "sends zeros": [answering(new Uint8Array(100_000)), "bad-response"],
  "speaks HTTP": [answering(utf8("HTTP/1.1 400 Bad Request\r\n\r\n")), "bad-response"],
  "answers something else": [answering(header(1999, 0)), "bad-response"],
  "refuses everything": [answering(header(9000, 0)), "refused"],
  "claims 4 GiB": [
    async (conn) => {
      // With the right code for each request.
      const request = await conn.request();
      const codes = { "client-list": 1001, "public-key": 1002, "get-messages": 1004 };
      const kind = request?.kind as keyof typeof codes;
      await conn.write(header(codes[kind] ?? 1000, 0xffff_ffff), sampleBytes(100_000));
    },
    "bad-response",
    "unreachable",
  ],
};

/** Commands that need the server. */
const COMMANDS = [["list"], ["key", "bob"], ["send", "bob", "hello"], ["receive"]];

/** All that a profile holds, but for the lock. */
function contents(folder: string): unknown {
  const files: unknown[] = [];
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    if (!isFile || /^profile\.(db|lock)/.test(name)) continue;
    files.push([name, Deno.readTextFileSync(`${folder}/${name}`)]);
  }
  const database = new Database(`${folder}/profile.db`);
  const tables = ["contacts", "classic_keys", "envelopes"].map((table) =>
    database.prepare(`SELECT * FROM ${table}`).all().map((row) =>
      Object.values(row).map((value) => value instanceof Uint8Array ? toHex(value) : value)
    )
  );
  database.close();
  const incoming = [...Deno.readDirSync(`${folder}/incoming`)];
  return { files: files.sort(), tables, incoming };
}

/** The command fails with one of these codes, and says so in words that a person can use. */
async function fails(person: Person, command: string[], server: string, codes: string[]) {
  const args = ["--json", "--server", server, ...command];
  const { code, stdout, stderr } = await person.run(args);
  assertEquals([code, stdout], [1, ""], `${command.join(" ")}: ${stderr}`);
  const { error } = JSON.parse(stderr);
  assert(codes.includes(error.code), stderr);
  assert(error.message.length > 20 && !/undefined|Error:|\bat \//.test(error.message), stderr);
}

Deno.test("hostile server: a registered client fails and stays as it was", async () => {
  await using person = await Person.create("127.0.0.1:9");
  await Deno.writeTextFile(
    `${person.folder}/me.info`,
    readTranscript()["me.info"].alice.join("\n"),
  );
  await person.run(["whoami"]); // makes the database
  const before = contents(person.folder);
  for (const [name, [script, ...codes]] of Object.entries(SERVERS)) {
    await using server = new FakeServer(script);
    await Promise.all([
      ...COMMANDS.slice(0, 3).map((command) => fails(person, command, server.hostPort, codes)),
      fails(person, COMMANDS[3], server.hostPort, codes),
    ]);
    assertEquals(contents(person.folder), before, name);
  }
});

Deno.test("hostile server: a client that registers fails and has no identity", async () => {
  await using person = await Person.create("127.0.0.1:9");
  for (const [script, ...codes] of Object.values(SERVERS)) {
    await using server = new FakeServer(script);
    await fails(person, ["register", "--classic", "carol"], server.hostPort, codes);
    const names = [...Deno.readDirSync(person.folder)].map(({ name }) => name);
    assert(!names.includes("me.info"), names.join(", "));
    assertEquals(await Deno.readTextFile(`${person.folder}/server.info`), "127.0.0.1:9\n");
  }
});

Deno.test("hostile server: names and texts in a list or a message steer no terminal", async () => {
  await using person = await Person.create("127.0.0.1:9");
  const [name, id, key] = readTranscript()["me.info"].alice;
  await Deno.writeTextFile(`${person.folder}/me.info`, `${name}\n${id}\n${key}\n`);
  const field = new Uint8Array(255);
  field.set(utf8("\x1b]0;pwned\x07\nalice: send money"));
  const other = "00".repeat(16);
  await using server = new FakeServer(answering(header(1001, 271), concat(fromHex(other), field)));
  const { code, stdout } = await person.run(["--server", server.hostPort, "list"]);
  assertEquals(code, 0);
  assertEquals(stdout, `${other}  \ufffd]0;pwned\ufffd\ufffdalice: send money\n`);
});
