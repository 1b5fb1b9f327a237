/** What the log may hold: IDs of messages, codes, sizes and reasons; and how it is written. */
import { resetSync } from "@logtape/logtape";
import { type LogOptions, openLog } from "../../server/log.ts";
import { toHex, utf8 } from "../../shared/bytes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { expectKind, keyOf, requestBytes } from "../support/server/peer.ts";
import { until } from "../support/until.ts";
import { ServerFixture } from "../support/server/server_fixture.ts";

Deno.test("no name, key, content or client ID comes into the log", async () => {
  await using server = await ServerFixture.start({ errors: true });
  const peer = await server.connect();
  const name = "Alice Liddell";
  const text = "down the rabbit-hole";
  const alice = await peer.register(name);
  await peer.sendText(alice, alice, utf8(text));
  await peer.sendText(alice, alice, utf8(text.repeat(5000)));
  // Refusals of every kind, a damaged file, ends in the middle.
  expectKind(
    await peer.request(alice, { kind: "register", name, publicKey: keyOf(name) }),
    "failure",
  );
  expectKind(
    await peer.request(alice, { kind: "public-key", target: alice.toReversed() }),
    "failure",
  );
  await Deno.truncate(server.file(server.files()[0].split(" ")[0]), 1);
  assertEquals((await peer.poll(alice)).length, 1);
  await peer.send(
    requestBytes(alice, { kind: "send", to: alice, type: 3, content: utf8(text) })
      .subarray(0, 60),
  );
  peer.close();
  await server.connectionsLeft(0);
  const broken = await server.connect();
  await Deno.remove(`${server.folder}/files`, { recursive: true });
  const content = utf8(text.repeat(5000));
  expectKind(await broken.request(alice, { kind: "send", to: alice, type: 4, content }), "failure");
  await Deno.mkdir(`${server.folder}/files`);

  assert(server.log.length >= 5, "there is something to look at");
  for (const record of server.log) {
    const written = record.message.join(" ") + Deno.inspect(record.properties, { depth: 9 });
    const secrets = [
      name,
      text.slice(0, 10),
      toHex(alice),
      String(alice),
      Deno.inspect(alice),
      toHex(keyOf(name)).slice(0, 20),
    ];
    for (const secret of secrets) assert(!written.includes(secret), `"${secret}" in ${written}`);
  }
});

/** Runs `work` with a log, and returns its lines and how many records were counted. */
async function logged(
  options: Pick<LogOptions, "format" | "level">,
  work: (log: Awaited<ReturnType<typeof openLog>>["logger"]) => void,
): Promise<{ lines: string[]; counted: number }> {
  const lines: string[] = [];
  let counted = 0;
  const write = (line: string) => void lines.push(line);
  const log = await openLog({ ...options, write, count: () => counted++ });
  try {
    work(log.logger);
  } finally {
    log.close();
    resetSync();
  }
  return { lines, counted };
}

Deno.test("log: JSON, one object in each line", async () => {
  const { lines } = await logged({ format: "json", level: "info" }, (log) => {
    log.warn("Request {code} refused", { code: 103 });
    log.debug("nobody asked for this");
  });
  const [{ "@timestamp": time, ...record }, ...more] = lines.map((line) => JSON.parse(line));
  assertEquals(record, {
    level: "WARN",
    message: "Request 103 refused",
    logger: "messaging-server",
    properties: { code: 103 },
  });
  assert(!Number.isNaN(Date.parse(time)), time);
  assertEquals(more, []);
});

Deno.test("log: text, one line for each record whatever an error says", async () => {
  const cause = new Error("disk\r\n2026-01-01 info: forged \x1b[2J");
  const { lines } = await logged({ format: "text", level: "error" }, (log) => {
    log.warn("below the level");
    log.error("Cannot do it: {error}", { error: new TypeError("no", { cause }) });
  });
  assertEquals(lines.length, 1);
  const [, text] = /^\d{4}-\d\d-\d\dT\S+Z (.*)$/.exec(lines[0]) ?? [];
  assertEquals(
    text,
    "error: Cannot do it: TypeError: no, because of " +
      "Error: disk\\u000d\\u000a2026-01-01 info: forged \\u001b[2J",
  );
});

Deno.test("log: off writes nothing, and counts all the same", async () => {
  const { lines, counted } = await logged({ format: "off", level: "debug" }, (log) => {
    log.error("unheard");
    log.debug("unheard");
  });
  assertEquals({ lines, counted }, { lines: [], counted: 2 });
});

Deno.test("log: a flood is two lines, the second at the end", async () => {
  const { lines, counted } = await logged({ format: "text", level: "debug" }, (log) => {
    for (let code = 0; code < 10_000; code++) log.debug("Request {code} refused", { code });
  });
  assertEquals(counted, 10_000);
  assertEquals(lines.map((line) => line.replace(/^\S+ /, "")), [
    "debug: Request 0 refused",
    "debug: Request 9999 refused; 9999 times since",
  ]);
});

Deno.test("log: what repeats is summed up every minute, not only at the end", async () => {
  const timers: [() => void, number | undefined][] = [];
  const { setInterval } = globalThis;
  globalThis.setInterval = (...[work, interval]: Parameters<typeof setInterval>) => {
    timers.push([work as () => void, interval]);
    return setInterval(() => {}, 3_600_000);
  };
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const log = await openLog({ format: "text", level: "info", write, count: () => {} });
  globalThis.setInterval = setInterval;
  try {
    assertEquals(timers.map(([, interval]) => interval), [60_000]);
    for (let i = 0; i < 10; i++) log.logger.info("again");
    assertEquals(lines.length, 1);
    timers[0][0]();
    assertEquals(lines.map((line) => line.replace(/^\S+ /, "")), [
      "info: again",
      "info: again; 9 times since",
    ]);
  } finally {
    log.close();
    resetSync();
  }
  assertEquals(lines.length, 2);
});

for (const logAddresses of [false, true]) {
  Deno.test(`log: the address of a peer, where it is allowed: ${logAddresses}`, async () => {
    await using server = await ServerFixture.start({ logAddresses, limits: { maxConnections: 1 } });
    const peer = await server.connect();
    await peer.send(requestBytes(new Uint8Array(16), { kind: "client-list" }).subarray(0, 7));
    await server.connect(); // one too many
    await until("that is logged", () => server.log.length === 1);
    peer.close();
    await until("so is the end of the first one", () => server.log.length === 2);
    for (const { properties } of server.log) {
      assertEquals(properties.address, logAddresses ? "127.0.0.1" : undefined);
    }
  });
}
