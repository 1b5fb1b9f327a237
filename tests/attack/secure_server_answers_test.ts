/** An attacker who runs the server: answers that no request has, or that say what cannot be. */
import { concat } from "../../shared/bytes.ts";
import { MAX_U32 } from "../../shared/limits.ts";
import { ResponseCode } from "../support/protocol/codes.ts";
import { ErrorCode, MessageType } from "../../shared/protocol/codes.ts";
import { encodeResponseHeader } from "../../shared/protocol/frame.ts";
import { encodeMessageHead } from "../../shared/protocol/message.ts";
import {
  encodeSecureResponse,
  type SecureResponse,
} from "../../shared/protocol/secure/responses.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type Act, EvilServer } from "../support/attack/evil_server.ts";
import { failure, Party } from "../support/attack/parties.ts";

/** A frame that claims `size` bytes of payload, and what there is of it. */
function frame(code: number, size: number, payload = new Uint8Array(0), version = 3): Act {
  return (link) =>
    link.channel.write(concat(encodeResponseHeader({ version, code, size }), payload));
}

/** Says it, and ends the channel. */
function last(...responses: SecureResponse[]): Act {
  return async (link) => {
    await link.channel.write(concat(...responses.map(encodeSecureResponse)));
    await link.channel.end();
    link.cut();
  };
}

const head = (size: number) =>
  encodeMessageHead({ from: new Uint8Array(16), messageId: 1, type: MessageType.text, size });
const pushed = { from: new Uint8Array(16), messageId: 1, type: MessageType.text } as const;
const push = { kind: "push", message: { ...pushed, content: new Uint8Array(50) } } as const;
const sent = { kind: "sent", to: new Uint8Array(16), messageId: 1 } as const;

/** What the server may do when a list was asked for. */
const ANSWERS: Record<string, { act: Act | SecureResponse; expected: string }> = {
  "a response to another request": { act: sent, expected: "bad-response" },
  "a code that does not exist": { act: frame(1999, 0), expected: "bad-response" },
  "the failure of the classic protocol": { act: frame(9000, 0), expected: "bad-response" },
  "another version": { act: frame(1001, 0, undefined, 2), expected: "bad-response" },
  "a list of 64 MiB and a byte": {
    act: frame(ResponseCode.clientList, 64 * 1024 * 1024 + 1),
    expected: "bad-response",
  },
  "a list of 4 GiB": { act: frame(ResponseCode.clientList, MAX_U32), expected: "bad-response" },
  "half a client": {
    act: frame(ResponseCode.clientList, 100, new Uint8Array(100)),
    expected: "bad-response",
  },
  "an error with a text of 1 MiB": {
    act: frame(ErrorCode.forbidden, 1024 * 1024),
    expected: "bad-response",
  },
  "an error without its fields": {
    act: frame(ErrorCode.forbidden, 1, new Uint8Array(1)),
    expected: "bad-response",
  },
  "an error that is no text": {
    act: frame(ErrorCode.forbidden, 6, new Uint8Array([0, 0, 0, 0, 0xff, 0xff])),
    expected: "bad-response",
  },
  "a message that was not asked for": { act: push, expected: "bad-response" },
  "messages that were not asked for": {
    act: { kind: "messages", messages: [push.message] },
    expected: "bad-response",
  },
  "its end with the record for it": { act: last(), expected: "unreachable" },
  "its end without it": { act: (link) => link.cut(), expected: "unreachable" },
};

Deno.test("server: no senseless answer is taken for a list, or changes anything", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using _bob = await Party.registered("bob", server.address);
  const before = alice.state();
  for (const [name, { act, expected }] of Object.entries(ANSWERS)) {
    server.lie = ({ kind }) => kind === "list-clients" ? act : undefined;
    const end = await failure(
      alice.with(server.address, (client) => Array.fromAsync(client.list())),
    );
    assertEquals(end, expected, name);
    assertEquals(alice.state(), before, name);
  }
  server.lie = () => undefined;
  const list = await alice.with(server.address, (client) => Array.fromAsync(client.list()));
  assertEquals(list.map(({ name }) => name), ["bob"]);
});

Deno.test("server: a repeated answer ends the connection, and the next one works", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using bob = await Party.registered("bob", server.address);
  await alice.send(server.address, "bob", "first");
  const { id } = bob.profile.identity;
  const receipt = { kind: "sent", to: id, messageId: 9 } as const;
  server.lie = ({ kind }) => kind === "send" ? (link) => link.say(receipt, receipt) : undefined;
  const ends = await alice.with(server.address, async (client) => {
    const first = await failure(client.sendText("bob", "one"));
    server.lie = () => undefined;
    return [first, await failure(client.sendText("bob", "two"))];
  });
  assertEquals(ends[0], "none");
  // The second answer meets the next request, or nobody: either way it is no success.
  assert(["none", "bad-response"].includes(ends[1]), ends[1]);
  assertEquals(await failure(alice.send(server.address, "bob", "three")), "none");
  const got = await bob.receive(server.address);
  assertEquals(got.filter((line) => line !== "alice: two"), ["alice: first", "alice: three"]);
});

/** Answers to a poll that are broken in themselves. */
const POLLS: Record<string, Act> = {
  "a cut head": frame(ResponseCode.messages, 10, new Uint8Array(10)),
  "a message larger than its response": frame(
    ResponseCode.messages,
    30,
    concat(head(6), new Uint8Array(5)),
  ),
  "a message of 4 GiB in a response of 30": frame(
    ResponseCode.messages,
    30,
    concat(head(MAX_U32), new Uint8Array(5)),
  ),
  "a type that does not exist": frame(
    ResponseCode.messages,
    25,
    head(0).with(20, 9) as Uint8Array<ArrayBuffer>,
  ),
};

Deno.test("server: broken deliveries are errors, and nothing of them is kept", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  const before = alice.state();
  for (const [name, act] of Object.entries(POLLS)) {
    server.lie = ({ kind }) => kind === "get-messages" ? act : undefined;
    assertEquals(await failure(alice.receive(server.address)), "bad-response", name);
    assertEquals(alice.state(), before, name);
  }
  server.lie = () => undefined;
  assertEquals(await alice.receive(server.address), []);
});

Deno.test("server: times after which to come again are honoured, up to half a minute", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  await using _bob = await Party.registered("bob", server.address);
  for (const error of ["rate-limited", "shutting-down"] as const) {
    const refusals = [1_500, 20_000];
    server.lie = ({ kind }) => {
      const retryAfter = kind === "list-clients" ? refusals.shift() : undefined;
      if (retryAfter === undefined) return undefined;
      return { kind: "error", error, retryAfter, text: "later" };
    };
    alice.waits.length = 0;
    const list = await alice.with(server.address, (client) => Array.fromAsync(client.list()));
    assertEquals(list.map(({ name }) => name), ["bob"]);
    // From a server that stops, clients come back spread over as long again.
    const most = error === "shutting-down" ? 2 : 1;
    for (const [i, asked] of [1_500, 20_000].entries()) {
      const wait = alice.waits[i];
      assert(wait >= asked && wait <= most * asked, `${wait} ms`);
    }
    assertEquals(alice.waits.length, 2);
  }
  alice.waits.length = 0;
  server.lie = ({ kind }) =>
    kind === "list-clients"
      ? { kind: "error", error: "rate-limited", retryAfter: MAX_U32, text: "in seven weeks" }
      : undefined;
  assertEquals(
    await failure(alice.with(server.address, (client) => Array.fromAsync(client.list()))),
    "refused",
  );
  assertEquals(alice.waits, []);
});

Deno.test("server: a refused login fails all requests and is not repeated", async () => {
  await using server = new EvilServer();
  await using alice = await Party.registered("alice", server.address);
  server.handshakes = 0;
  server.lie = ({ kind }) =>
    kind === "login"
      ? { kind: "error", error: "unauthenticated", retryAfter: 0, text: "not you" }
      : undefined;
  const end = await alice.with(server.address, (client) => Array.fromAsync(client.list()))
    .then(() => "no error", (error: Error) => error.message);
  assertEquals(end, "the server refused: not you");
  assertEquals(server.handshakes, 1);
});
