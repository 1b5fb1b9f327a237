import type { ChatEvent, ChatLink, Item, Params } from "../../../../client/tui/link/chat_link.ts";
import { PlainChat } from "../../../../client/tui/plain/plain_chat.ts";
import { localTime } from "../../../../client/cli/output/printable.ts";
import { assertEquals, assertRejects } from "../../../support/assert.ts";
import { checkRequest } from "../../../support/chat/check_request.ts";
import { until } from "../../../support/until.ts";

const BOB = { id: "b0".repeat(16), name: "bob" };
const AT = "2026-11-26T10:00:00.000Z";
const [DAY, TIME] = localTime(Date.parse(AT)).split(" ");

/** An entry of the history with Bob. */
function entry(number: number, text: string, more: Item = {}): Item {
  return { number, peer: BOB, direction: "received", at: AT, state: "received", text, ...more };
}

const own = { direction: "sent", state: "sent" };

/** An engine that knows Bob, and a chat with him that is typed into. */
class Scene implements ChatLink {
  readonly asked: [method: string, params: Params][] = [];
  readonly printed: string[] = [];
  readonly notes: string[] = [];
  readonly problems: string[] = [];
  history: Item[] = [];
  /** Answers some requests. */
  answer: (method: string, params: Params) => Item[] | undefined = () => undefined;
  tell: (event: ChatEvent) => void = () => {};
  readonly #typed = new TransformStream<string, string>();
  readonly #keys = this.#typed.writable.getWriter();

  request(method: string, params: Params = {}): Promise<Item[]> {
    if (!["list", "history"].includes(method)) this.asked.push([method, params]);
    checkRequest(method, params);
    const answer = this.answer(method, params);
    if (answer) return Promise.resolve(answer);
    if (method === "list") return Promise.resolve([BOB]);
    if (method === "history") return Promise.resolve(this.history.slice(-Number(params.last)));
    return Promise.resolve([]);
  }

  listen(heard: (event: ChatEvent) => void): Promise<void> {
    this.tell = heard;
    return Promise.resolve();
  }

  entry(item: Item): void {
    this.history = [...this.history.filter(({ number }) => number !== item.number), item];
    this.tell({ kind: "entry", item });
  }

  type(line: string): void {
    this.#keys.write(line).catch(() => {}); // when the chat has ended
  }

  /** Ends the input, and waits for the end of the chat. */
  async end(): Promise<void> {
    await this.#keys.close();
    await this.running;
  }

  running: Promise<void> = Promise.resolve();

  start({ json = false, name = "bob" } = {}): void {
    this.running = new PlainChat({
      ...{ link: this, name, json, lines: this.#typed.readable },
      print: (line) => this.printed.push(line),
      note: (text) => this.notes.push(text),
      place: (path) => `/here/${path}`,
      report: (error) => this.problems.push((error as Error).message),
    }).run();
  }
}

Deno.test("plain chat: shows the last messages, what comes, and what is typed", async () => {
  const scene = new Scene();
  scene.history = [entry(1, "hello"), entry(2, "two\nlines", own)];
  scene.answer = (method, params) => {
    if (method === "send") scene.entry(entry(4, String(params.text), own));
    return undefined;
  };
  scene.start();
  await until("it has begun", () => scene.notes.length > 0);
  scene.entry(entry(3, "and\x1b[2J more"));
  const other = { ...entry(9, "not here"), peer: { id: "c0", name: "carol" } };
  scene.tell({ kind: "entry", item: other });
  scene.type("good");
  scene.type("");
  await until("it is sent", () => scene.printed.length === 5);
  await scene.end();
  assertEquals(scene.printed, [
    `-- ${DAY}`,
    `${TIME} [1] bob: hello`,
    `${TIME} [2] you: two\n    lines`,
    `${TIME} [3] bob: and\ufffd[2J more`,
    `${TIME} [4] you: good`,
  ]);
  const sent = scene.asked.filter(([method]) => method === "send");
  assertEquals(sent, [["send", { peer: `#${BOB.id}`, text: "good" }]]);
  const read = scene.asked.filter(([method]) => method === "mark-read");
  assertEquals(read, Array(2).fill(["mark-read", { peer: `#${BOB.id}` }]));
  assertEquals(scene.problems, []);
});

Deno.test("plain chat: each change is told once, and what waits when it is sent", async () => {
  const scene = new Scene();
  scene.history = [entry(1, "first"), entry(2, "mine", { ...own, state: "pending" })];
  scene.start();
  await until("it has begun", () => scene.notes.length > 0);
  const changes: Item[] = [
    entry(1, "first"),
    entry(1, "better", { edited: AT }),
    entry(1, "better", { edited: AT, reactions: { own: "👍", peer: null } }),
    entry(1, "", { deleted: AT }),
    entry(2, "mine", own),
    entry(2, "mine", { ...own, delivered: AT }),
    entry(3, "later", { ...own, state: "pending" }),
    entry(4, "", { text: undefined, file: { name: "a\nb", size: 2048, path: null } }),
    entry(3, "later", own),
    entry(5, "yes", { reply: { number: 3, text: null } }),
  ];
  for (const change of changes) scene.entry(change);
  await scene.end();
  assertEquals(scene.printed.slice(1), [
    `${TIME} [1] bob: first`,
    `${TIME} [2] you: mine (not sent yet)`,
    `${TIME} [1] bob: (changed) better (edited)`,
    `${TIME} [1] bob: (changed) better (edited, your reaction 👍)`,
    `${TIME} [1] bob: (changed) (deleted)`,
    `${TIME} [2] you: (changed) mine`,
    `${TIME} [4] bob: file a\ufffdb of 2 KiB`,
    `${TIME} [3] you: later`,
    `${TIME} [5] bob: (answers [3]) yes`,
  ]);
});

Deno.test("plain chat: commands ask for methods, and errors do not end it", async () => {
  const scene = new Scene();
  scene.answer = (method, params) => {
    if (params.text === "fails") throw new Error("no connection");
    if (method === "verify") return [{ safetyNumber: "12345 67890", verified: params.yes }];
    return method === "list" ? [{ ...BOB, name: "x", alias: "Doe, B" }] : undefined;
  };
  scene.start({ name: "Doe, B" });
  const lines = [
    "/file a b.pdf ",
    "/save 7",
    "/verify",
    "/verify yes",
    "/verify no",
    "/reply 12 so what",
    "/edit 3 more\\n",
    "/delete 4",
    "/react 5 👍",
    "/react 5",
    "//quit",
    "fails",
    "/edit x",
    "/reply 12",
    "/delete 4 5",
    "/fle x",
    "/help",
    "/quit",
    "not sent any more",
  ];
  for (const line of lines) scene.type(line);
  await scene.running;
  assertEquals(scene.asked, [
    ["send-file", { peer: `#${BOB.id}`, paths: ["/here/a b.pdf"] }],
    ["fetch", { number: 7, out: "/here/." }],
    ["verify", { peer: `#${BOB.id}`, yes: false }],
    ["verify", { peer: `#${BOB.id}`, yes: true }],
    ["send", { peer: `#${BOB.id}`, text: "so what", reply: 12 }],
    ["edit", { message: 3, text: "more\\n" }],
    ["delete", { message: 4, "for-both": true }],
    ["react", { message: 5, emoji: "👍" }],
    ["react", { message: 5, none: true }],
    ["send", { peer: `#${BOB.id}`, text: "/quit" }],
    ["send", { peer: `#${BOB.id}`, text: "fails" }],
  ]);
  assertEquals(scene.problems, [
    "it is: /verify [yes]",
    "no connection",
    "it is: /edit N TEXT",
    "it is: /reply N TEXT",
    "it is: /delete N",
    "there is no command /fle; did you mean file?; see /help",
  ]);
  assertEquals(scene.notes.slice(1, 3), [
    "12345 67890\nDoes Doe, B see the same number? Then: /verify yes",
    "Doe, B is verified.",
  ]);
  assertEquals(scene.notes.filter((note) => note.startsWith("/reply N TEXT")).length, 1);
});

Deno.test("plain chat: as JSON each message, and each change, is an object", async () => {
  const scene = new Scene();
  scene.history = [entry(1, "hello")];
  scene.start({ json: true });
  await until("it has begun", () => scene.notes.length > 0);
  scene.history.push(entry(2, "at the end", own)); // of which nobody tells
  await scene.end();
  assertEquals(scene.printed.map((line) => JSON.parse(line)), scene.history);
});

Deno.test("plain chat: a stranger is looked up by name; a name of nobody ends it", async () => {
  const scene = new Scene();
  scene.answer = (method, { peer }) => {
    if (method === "list") return [];
    if (method !== "key") return undefined;
    if (peer === "bob") return [{ ...BOB, publicKey: "00" }];
    throw new Error("no client has this name");
  };
  scene.start();
  await scene.end();
  assertEquals(scene.problems, []);
  const other = new Scene();
  other.answer = scene.answer;
  other.start({ name: "nobody" });
  await assertRejects(() => other.running, Error, "no client has this name");
});
