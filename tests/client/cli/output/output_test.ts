import { type Output, toJson, toText } from "../../../../client/cli/output/output.ts";
import { fromHex } from "../../../../shared/bytes.ts";
import { ref, violation } from "../../../../client/daemon/schema.ts";
import { assert, assertEquals, assertThrows } from "../../../support/assert.ts";
import { checkJson, STRICT_SCHEMAS } from "../../../support/client/check_json.ts";

const bob = { id: fromHex("00FF102030405060708090A0B0C0D0E0"), name: "bob" };
/** Milliseconds since 1970. */
const at = 1e12;
const BOB_JSON = '{"id":"00ff102030405060708090a0b0c0d0e0","name":"bob"}';

const secureBob = { ...bob, authenticated: true, verified: true, blocked: false, alias: "Bobby" };
const NUMBER = Array.from({ length: 12 }, (_, group) => `${11111 + group}`).join(" ");

const STATUS = {
  ...{ name: "bob", address: { hostname: "host", port: 1 } },
  ...{ waiting: 1, files: 2, unread: 3 },
};

const OUTPUTS: [output: Output, json: string, text: string][] = [
  [
    { kind: "identity", identity: bob },
    BOB_JSON,
    "00ff102030405060708090a0b0c0d0e0  bob",
  ],
  [
    { kind: "client", client: bob },
    BOB_JSON,
    "00ff102030405060708090a0b0c0d0e0  bob",
  ],
  [
    { kind: "public-key", client: { ...bob, publicKey: fromHex("30819DFF") } },
    '{"id":"00ff102030405060708090a0b0c0d0e0","name":"bob","publicKey":"30819dff"}',
    "30819dff",
  ],
  [
    { kind: "sent", sent: { message: 7, to: bob } },
    `{"message":7,"to":${BOB_JSON}}`,
    "Message 7 to bob is on the server.",
  ],
  [
    { kind: "sent", sent: { message: 7, to: bob, entry: 9 } },
    `{"message":7,"to":${BOB_JSON},"entry":9}`,
    "Message 9 to bob is on the server.",
  ],
  [
    {
      kind: "received",
      received: { message: 8, from: bob, type: "edited", entry: 3, text: "" },
    },
    `{"message":8,"from":${BOB_JSON},"type":"edited","entry":3,"text":""}`,
    "bob changed message 3.",
  ],
  [
    { kind: "timer", peer: bob, seconds: 0 },
    `{"peer":${BOB_JSON},"timer":0}`,
    "bob: messages do not disappear",
  ],
  [
    { kind: "received", received: { message: 7, from: bob, type: "text", text: "hello", at } },
    `{"message":7,"from":${BOB_JSON},"type":"text","text":"hello","at":"2001-09-09T01:46:40.000Z"}`,
    "bob: hello",
  ],
  [
    {
      kind: "received",
      received: { message: 8, from: bob, type: "file", path: "./a", size: 9, at },
    },
    `{"message":8,"from":${BOB_JSON},"type":"file","path":"./a","size":9,` +
    `"at":"2001-09-09T01:46:40.000Z"}`,
    "bob sent a file of 9 bytes: ./a",
  ],
  [
    {
      kind: "received",
      received: {
        message: 8,
        from: bob,
        type: "file",
        path: "/d/a (2).pdf",
        size: 1536,
        at,
        name: "../a.pdf",
        transfer: 7,
      },
    },
    `{"message":8,"from":${BOB_JSON},"type":"file","path":"/d/a (2).pdf","size":1536,` +
    '"at":"2001-09-09T01:46:40.000Z","name":"../a.pdf","transfer":7}',
    "bob sent a file of 1.5 KiB: /d/a (2).pdf",
  ],
  [
    {
      kind: "received",
      received: {
        message: 8,
        from: bob,
        type: "announced",
        size: 1536,
        at,
        name: "a",
        transfer: 7,
      },
    },
    `{"message":8,"from":${BOB_JSON},"type":"announced","size":1536,` +
    '"at":"2001-09-09T01:46:40.000Z","name":"a","transfer":7}',
    "bob sent a file of 1.5 KiB: a. Fetch it with: messaging-client fetch 7",
  ],
  [
    {
      kind: "fetched",
      file: { number: 7, from: secureBob, path: "/d/a", size: 2 ** 30, name: "a" },
    },
    `{"transfer":7,"from":${BOB_JSON},"authenticated":true,"type":"file","path":"/d/a",` +
    '"size":1073741824,"name":"a"}',
    "Bobby sent a file of 1 GiB: /d/a",
  ],
  [
    { kind: "sent", sent: { message: 7, to: bob }, path: "./a b" },
    `{"message":7,"to":${BOB_JSON},"path":"./a b"}`,
    "Message 7 to bob, ./a b, is on the server.",
  ],
  [
    { kind: "received", received: { message: 9, from: bob, type: "key-request" } },
    `{"message":9,"from":${BOB_JSON},"type":"key-request"}`,
    "bob asked for a key, and got one.",
  ],
  [
    { kind: "received", received: { message: 10, from: bob, type: "key" } },
    `{"message":10,"from":${BOB_JSON},"type":"key"}`,
    "bob sent a key.",
  ],
  [
    { kind: "client", client: { ...bob, verified: false, blocked: false, namesake: true } },
    BOB_JSON.replace("}", ',"verified":false,"blocked":false,"alias":null,"namesake":true}'),
    "00ff102030405060708090a0b0c0d0e0  bob",
  ],
  [
    { kind: "client", client: secureBob },
    `{${
      BOB_JSON.slice(1, -1)
    },"authenticated":true,"verified":true,"blocked":false,"alias":"Bobby"}`,
    "00ff102030405060708090a0b0c0d0e0  bob, alias Bobby (verified)",
  ],
  [
    {
      kind: "client",
      client: { ...bob, authenticated: false, verified: false, blocked: true, alias: undefined },
    },
    `{${BOB_JSON.slice(1, -1)},"authenticated":false,"verified":false,"blocked":true,"alias":null}`,
    "00ff102030405060708090a0b0c0d0e0  bob (unauthenticated) (blocked)",
  ],
  [
    { kind: "sent", sent: { message: 7, to: secureBob } },
    `{"message":7,"to":${BOB_JSON},"authenticated":true}`,
    "Message 7 to Bobby is on the server.",
  ],
  [
    {
      kind: "received",
      received: { message: 7, from: secureBob, type: "text", text: "hello", at },
    },
    `{"message":7,"from":${BOB_JSON},"authenticated":true,"type":"text",` +
    '"text":"hello","at":"2001-09-09T01:46:40.000Z"}',
    "Bobby: hello",
  ],
  [
    { kind: "unusable", messages: { from: secureBob, flaw: "unreadable", count: 1 } },
    `{"type":"unusable","from":${BOB_JSON},"authenticated":true,"flaw":"unreadable","count":1}`,
    "a message from Bobby could not be opened; Bobby is asked to send it again, and it " +
    "comes after Bobby has received that",
  ],
  [
    { kind: "unusable", messages: { from: bob, flaw: "unreadable", count: 12 } },
    `{"type":"unusable","from":${BOB_JSON},"flaw":"unreadable","count":12}`,
    "12 messages from bob could not be opened; bob is asked to send them again, and they " +
    "come after bob has received that",
  ],
  [
    { kind: "unusable", messages: { from: bob, flaw: "unknown-form", count: 1 } },
    `{"type":"unusable","from":${BOB_JSON},"flaw":"unknown-form","count":1}`,
    "a message from bob has a form that is not known here; a newer client may be needed; " +
    "after an update ask bob to send it again",
  ],
  [
    { kind: "unusable", messages: { from: bob, flaw: "too-large", count: 2 } },
    `{"type":"unusable","from":${BOB_JSON},"flaw":"too-large","count":2}`,
    "2 messages from bob are larger than a message may be, and were not opened; " +
    "bob can send them as a file",
  ],
  [
    { kind: "unusable", messages: { from: bob, flaw: "senseless", count: 3 } },
    `{"type":"unusable","from":${BOB_JSON},"flaw":"senseless","count":3}`,
    "3 messages from bob make no sense here; a newer client may be needed; " +
    "after an update ask bob to send them again",
  ],
  [
    { kind: "unusable", messages: { from: bob, flaw: "bad-reset", count: 1 } },
    `{"type":"unusable","from":${BOB_JSON},"flaw":"bad-reset","count":1}`,
    "a message from bob asks for a new session in a way that is not valid; nothing was done",
  ],
  [
    { kind: "notice", notice: { type: "notice", text: "a new session\nbegins" } },
    '{"type":"notice","text":"a new session\\nbegins"}',
    "a new session\n    begins",
  ],
  [
    { kind: "forgotten", peer: bob, count: 3 },
    `{${BOB_JSON.slice(1, -1)},"forgotten":3}`,
    "Deleted from the history with bob: 3.",
  ],
  [
    { kind: "trust", peer: "bob", trust: { safetyNumber: NUMBER, verified: true } },
    `{"safetyNumber":"${NUMBER}","verified":true}`,
    "  11111 11112 11113 11114\n  11115 11116 11117 11118\n  11119 11120 11121 11122\n" +
    "bob is verified.",
  ],
  [
    { kind: "card", card: "bob#00ff" },
    '{"card":"bob#00ff"}',
    "bob#00ff",
  ],
  [
    { kind: "passphrase", action: "set" },
    '{"protected":true}',
    "The profile is protected. A lost passphrase cannot be recovered.",
  ],
  [
    { kind: "passphrase", action: "change" },
    '{"protected":true}',
    "The profile has the new passphrase. Earlier copies of it have the old one.",
  ],
  [
    { kind: "passphrase", action: "remove" },
    '{"protected":false}',
    "The profile is no longer protected: anyone who reads its files can act in your name.",
  ],
  [
    { kind: "exported", path: "./a" },
    '{"exported":"./a"}',
    "The profile is in ./a, protected by its passphrase. To move it: " +
    "messaging-client --profile DIR import FILE\n" +
    "Use it in one place only: after the import, no longer here.",
  ],
  [
    { kind: "imported", path: "./b", identity: bob },
    `{"imported":"./b",${BOB_JSON.slice(1)}`,
    "00ff102030405060708090a0b0c0d0e0  bob\n" +
    "The profile is here now: do not use it any more where it was exported.",
  ],
  [{ kind: "stopped", stopped: true }, '{"stopped":true}', "The engine has ended."],
  [{ kind: "stopped", stopped: false }, '{"stopped":false}', "No engine runs."],
  [
    { kind: "status", status: STATUS },
    '{"name":"bob","server":"host:1","engine":false,"connection":null,' +
    '"waiting":1,"files":2,"unread":3}',
    "bob. No engine runs; the server is host:1. To send: 1. To fetch: 2. Unread: 3.",
  ],
  [
    { kind: "status", status: { ...STATUS, connection: { state: "connected", text: "host:1" } } },
    '{"name":"bob","server":"host:1","engine":true,"connection":"connected",' +
    '"waiting":1,"files":2,"unread":3}',
    "bob. An engine runs, connected with host:1. To send: 1. To fetch: 2. Unread: 3.",
  ],
];

Deno.test("output: for scripts, exactly the promised objects", () => {
  for (const [output, json] of OUTPUTS) assertEquals(toJson(output), json);
});

/** The same, but nothing is in an object that is not described. */
Deno.test("output: the JSON of each result is as its schema says, and has nothing else", () => {
  for (const [output, json] of OUTPUTS) {
    const problem = violation(JSON.parse(json), ref(output.kind), output.kind, STRICT_SCHEMAS);
    assertEquals(problem, null, json);
  }
});

Deno.test("output: the tests notice what no schema describes, also in processes", () => {
  const printed = (args: string[], stdout: string, stderr = "") => () => {
    checkJson(args, { code: 0, signal: null, stdout, stderr });
  };
  const card = ["--profile", "p", "--json", "card"];
  printed(card, '{"card":"a"}\n{"ca')();
  printed(["card"], "a\n")();
  assertThrows(printed(card, '{"card":"a","extra":1}\n'), Error, "extra is not known");
  assertThrows(printed(card, '{"card":1}\n'), Error, "card must be string");
  assertThrows(printed(["--json", "list"], '{"card":"a"}\n'), Error, "id is missing");
  assertThrows(printed(["--json", "nothing"], '{"card":"a"}\n'), Error, "no result is expected");
  assertThrows(printed(card, "", "trouble\n"), Error, "no JSON");
});

Deno.test("output: for people, a line", async () => {
  for (const [output, , text] of OUTPUTS) assertEquals(await toText(output), text);
});

Deno.test("output: further lines are indented, so none passes for another message", async () => {
  const text = "one\nalice: two\n";
  const received = { message: 1, from: bob, type: "text", text, at } as const;
  assertEquals(await toText({ kind: "received", received }), "bob: one\n    alice: two\n    ");
});

Deno.test("output: a person at a terminal gets a QR code, too, and what to do", async () => {
  const output = {
    kind: "trust",
    peer: "bob",
    trust: { safetyNumber: NUMBER, verified: false },
  } as const;
  const plain = await toText(output);
  assert(plain.endsWith("messaging-client verify --yes bob"), plain);
  assert(!plain.includes("\u2588"), plain);
  const rich = await toText(output, { screen: { columns: 80, rows: 24 } });
  assert(rich.includes("\u2588\u2588"), rich);
  for (const line of plain.split("\n")) assert(rich.includes(line), line);
  assert(rich.split("\n").every((line) => line.length <= 80 || line.startsWith("bob")), rich);
  for (const screen of [{ columns: 79, rows: 23 }, { columns: 64, rows: 24 }]) {
    assertEquals(await toText(output, { screen }), plain);
  }
  assert(!toJson(output).includes("\u2588"));
});

Deno.test("output: a time that no date can hold is left out", () => {
  const received = { message: 1, from: bob, type: "text", text: "x", at: 2 ** 53 } as const;
  assert(!toJson({ kind: "received", received }).includes('"at"'));
});

/** What a terminal would obey, or what turns the direction of writing around. */
const STEERING = [..."\0\x07\b\v\f\r\x1b\x7f\x80\x9b\x9f\u202a\u202e\u2066\u2069"];

Deno.test("output: a hostile name stays on its line; scripts get it as it is", async () => {
  for (const character of [...STEERING, "\n", "\t"]) {
    const client = { ...bob, name: `x${character}alice: hi` };
    const shown: Output[] = [
      { kind: "identity", identity: client },
      { kind: "client", client },
      { kind: "sent", sent: { message: 1, to: client } },
      { kind: "received", received: { message: 1, from: client, type: "text", text: "x", at } },
      { kind: "received", received: { message: 1, from: client, type: "key" } },
      { kind: "forgotten", peer: client, count: 1 },
      {
        kind: "received",
        received: {
          message: 1,
          from: bob,
          type: "announced",
          name: client.name,
          size: 1,
          at,
          transfer: 1,
        },
      },
    ];
    for (const output of shown) {
      const text = await toText(output);
      assert(text.includes("x\ufffdalice: hi"), text);
      assert(!text.includes(character), text);
      const json = toJson(output);
      assert(!json.includes("\n") && json.includes(JSON.stringify(client.name)), json);
    }
  }
});

Deno.test("output: on a terminal a received message has the time of its writing", async () => {
  const at = new Date(2026, 0, 31, 18, 5).getTime();
  const received = { message: 1, from: secureBob, type: "text", text: "hi", at } as const;
  const output = { kind: "received", received } as const;
  assertEquals(await toText(output), "Bobby: hi");
  const screen = { columns: 80, rows: 24 };
  assertEquals(await toText(output, { screen }), "2026-01-31 18:05 Bobby: hi");
  const key = { kind: "received", received: { message: 2, from: secureBob, type: "key" } } as const;
  assertEquals(await toText(key, { screen }), "Bobby sent a key.");
});
