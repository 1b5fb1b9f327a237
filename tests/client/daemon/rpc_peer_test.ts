import { UsageError } from "../../../shared/args.ts";
import { duplexPair } from "../../../client/daemon/duplex.ts";
import type { Method } from "../../../client/daemon/method.ts";
import { RpcError } from "../../../client/daemon/rpc_error.ts";
import { type PeerOptions, RpcPeer } from "../../../client/daemon/rpc_peer.ts";
import { ClientError } from "../../../client/errors.ts";
import { retryAfter } from "../../../client/network/failures.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";

const TEXT = { type: "string" } as const;
const ANY = {};

/** Declares a method without parameters, or with texts of these names. */
function method(name: string, run: Method["run"], params: readonly string[] = []): Method {
  const declared = params.map((name) => ({ name, summary: name, required: true, schema: TEXT }));
  return { name, summary: name, params: declared, result: ANY, run };
}

/** Two peers that talk to each other; the second one has the methods. */
function pair(methods: readonly Method[], options: PeerOptions = {}, asked: Method[] = []) {
  const [here, there] = duplexPair();
  const peers = [new RpcPeer(here, asked, options), new RpcPeer(there, methods)] as const;
  const end = { [Symbol.asyncDispose]: async () => void await peers[0].close() };
  return Object.assign(peers, end);
}

/** A peer to which a test writes lines, as bytes, and whose lines it reads. */
function raw(methods: readonly Method[], options: PeerOptions = {}) {
  const [here, there] = duplexPair();
  const peer = new RpcPeer(there, methods, options);
  const writer = here.writable.getWriter();
  const lines = here.readable.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  const write = (text: string) => writer.write(new TextEncoder().encode(text));
  return {
    peer,
    writer,
    write,
    say: (value: unknown) => write(`${JSON.stringify(value)}\n`),
    /** Returns the next object; null at the end. */
    // deno-lint-ignore no-explicit-any
    async hear(): Promise<any> {
      while (!rest.includes("\n")) {
        const { value, done } = await lines.read();
        if (done) return null;
        rest += value;
      }
      const line = rest.slice(0, rest.indexOf("\n"));
      rest = rest.slice(line.length + 1);
      return JSON.parse(line);
    },
  };
}

const echo = method("echo", ({ text }) => text, ["text"]);

Deno.test("RPC: answers come as they are ready, and each to its request", async () => {
  const gate = Promise.withResolvers<string>();
  const slow = method("slow", () => gate.promise);
  await using peers = pair([slow, echo]);
  const first = peers[0].request("slow");
  assertEquals(await peers[0].request("echo", { text: "ünd 🙂\n" }), "ünd 🙂\n");
  gate.resolve("late");
  assertEquals(await first, "late");
});

Deno.test("RPC: a method asks back and tells of its progress while it runs", async () => {
  const greet = method("greet", async (_, call) => {
    await call.notify("item", { item: 1 });
    await call.notify("item", { item: 2 });
    return `hello ${await call.request("name")}`;
  });
  const asked: unknown[] = [];
  const name = method("name", (params) => (asked.push(params), "Bob"));
  await using peers = pair([greet], {}, [{
    ...name,
    params: [{ name: "request", summary: "", schema: { type: "integer" } }],
  }]);
  const heard: unknown[] = [];
  const onNotification = (...all: unknown[]) => heard.push(all);
  assertEquals(await peers[0].request("greet", {}, { onNotification }), "hello Bob");
  assertEquals(heard, [["item", { item: 1, request: 1 }], ["item", { item: 2, request: 1 }]]);
  assertEquals(asked, [{ request: 1 }]);
});

Deno.test("RPC: what belongs to no request goes to the listener of all", async () => {
  const heard = Promise.withResolvers<unknown>();
  await using peers = pair([], { onNotification: (...all) => heard.resolve(all) });
  await peers[1].notify("event", { kind: "entry" });
  assertEquals(await heard.promise, ["event", { kind: "entry" }]);
});

Deno.test("RPC: a cancelled request ends as its method ends", async () => {
  const wait = method("wait", (_, { signal }) =>
    new Promise((_, reject) => {
      signal.onabort = () => reject(new ClientError("interrupted", "stopped"));
    }));
  await using peers = pair([wait, echo]);
  const abort = new AbortController();
  const waiting = peers[0].request("wait", {}, { signal: abort.signal });
  const other = peers[0].request("wait");
  abort.abort();
  const error = await assertRejects(() => waiting, ClientError, "stopped");
  assertEquals(error.code, "interrupted");
  assertEquals(await peers[0].request("echo", { text: "still here" }), "still here");
  await Promise.all([assertRejects(() => other, RpcError, "has gone"), peers[0].close()]);
  const aborted = peers[0].request("wait", {}, { signal: AbortSignal.abort() });
  await assertRejects(() => aborted, RpcError, "has gone");
});

Deno.test("RPC: errors keep their code, and what they say of later", async () => {
  const cause = { error: "rate-limited", retryAfter: 1500 };
  const refused = method("refused", () => {
    throw new ClientError("refused", "the server refused: wait", { cause });
  });
  const usage = method("usage", () => Promise.reject(new UsageError("no such file")));
  const bug = method("bug", () => null!["nothing"]);
  await using peers = pair([refused, usage, bug]);
  const error = await assertRejects(() => peers[0].request("refused"), ClientError, "wait");
  assertEquals([error.code, retryAfter(error)], ["refused", 1500]);
  await assertRejects(() => peers[0].request("usage"), UsageError, "no such file");
  const internal = await assertRejects(() => peers[0].request("bug"), RpcError);
  assertEquals([internal.code, internal.data?.code], [-32603, "internal"]);
});

Deno.test("RPC: the errors of the protocol, as answers", async () => {
  const { write, say, hear, peer } = raw([echo]);
  const jsonrpc = "2.0";
  const refused = async (code: number, id: unknown, says: string, param?: string) => {
    const answer = await hear();
    assertEquals([answer.jsonrpc, answer.id, answer.error.code], [jsonrpc, id, code]);
    assert(answer.error.message.includes(says), answer.error.message);
    assertEquals(answer.error.data?.param, param);
  };
  write("{not JSON}\n");
  await refused(-32700, null, "JSON");
  write('\n \r\n"\n');
  await refused(-32700, null, "JSON");
  say(7);
  await refused(-32600, null, "object");
  say({ id: 1, method: "echo" });
  await refused(-32600, 1, '"jsonrpc": "2.0"');
  say({ jsonrpc, id: 2, method: 3 });
  await refused(-32600, 2, "method");
  say({ jsonrpc, id: {}, method: "echo" });
  await refused(-32600, null, "id");
  write(`{"jsonrpc":"2.0","id":1e999,"method":"echo"}\n`); // JSON cannot answer to it
  await refused(-32600, null, "id");
  say({ jsonrpc, id: 3, method: "ecko" });
  await refused(-32601, 3, 'there is no method "ecko"; did you mean echo?');
  say({ jsonrpc, id: 4, method: "echo" });
  await refused(-32602, 4, "echo needs text", "text");
  say({ jsonrpc, id: 5, method: "echo", params: { text: 5 } });
  await refused(-32602, 5, "text must be string", "text");
  say({ jsonrpc, id: 6, method: "echo", params: { text: "", txt: "" } });
  await refused(-32602, 6, "no parameter txt; did you mean text?", "txt");
  say({ jsonrpc, id: 7, method: "echo", params: ["by position"] });
  await refused(-32602, 7, "names");
  say([]);
  await refused(-32600, null, "empty");
  say(Array(257).fill(0));
  await refused(-32600, null, "at most 256");
  await peer.close();
});

Deno.test("RPC: an array of requests is answered by an array without notifications", async () => {
  const { say, hear, peer } = raw([echo]);
  const jsonrpc = "2.0";
  const ask = (id: unknown, text: string) => ({ jsonrpc, id, method: "echo", params: { text } });
  say([ask("a", "1"), { jsonrpc, method: "echo", params: { text: "x" } }, 1, ask(2, "2")]);
  const answers: { id: unknown; result?: string; error?: { code: number } }[] = await hear();
  const facts = answers.map(({ id, result, error }) => `${id} ${result ?? error?.code}`);
  assertEquals(facts.toSorted(), ["2 2", "a 1", "null -32600"]);
  say([{ jsonrpc, method: "echo", params: { text: "x" } }]);
  say(ask(3, "next"));
  assertEquals(await hear(), { jsonrpc, id: 3, result: "next" });
  await peer.close();
});

Deno.test("RPC: lines in pieces of one byte, and the last one without an end", async () => {
  const { write, writer, hear, peer } = raw([echo], { finish: true });
  const request = { jsonrpc: "2.0", id: 1, method: "echo", params: { text: "ä" } };
  const bytes = new TextEncoder().encode(`${JSON.stringify(request)}\n`);
  for (const byte of bytes) writer.write(Uint8Array.of(byte));
  assertEquals((await hear()).result, "ä");
  write(JSON.stringify({ ...request, id: 2 }));
  writer.close();
  assertEquals((await hear()).id, 2);
  assertEquals(await hear(), null);
  await peer.closed;
});

Deno.test("RPC: too many requests at once, and two of one ID, are refused", async () => {
  const gate = Promise.withResolvers<void>();
  const wait = method("wait", () => gate.promise);
  const { say, hear, peer } = raw([wait]);
  const ask = (id: number) => say({ jsonrpc: "2.0", id, method: "wait" });
  for (let id = 0; id < 64; id++) ask(id);
  ask(0);
  assertEquals((await hear()).error.code, -32600);
  ask(64);
  const { id, error } = await hear();
  assertEquals([id, error.code, error.data.code], [64, -32001, "busy"]);
  gate.resolve();
  const answers = await Promise.all(Array.from({ length: 64 }, hear));
  assert(answers.every(({ result }) => result === null));
  await peer.close();
});

Deno.test("RPC: the end of the other side aborts what runs for it, or lets it finish", async () => {
  for (const finish of [false, true]) {
    const gate = Promise.withResolvers<void>();
    const signals: AbortSignal[] = [];
    const wait = method("wait", async (_, { signal }) => {
      signals.push(signal);
      signal.onabort = () => gate.resolve();
      await gate.promise;
      return signal.aborted;
    });
    const { say, hear, writer, peer } = raw([wait], { finish });
    say({ jsonrpc: "2.0", id: 1, method: "wait" });
    await writer.close();
    if (finish) gate.resolve();
    assertEquals((await hear()).result, !finish);
    assertEquals(await hear(), null);
    await peer.closed;
  }
});

Deno.test("RPC: a line that is too long gets an error, and ends the conversation", async () => {
  const { writer, hear, peer } = raw([echo]);
  const part = new Uint8Array(1024 * 1024).fill(32);
  const writing = (async () => {
    for (let size = 0; size <= 64; size++) await writer.write(part);
  })().catch(() => {});
  assertEquals((await hear()).error.code, -32700);
  assertEquals(await hear(), null);
  await Promise.all([writing, peer.closed]);
});

Deno.test("RPC: who does not read holds a method back, and is given up for posts", async () => {
  const text = "x".repeat(64 * 1024);
  let told = 0;
  const tell = method("tell", async (_, call) => {
    for (; told < 1000 && !call.signal.aborted; told++) await call.notify("item", { text });
  });
  const { say, peer } = raw([tell]);
  await say({ jsonrpc: "2.0", id: 1, method: "tell" });
  // As much as there is room for. What is told then waits.
  for (let before = -1; before !== told;) {
    before = told;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert(told < 10, `${told} items wait`);
  let posted = 0;
  const over = peer.closed.then(() => true);
  while (posted < 1000 && !await Promise.race([over, Promise.resolve(false)])) {
    peer.post("event", { text });
    if (++posted % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert(posted > 200 && posted < 400, `${posted} events of 64 KiB waited`);
});

Deno.test("RPC: a result that is too long for a line is an error", async () => {
  const long = method("long", () => "x".repeat(17 * 1024 * 1024));
  await using peers = pair([long, echo]);
  await assertRejects(() => peers[0].request("long"), RpcError, "ask for less");
  assertEquals(await peers[0].request("echo", { text: "next" }), "next");
});
