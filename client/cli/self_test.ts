import type { Random } from "../../shared/crypto/random.ts";
import { type Bytes, equalBytes, toHex } from "../../shared/bytes.ts";
import { PUBLIC_KEY_SIZE } from "../../shared/limits.ts";
import type { Address } from "../network/address.ts";
import { ClientError, type ClientErrorCode } from "../errors.ts";
import { readWhole } from "../disk/files.ts";
import type { Received } from "../inbox/received.ts";
import type { Peer } from "../contacts/peers.ts";
import { openClient, type OpenedClient, type Runtime } from "../open_client.ts";

/** More than the server keeps in its database. */
const FILE_SIZE = 200_000;
const noProgress = () => {};

/** A client of the tests, in a profile of its own. */
interface Person extends OpenedClient {
  readonly name: string;
  readonly classic: boolean;
}

/**
 * Runs all tests, with secure clients and with classic ones, and prints a line for each. Returns
 * how many failed. In the end, however that comes, it removes the clients that it has registered;
 * classic ones stay on the server, as they cannot prove who they are.
 */
export async function runSelfTest(
  address: Address,
  runtime: Runtime,
  print: (line: string) => void,
): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "messaging-test-" });
  const { hostname, port } = address;
  let passed = 0;
  let failed = 0;
  try {
    for (const kind of ["secure", "classic"] as const) {
      const classic = kind === "classic";
      const open = async (name: string): Promise<Person> => {
        const opened = await openClient({
          folder: `${folder}/${kind}/${name}`,
          address: classic ? { hostname, port } : address, // to them no server can prove a key
          ...runtime,
        });
        return { ...opened, name: `${name}-${toHex(runtime.random(6))}`, classic };
      };
      await using alice = await open("alice");
      await using bob = await open("bob");
      await using mallory = await open("mallory");
      const people = [alice, bob, mallory];
      const run = async (name: string, test: () => Promise<void>) => {
        try {
          await test();
          passed++;
          print(`PASS  ${kind}: ${name}`);
        } catch (error) {
          failed++;
          print(`FAIL  ${kind}: ${name}: ${error instanceof Error ? error.message : error}`);
        }
      };
      try {
        for (const [name, test] of testsOf(people, folder, runtime.random)) await run(name, test);
      } finally {
        const registered = people.filter(({ profile }) => profile.registered);
        if (!classic) await run("they unregister", () => leaveAll(registered));
        else if (registered.length > 0) print(staying(registered));
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  print(`${passed} passed, ${failed} failed`);
  return failed;
}

type Test = [name: string, run: () => Promise<void>];

function testsOf([alice, bob, mallory]: Person[], folder: string, random: Random): Test[] {
  const texts = ["Hello, this is the first text.", "x".repeat(5000), "Zażółć gęślą jaźń 👋 שלום"];
  const ofSecure: Test[] = [
    ["the other client is authenticated", async () => {
      const found = (await listOf(alice, bob.name)).find(({ name }) => name === bob.name);
      check(found?.authenticated === true, "it is not");
    }],
    ["a secure client is asked for no key", async () => {
      await fails("not-needed", alice.client.requestKey(bob.name));
    }],
    ["both see the same safety number", async () => {
      const seen = await alice.client.contactBook.verify(bob.name);
      const seenByBob = await bob.client.contactBook.verify(alice.name);
      check(/^(\d{5} ){11}\d{5}$/.test(seen.safetyNumber), "it is not of 12 groups of 5 digits");
      check(seen.safetyNumber === seenByBob.safetyNumber, "they do not");
    }],
    ["a card is accepted, one with another ID is not", async () => {
      const card = bob.client.contactBook.card();
      const { id } = await alice.client.contactBook.add(card);
      check(equalBytes(id, bob.client.whoami().id), "it led to another client");
      const forged = card.slice(0, -32) + "0".repeat(32);
      await fails("wrong-identity", alice.client.contactBook.add(forged));
    }],
  ];
  const ofClassic: Test[] = [
    ["request a key", async () => void await alice.client.requestKey(bob.name)],
    ["the request arrives and is answered", () => receives(bob, [{ type: "key-request" }])],
    ["the key arrives", () => receives(alice, [{ type: "key" }])],
  ];
  const ofClassicLater: Test[] = [
    ["send a key unasked", async () => {
      await bob.client.sendKey(alice.name);
      await receives(alice, [{ type: "key" }]);
    }],
    ["texts arrive after a further key", async () => {
      await alice.client.sendText(bob.name, "still readable");
      await receives(bob, [{ type: "text", text: "still readable" }]);
    }],
  ];
  return [
    ["register", () => register(alice)],
    ["a second client registers", () => register(bob)],
    ["a profile registers only once", () => fails("already-registered", register(alice))],
    ["a taken name is refused", () => fails("refused", register(mallory, alice.name))],
    ["a name that is too short is refused", () => fails("bad-name", register(mallory, "x"))],
    ["an unregistered profile cannot list", () => fails("not-registered", listOf(mallory, ""))],
    ["the list shows others, not oneself", () => lists(alice, bob)],
    ["the inbox is empty", () => receives(bob, [])],
    ["an unknown name is reported", async () => {
      await fails("unknown-name", alice.client.sendText(mallory.name, "?"));
    }],
    ["public key", async () => {
      const { publicKey } = await alice.client.publicKey(bob.name);
      check(publicKey.length === PUBLIC_KEY_SIZE, `a public key of ${publicKey.length} bytes`);
    }],
    ...(alice.classic ? ofClassic : ofSecure),
    ["send three texts, one of 5,000 characters", async () => {
      for (const text of texts) await alice.client.sendText(bob.name, text);
    }],
    ["the texts arrive, in order", () => {
      return receives(bob, texts.map((text) => ({ type: "text", text })));
    }],
    ["a text with a zero character is refused", async () => {
      await fails("bad-text", alice.client.sendText(bob.name, "a\0b"));
    }],
    ["an answer arrives", async () => {
      await bob.client.sendText(alice.name, "an answer");
      await receives(alice, [{ type: "text", text: "an answer" }]);
    }],
    ["a file arrives whole", () => sendsFile(alice, bob, folder, random(FILE_SIZE))],
    ["an empty file arrives", () => sendsFile(bob, alice, folder, random(0))],
    ["a missing file is reported", async () => {
      const path = `${folder}/there is no such file`;
      await fails("file", alice.client.sendFile(bob.name, path, noProgress));
    }],
    ...(alice.classic ? ofClassicLater : []),
    ["nothing is delivered twice", async () => {
      await receives(alice, []);
      await receives(bob, []);
    }],
  ];
}

/** Has all leave the server, also if one cannot. */
async function leaveAll(people: readonly Person[]): Promise<void> {
  const left = await Promise.allSettled(people.map(({ client }) => client.unregister()));
  for (const result of left) if (result.status === "rejected") throw result.reason;
  for (const person of people) await fails("not-registered", listOf(person, ""));
}

function staying(people: readonly Person[]): string {
  const names = people.map(({ name }) => name).join(", ");
  return `Classic clients cannot unregister. On the server stay ${names}; its operator can ` +
    "remove them: messaging-server clients remove";
}

async function register(person: Person, name = person.name): Promise<void> {
  const { client, classic } = person;
  const { id } = await client.register(name, { classic });
  check(equalBytes(id, client.whoami().id), "the profile has another ID");
}

async function lists(asker: Person, other: Person): Promise<void> {
  const names = async (prefix: string) => (await listOf(asker, prefix)).map(({ name }) => name);
  check((await names(other.name)).includes(other.name), "the other client is missing");
  check((await names(asker.name)).length === 0, "the asker is in it");
}

/** The list of clients whose names begin with `prefix`: the server may have very many. */
function listOf({ client }: Person, prefix: string): Promise<Peer[]> {
  return Array.fromAsync(client.list(prefix));
}

async function sendsFile(from: Person, to: Person, folder: string, bytes: Bytes): Promise<void> {
  const path = `${folder}/outgoing-${bytes.length}`;
  await Deno.writeFile(path, bytes);
  await from.client.sendFile(to.name, path, noProgress);
  const [received, ...rest] = await Array.fromAsync(to.client.receive(folder, noProgress));
  check(received?.type === "file" && rest.length === 0, "no file, or more than one message");
  check(equalBytes(await readWhole(received.path), bytes), "it has changed on the way");
}

/** Receives all that waits, which must be `expected`, in this order. */
async function receives(
  { client, profile: { folder } }: Person,
  expected: { type: Received["type"]; text?: string }[],
): Promise<void> {
  const received = await Array.fromAsync(client.receive(folder, noProgress));
  const told = received.filter(({ type }) => type !== "notice")
    .map((message) => ({ type: message.type, text: "text" in message ? message.text : undefined }));
  check(
    JSON.stringify(told) === JSON.stringify(expected),
    `${expected.length} messages expected, ${told.length} came, or others than these`,
  );
}

/** Demands that `operation` fails with this code. */
async function fails(code: ClientErrorCode, operation: Promise<unknown>): Promise<void> {
  try {
    await operation;
  } catch (error) {
    if (error instanceof ClientError && error.code === code) return;
    throw error;
  }
  throw new Error("it was accepted");
}

function check(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}
