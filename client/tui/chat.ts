/** The chat: keys and events in, states and requests out. */
import type { ChatEvent, Item } from "./link/chat_link.ts";
import { ChatPages } from "./chat_pages.ts";
import { ChatScreen } from "./chat_screen.ts";
import { ChatTasks, type ChatTasksOptions } from "./chat_tasks.ts";
import { KeyReader } from "./terminal/keys.ts";
import { conversationNamed, messageOf } from "./link/model.ts";
import { press } from "./input/press.ts";
import { initialState, withEntry, withoutEntry, withProgress, withSending } from "./state/state.ts";
import { Turns } from "./turns.ts";
import type { View } from "./drawing/view.ts";

export interface ChatOptions extends ChatTasksOptions {
  readonly view: View;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly vim?: boolean;
  readonly mouse?: boolean;
  /** The name of the conversation to begin with. */
  readonly name?: string;
}

/** Between two looks at all conversations, in milliseconds. */
const LIST_PAUSE = 200;
/** How long what may be the start of a sequence can be the key Escape, in milliseconds. */
const ESCAPE = 40;

export class Chat {
  readonly #keys = new KeyReader();
  readonly #ended = Promise.withResolvers<void>();
  readonly #left = Promise.withResolvers<void>();
  #isQuitting = false;
  readonly #screen: ChatScreen;
  readonly #pages: ChatPages;
  readonly #tasks: ChatTasks;
  readonly #turns = new Turns((error) => this.#screen.fail(error));

  constructor(private readonly options: ChatOptions) {
    const { link, tty, vim, mouse } = options;
    const { columns, rows } = tty.size();
    const state = initialState(columns, rows, { vim, mouse });
    this.#screen = new ChatScreen({ ...options, drawn: () => this.#seen() }, state);
    this.#pages = new ChatPages(link, this.#screen);
    this.#tasks = new ChatTasks(
      options,
      this.#screen,
      this.#pages,
      this.#turns,
      () => this.#quit(),
    );
  }

  /** Runs until the user, the system or the end of the input wants an end. */
  async run(): Promise<void> {
    const { tty, view, link } = this.options;
    const screen = this.#screen;
    using _screen = tty.take();
    using _view = { [Symbol.dispose]: () => view.close() };
    using _watch = tty.watch(() => screen.resize(), () => this.#quit());
    if (screen.state.mouse) tty.setMouse(true);
    screen.draw();
    const failed = (error: unknown) => this.#ended.reject(error);
    this.#read().then(() => this.#ended.resolve(), failed);
    this.#begin().catch(failed);
    link.closed?.then(() => failed(new Error("the engine of the profile has ended")));
    try {
      await this.#ended.promise;
      const sent = this.#tasks.sent();
      if (sent) screen.tell("Sends what was typed; once more to leave it unsent.");
      await Promise.race([sent, this.#left.promise]);
      await this.#pages.keepDraft();
    } finally {
      screen.end();
    }
  }

  /** Tells the user something. */
  tell(text: string): void {
    this.#screen.tell(text);
  }

  /** Ends when what was typed is with the engine; the second time at once. */
  #quit(): void {
    if (this.#isQuitting) this.#left.resolve();
    this.#isQuitting = true;
    this.#ended.resolve();
  }

  async #begin(): Promise<void> {
    const { link, name } = this.options;
    await link.listen((event) => this.#hear(event));
    await this.#pages.list();
    const { conversations } = this.#screen.state;
    const first = name === undefined
      ? conversations.find(({ archived }) => !archived)
      : conversationNamed(conversations, name);
    if (first) await this.#pages.open(first.id);
    else if (name !== undefined) await this.#tasks.do({ kind: "look-up", name });
  }

  async #read(): Promise<void> {
    for await (const bytes of this.options.tty.input()) {
      this.#press(this.#keys.read(bytes));
      if (this.#keys.waits) void this.#flushLater();
    }
  }

  async #flushLater(): Promise<void> {
    await this.options.sleep(ESCAPE);
    this.#press(this.#keys.flush());
  }

  #press(keys: ReturnType<KeyReader["read"]>): void {
    for (const key of keys) {
      const { state, tasks } = press(this.#screen.state, key);
      this.#screen.show(state);
      for (const task of tasks) void this.#tasks.do(task);
    }
  }

  #hear({ kind, item }: ChatEvent): void {
    const screen = this.#screen;
    if (kind === "entry") {
      const message = messageOf(item);
      const gone = item.entry === null;
      screen.show(
        gone ? withoutEntry(screen.state, message.number) : withEntry(screen.state, message),
      );
    }
    if (kind === "transfer") this.#hearOfTransfer(item);
    if (kind === "connection") {
      screen.change({ connection: { state: String(item.state), text: String(item.text ?? "") } });
    } else void this.#turns.once("list", () => this.#listSoon());
  }

  #hearOfTransfer(item: Item): void {
    const screen = this.#screen;
    const { entry } = item;
    const part = Number(item.done) / Math.max(1, Number(item.size));
    const active = item.state === "active";
    if (item.direction !== "down") {
      const file = active && typeof entry !== "number" ? { name: String(item.name), part } : null;
      screen.show(withSending(screen.state, Number(item.transfer ?? item.number), file));
    }
    if (typeof entry === "number") {
      screen.show(withProgress(screen.state, entry, active ? part : null));
    }
  }

  async #listSoon(): Promise<void> {
    await this.options.sleep(LIST_PAUSE);
    await this.#pages.list();
  }

  /** What is in a frame is read, if that stands at the end. */
  #seen(): void {
    const { last, anchor, open } = this.#screen.state;
    if (open === null || !last || anchor) return;
    void this.#turns.once("read", () => this.#pages.markRead());
  }
}
