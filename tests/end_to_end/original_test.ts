/**
 * Our client in the place of the recorded original ones: with their identities, and against a
 * server that says what the original server said, one request a connection.
 */
import { Profile } from "../../client/profile/profile.ts";
import { type Bytes, fromHex, toHex } from "../../shared/bytes.ts";
import { unwrapSymmetricKey } from "../../shared/crypto/classic/classic.ts";
import { decodeRequest } from "../support/protocol/frames.ts";
import type { Request } from "../../shared/protocol/classic/requests.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { stopEngine } from "../support/client/engines_here.ts";
import { FakeServer } from "../support/client/fake_server.ts";
import { Person } from "../support/client_process.ts";
import { readTranscript } from "../support/vectors.ts";

const transcript = readTranscript();
const EXCHANGES = transcript.steps.flatMap(({ exchanges }) => exchanges);
const ALICE = transcript["me.info"].alice;
const BOB = transcript["me.info"].bob;
const [alice, bob] = [ALICE, BOB].map(([name, id]) => ({ name, id: id.toLowerCase() }));

/** What the recorded client asked for: in which exchange, and the response to it. */
function recorded(client: string, matches: (request: Request) => boolean) {
  const found = EXCHANGES.filter((exchange) =>
    exchange.client === client && matches(decodeRequest(fromHex(exchange.request)))
  );
  assert(found.length > 0, `${client} never asked for that`);
  return found;
}

/** Answers as the original server did, polls one after the other, and closes. */
function replaying(client: string, polls: { response: string }[]): FakeServer {
  const left = [...polls];
  return new FakeServer(async (conn) => {
    const request = await conn.request();
    if (!request) return;
    const exchange = request.kind === "get-messages"
      ? left.shift() ?? { response: "02ec0300000000" }
      : recorded(client, ({ kind, ...other }) =>
        kind === request.kind &&
        (request.kind !== "send" || "type" in other && other.type === request.type))[0];
    await conn.write(fromHex(exchange.response));
  });
}

async function withIdentity(lines: string[], server: FakeServer): Promise<Person> {
  const person = await Person.create(server.hostPort);
  await Deno.writeTextFile(`${person.folder}/me.info`, lines.join("\n"));
  return person;
}

/** The symmetric key that bob made, out of the message in which he sent it to alice. */
async function recordedKey(): Promise<Bytes> {
  const [{ request }] = recorded("bob", (request) => request.kind === "send");
  const { content } = decodeRequest(fromHex(request)) as Request & { kind: "send" };
  const field = Uint8Array.fromBase64(ALICE[2]);
  return await unwrapSymmetricKey(field.slice(0, 4 + (field[2] << 8 | field[3])), content);
}

Deno.test("original: alice takes bob's key and sends the original client's bytes", async () => {
  const polls = recorded("alice", ({ kind }) => kind === "get-messages");
  await using server = replaying("alice", polls);
  await using person = await withIdentity(ALICE, server);
  assertEquals(await person.json("whoami"), [alice]);
  assertEquals(await person.json("list"), [bob]);
  assertEquals(await person.json("receive"), [{ message: 2, from: bob, type: "key" }]);

  for (const text of transcript.texts) await person.json("send", "bob", text);
  await Deno.writeTextFile(`${person.folder}/file`, transcript.file);
  await person.json("send-file", "bob", `${person.folder}/file`);
  const sent = server.requests.filter(({ kind }) => kind === "send");
  const expected = recorded("alice", (request) => request.kind === "send" && request.type >= 3);
  assertEquals(sent, expected.map(({ request }) => decodeRequest(fromHex(request))));
  assertEquals(sent.length, transcript.texts.length + 1);
});

Deno.test("original: bob reads alice's texts and her file", async () => {
  const polls = recorded("bob", ({ kind }) => kind === "get-messages").slice(1);
  await using server = replaying("bob", polls);
  await using person = await withIdentity(BOB, server);
  {
    await stopEngine(person.folder);
    using profile = await Profile.open(person.folder);
    profile.keys.put(fromHex(alice.id), await recordedKey(), { own: true });
  }
  const received = await person.receive();
  const file = received.pop();
  assertEquals(received.map(({ text }) => text), transcript.texts);
  assertEquals(received.map(({ message, from }) => [message, from.id, from.name]), [
    [3, alice.id, "alice"],
    [4, alice.id, "alice"],
  ]);
  assertEquals([file?.message, file?.size], [5, transcript.file.length]);
  assertEquals(await Deno.readTextFile(file!.path!), transcript.file);
  assertEquals(await person.json("receive"), []);
});

Deno.test("original: bob answers alice's request, and the original can open the key", async () => {
  const polls = recorded("bob", ({ kind }) => kind === "get-messages").slice(0, 1);
  await using server = replaying("bob", polls);
  await using person = await withIdentity(BOB, server);
  assertEquals(await person.json("receive"), [{ message: 1, from: alice, type: "key-request" }]);
  const [answer] = server.requests.filter((request) => request.kind === "send");
  assert(answer, "no answer was sent");
  assertEquals([toHex(answer.clientId), toHex(answer.to), answer.type], [bob.id, alice.id, 2]);
  const field = Uint8Array.fromBase64(ALICE[2]);
  const key = await unwrapSymmetricKey(
    field.slice(0, 4 + (field[2] << 8 | field[3])),
    answer.content,
  );
  assertEquals(key.length, 16);
  await stopEngine(person.folder);
  using profile = await Profile.open(person.folder);
  assertEquals(profile.keys.sending(answer.to), key);
});

Deno.test("original: me.info stays as the original client wrote it", async () => {
  await using server = replaying("alice", recorded("alice", ({ kind }) => kind === "get-messages"));
  await using person = await withIdentity(ALICE, server);
  await person.json("receive");
  assertEquals(await Deno.readTextFile(`${person.folder}/me.info`), ALICE.join("\n"));
});
