/** The chat: keys and events in, states and requests out. */
import { safetyLines } from "../cli/output/trust.ts";
import { ClientError } from "../errors.ts";
import { type ChatEvent, type ChatLink, type Item, type Params } from "./chat_link.ts";
import { itemText } from "./item_text.ts";
import { type Key, KeyReader } from "./keys.ts";
import { draftOf } from "./line_editor.ts";
import { type Conversation, conversationOf, type Message, messageOf, peerOf } from "./model.ts";
import { press } from "./press.ts";
import {
  type ChatState,
  conversationIn,
  initialState,
  opened,
  selecting,
  textDialog,
  withEarlier,
  withEntry,
  withNotice,
  withoutEntry,
  withProgress,
  withSending,
} from "./state.ts";
import type { Step, Task } from "./step.ts";
import type { Tty } from "./tty.ts";
import type { View } from "./view.ts";
import { withOffers } from "./write.ts";

export interface ChatOptions {
  readonly link: ChatLink;
  readonly tty: Tty;
  readonly view: View;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Returns the paths that begin with `path`; those of folders end with a slash. */
  readonly filesFrom: (path: string) => Promise<string[]>;
  /** Returns a path as other processes find it. */
  readonly place: (path: string) => string;
  readonly vim?: boolean;
  readonly mouse?: boolean;
  /** The name of the conversation to begin with. */
  readonly name?: string;
}

const WAITS = "Kept here; it is sent as soon as the server can be reached.";
/** Messages of one request. */
const PAGE = 100;
/** Between two frames at least, in milliseconds: 20 a second. */
const FRAME = 50;
/** Between two looks at all conversations, in milliseconds. */
const LIST_PAUSE = 200;
/** How long what may be the start of a sequence can be the key Escape, in milliseconds. */
const ESCAPE = 40;

export class Chat {
  #state: ChatState;
  readonly #keys = new KeyReader();
  readonly #ended = Promise.withResolvers<void>();
  /** Whether a frame was drawn just now, and whether another one is due. */
  #resting = false;
  #due = false;
  #over = false;
  /** Clients that were asked for by their names. */
  readonly #lookedUp: Conversation[] = [];
  /** What runs once at a time. */
  readonly #busy = new Set<string>();
  readonly #again = new Set<string>();

  constructor(private readonly options: ChatOptions) {
    const { tty, vim, mouse } = options;
    const { columns, rows } = tty.size();
    this.#state = initialState(columns, rows, { vim, mouse });
  }

  /** Runs until the user, the system or the end of the input wants an end. */
  async run(): Promise<void> {
    const { tty, view, link } = this.options;
    using _screen = tty.take();
    using _view = { [Symbol.dispose]: () => view.close() };
    using _watch = tty.watch(() => this.#resize(), () => this.#ended.resolve());
    if (this.#state.mouse) tty.setMouse(true);
    this.#draw();
    const failed = (error: unknown) => this.#ended.reject(error);
    this.#read().then(() => this.#ended.resolve(), failed);
    this.#begin().catch(failed);
    link.closed?.then(() => failed(new Error("the engine of the profile has ended")));
    try {
      await this.#ended.promise;
      await this.#keepDraft();
    } finally {
      this.#over = true;
    }
  }

  /** Tells the user something. */
  tell(text: string): void {
    this.#show(withNotice(this.#state, text));
  }

  async #begin(): Promise<void> {
    const { link, name } = this.options;
    await link.listen((event) => this.#hear(event));
    await this.#list();
    const { conversations } = this.#state;
    const first = name === undefined
      ? conversations.find(({ archived }) => !archived)
      : conversations.find((conversation) => conversation.name === name);
    if (first) await this.#open(first.id);
    else if (name !== undefined) await this.#do({ kind: "look-up", name });
  }

  async #read(): Promise<void> {
    for await (const bytes of this.options.tty.input()) {
      for (const key of this.#keys.read(bytes)) this.#press(key);
      if (this.#keys.waits) void this.#flushLater();
    }
  }

  async #flushLater(): Promise<void> {
    await this.options.sleep(ESCAPE);
    for (const key of this.#keys.flush()) this.#press(key);
  }

  #press(key: Key): void {
    this.#take(press(this.#state, key));
  }

  #take({ state, tasks }: Step): void {
    this.#show(state);
    for (const task of tasks) void this.#do(task);
  }

  async #do(task: Task): Promise<void> {
    try {
      await this.#run(task);
    } catch (error) {
      // What is kept until the server can be reached is in the conversation; sent again it came twice.
      if (error instanceof ClientError && error.code === "queued") return this.tell(WAITS);
      this.#fail(error instanceof Error ? error.message : String(error));
      if (task.kind === "call" && task.text !== undefined && this.#state.draft.text === "") {
        this.#show({ ...this.#state, draft: draftOf(task.text) });
      }
    }
  }

  async #run(task: Task): Promise<void> {
    const { tty, view, link } = this.options;
    switch (task.kind) {
      case "open":
        return await this.#open(task.id);
      case "look-up":
        return await this.#lookUp(task.name);
      case "earlier":
        return await this.#once("earlier", () => this.#readEarlier());
      case "newest":
        return this.#state.open === null ? undefined : await this.#open(this.#state.open);
      case "around":
        return await this.#openAround(task.id, task.number);
      case "call":
        return await this.#call(task.method, task.params, task.done);
      case "show": {
        const items = await link.request(task.method, task.params);
        return this.#show({
          ...this.#state,
          dialog: textDialog(task.title, items.length === 0 ? ["Nothing."] : items.map(itemText)),
        });
      }
      case "search":
        return await this.#search(task.text);
      case "fetch":
        return await this.#fetch(task.number);
      case "verify": {
        const [item] = await link.request("verify", { peer: peerOf(task.id) });
        const says = item.verified === true
          ? "is verified."
          : "is not verified. Is it the same on the other side? /verify yes";
        const title = `${this.#nameOf(task.id)} ${says}`;
        const lines = safetyLines(String(item.safetyNumber), this.#state);
        return this.#show({ ...this.#state, dialog: textDialog(title, lines) });
      }
      case "files": {
        const paths = await this.options.filesFrom(task.path);
        const offers = paths.map((path) => `/file ${path}`);
        return this.#show(withOffers(this.#state, offers));
      }
      case "mouse":
        return tty.setMouse(task.on);
      case "redraw":
        view.reset();
        return this.#draw();
      case "quit":
        return this.#ended.resolve();
    }
  }

  async #call(method: string, params: Params, done?: string): Promise<void> {
    await this.options.link.request(method, this.#placed(params));
    if (done !== undefined) this.#show(withNotice(this.#state, done));
    await this.#list();
  }

  /** The engine works in another folder. */
  #placed(params: Params): Params {
    const { place } = this.options;
    const { paths, out } = params;
    return {
      ...params,
      ...(Array.isArray(paths) ? { paths: paths.map(place) } : {}),
      ...(typeof out === "string" ? { out: place(out) } : {}),
    };
  }

  /** Reads the list of conversations; behind them come contacts without one. */
  async #list(): Promise<void> {
    const { link } = this.options;
    const items = [
      ...await link.request("conversations"),
      ...await link.request("conversations", { archived: true }),
      ...await link.request("list", { contacts: true }),
    ];
    const all = [...items.map(conversationOf), ...this.#lookedUp];
    const conversations = all.filter(({ id }, at) => all.findIndex((one) => one.id === id) === at);
    this.#show({ ...this.#state, conversations });
  }

  async #lookUp(name: string): Promise<void> {
    const [item] = await this.options.link.request("key", { peer: name });
    this.#lookedUp.push(conversationOf(item));
    await this.#list();
    await this.#open(String(item.id));
  }

  async #open(id: string): Promise<void> {
    await this.#keepDraft();
    const messages = await this.#history({ peer: peerOf(id), last: PAGE });
    const first = messages.length < PAGE;
    this.#show(opened(this.#state, id, { messages, first, last: true }));
  }

  /** Opens a conversation where a message is. */
  async #openAround(id: string, number: number): Promise<void> {
    const here = this.#state.open === id &&
      this.#state.messages.some((message) => message.number === number);
    if (!here) {
      const peer = peerOf(id);
      const before = number + PAGE / 2;
      const messages = await this.#history({ peer, last: PAGE, before });
      const newest = await this.#history({ peer, last: 1 });
      const last = newest[0]?.number === messages.at(-1)?.number;
      this.#show(opened(this.#state, id, { messages, first: messages.length < PAGE, last }));
    }
    this.#show(selecting(this.#state, number));
  }

  async #readEarlier(): Promise<void> {
    const { open, messages: [oldest] } = this.#state;
    if (open === null || !oldest) return;
    const params = { peer: peerOf(open), last: PAGE, before: oldest.number };
    const earlier = await this.#history(params);
    this.#show(withEarlier(this.#state, open, earlier, earlier.length < PAGE));
  }

  async #history(params: Params): Promise<Message[]> {
    const items = await this.options.link.request("history", params);
    return items.map(messageOf);
  }

  async #search(text: string): Promise<void> {
    const { open } = this.#state;
    if (open === null) return;
    const params = { words: text.split(/\s+/), in: peerOf(open) };
    const found = (await this.options.link.request("search", params)).map(messageOf);
    if (found.length === 0) return this.#fail(`nothing has "${text}"`);
    const title = `${found.length} with "${text}"`;
    this.#show({ ...this.#state, dialog: { kind: "found", title, found, at: 0 } });
  }

  /** Fetches the file of a message. */
  async #fetch(number: number): Promise<void> {
    const message = this.#state.messages.find((message) => message.number === number);
    const waiting = await this.options.link.request("files");
    const found = waiting.find(({ entry }) => entry === number);
    if (!found) return this.#fail(message?.file?.path ? "it is saved already" : "it does not wait");
    this.#show(withNotice(this.#state, `Fetching ${found.name}…`));
    await this.#call("fetch", { number: found.transfer, out: "." }, `${found.name} is saved.`);
  }

  /** Keeps what is written but not sent, if it has changed. */
  async #keepDraft(): Promise<void> {
    const { draft: { text }, purpose } = this.#state;
    const conversation = conversationIn(this.#state);
    if (!conversation || purpose.kind === "edit" || text.startsWith("/")) return;
    if (conversation.draft === text) return;
    await this.options.link.request("draft", { peer: peerOf(conversation.id), text })
      .catch(() => {}); // it is no reason to stay
    const conversations = this.#state.conversations.map((one) =>
      one.id === conversation.id ? { ...one, draft: text } : one
    );
    this.#state = { ...this.#state, conversations };
  }

  #nameOf(id: string): string {
    return this.#state.conversations.find((one) => one.id === id)?.name ?? id;
  }

  #hear({ kind, item }: ChatEvent): void {
    if (kind === "entry") {
      const gone = item.entry === null;
      const message = messageOf(item);
      this.#show(
        gone ? withoutEntry(this.#state, message.number) : withEntry(this.#state, message),
      );
    }
    if (kind === "transfer" && item.direction !== "down") {
      const file = { name: String(item.name), part: partOf(item) };
      const active = item.state === "active" && typeof item.entry !== "number";
      this.#show(
        withSending(this.#state, Number(item.transfer ?? item.number), active ? file : null),
      );
    }
    if (kind === "transfer" && typeof item.entry === "number") {
      const part = partOf(item);
      this.#show(withProgress(this.#state, item.entry, item.state === "active" ? part : null));
    }
    if (kind === "connection") {
      const connection = { state: String(item.state), text: String(item.text ?? "") };
      this.#show({ ...this.#state, connection });
    } else void this.#once("list", () => this.#listSoon());
  }

  async #listSoon(): Promise<void> {
    await this.options.sleep(LIST_PAUSE);
    await this.#list();
  }

  /** Tells the engine that what is in the window was read. */
  async #markRead(): Promise<void> {
    const conversation = conversationIn(this.#state);
    if (!conversation || conversation.unread === 0) return;
    await this.options.link.request("mark-read", { peer: peerOf(conversation.id) });
    await this.#list();
  }

  /** Runs something that does not run yet; if it does, it runs once more afterwards. */
  async #once(name: string, run: () => Promise<void>): Promise<void> {
    if (this.#busy.has(name)) {
      this.#again.add(name);
      return;
    }
    this.#busy.add(name);
    try {
      do {
        this.#again.delete(name);
        await run();
      } while (this.#again.has(name));
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    } finally {
      this.#busy.delete(name);
    }
  }

  #fail(text: string): void {
    this.#show(withNotice(this.#state, text, true));
  }

  #resize(): void {
    const { columns, rows } = this.options.tty.size();
    this.options.view.reset();
    this.#show({ ...this.#state, columns, rows });
  }

  #show(state: ChatState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#draw();
  }

  /** Draws at once, or as soon as the last frame is old enough. */
  #draw(): void {
    this.#due = true;
    if (!this.#resting) void this.#frame();
  }

  async #frame(): Promise<void> {
    this.#resting = true;
    while (this.#due && !this.#over) {
      this.#due = false;
      this.options.view.draw(this.#state);
      const { last, anchor, open } = this.#state;
      if (open !== null && last && !anchor) void this.#once("read", () => this.#markRead());
      await this.options.sleep(FRAME);
    }
    this.#resting = false;
  }
}

/** Returns how much of a file has gone, from 0 to 1. */
function partOf({ done, size }: Item): number {
  return Number(done) / Math.max(1, Number(size));
}
