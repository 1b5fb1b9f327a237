import { type Output, printable, toJson, toText } from "../../../client/ui/output.ts";
import { fromHex } from "../../../shared/bytes.ts";
import { assert, assertEquals } from "../../assert.ts";

const bob = { id: fromHex("00FF102030405060708090A0B0C0D0E0"), name: "bob" };
const BOB_JSON = '{"id":"00ff102030405060708090a0b0c0d0e0","name":"bob"}';

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
    { kind: "received", received: { message: 7, from: bob, type: "text", text: "hello" } },
    `{"message":7,"from":${BOB_JSON},"type":"text","text":"hello"}`,
    "bob: hello",
  ],
  [
    { kind: "received", received: { message: 8, from: bob, type: "file", path: "./a", size: 9 } },
    `{"message":8,"from":${BOB_JSON},"type":"file","path":"./a","size":9}`,
    "bob sent a file of 9 bytes: ./a",
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
];

Deno.test("output: for scripts, exactly the promised objects", () => {
  for (const [output, json] of OUTPUTS) assertEquals(toJson(output), json);
});

Deno.test("output: for people, a line", () => {
  for (const [output, , text] of OUTPUTS) assertEquals(toText(output), text);
});

/** What a terminal would obey, or what turns the direction of writing around. */
const STEERING = [..."\0\x07\b\v\f\r\x1b\x7f\x80\x9b\x9f\u202a\u202e\u2066\u2069"];

Deno.test("output: what could steer a terminal is shown as a replacement", () => {
  for (const character of STEERING) {
    assertEquals(printable(`a${character}[2Jb`), "a\ufffd[2Jb");
  }
  assertEquals(printable("\x1b]0;title\x07"), "\ufffd]0;title\ufffd");
});

Deno.test("output: ordinary text of any script stays as it is", () => {
  for (const text of ["tab\there", "שלום 👋", "Zażółć", "👩‍👩‍👧", "a\u0301", "\u200f", "\ufeff"]) {
    assertEquals(printable(text), text);
  }
});

Deno.test("output: further lines are indented, so none passes for another message", () => {
  const text = "one\nalice: two\n";
  const received = { message: 1, from: bob, type: "text", text } as const;
  assertEquals(toText({ kind: "received", received }), "bob: one\n    alice: two\n    ");
});

Deno.test("output: a hostile name stays on its line; scripts get it as it is", () => {
  for (const character of [...STEERING, "\n", "\t"]) {
    const client = { ...bob, name: `x${character}alice: hi` };
    const shown: Output[] = [
      { kind: "identity", identity: client },
      { kind: "client", client },
      { kind: "sent", sent: { message: 1, to: client } },
      { kind: "received", received: { message: 1, from: client, type: "text", text: "x" } },
      { kind: "received", received: { message: 1, from: client, type: "key" } },
    ];
    for (const output of shown) {
      const text = toText(output);
      assert(text.includes("x\ufffdalice: hi"), text);
      assert(!text.includes(character), text);
      const json = toJson(output);
      assert(!json.includes("\n") && json.includes(JSON.stringify(client.name)), json);
    }
  }
});
